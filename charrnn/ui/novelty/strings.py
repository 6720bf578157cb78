"""Strings of the comparison with the training text, in English and Chinese."""

from __future__ import annotations

from ..i18n import Words

NOVELTY: Words = {
    "novelty": ("New or copied?", "新写还是照搬？"),
    "comparing": ("Comparing with the training text…", "正在与训练文本比较……"),
    "compare-absent": (
        "The training text of this model is not at hand here. Choose its file to see what was "
        "copied from it.",
        "这里没有该模型的训练文本。选择它的文件，即可看出哪些内容是照搬的。",
    ),
    "compare-file": ("Choose the training text…", "选择训练文本……"),
    "compare-other-file": ("Choose another file…", "选择其他文件……"),
    "compare-sending": ("Sending {name}…", "正在上传 {name}……"),
    "compare-with": ("Compared with {name}", "与 {name} 比较"),
    "compare-not-sent": (
        "{name} could not be sent. Check the connection and the size of the file, and try again.",
        "{name} 未能上传。请检查网络连接和文件大小，再试一次。",
    ),
    "compare-no-answer": (
        "The server did not answer. Change the text, or reload the page.",
        "服务器没有回应。请更换文本，或刷新页面。",
    ),
    "compare-alpha": ("α = {n}: {verdict}", "α = {n}：{verdict}"),
    # the verdict
    "verdict-lines": (
        "[Recited](memorization): {k} of {n} lines are lines of the training text.",
        "[背诵](memorization)：{n} 行中有 {k} 行见于训练文本。",
    ),
    "verdict-recited": (
        "[Recited](memorization): {percent} % of it is in passages of {min} characters or more "
        "that are also in the training text.",
        "[背诵](memorization)：其中 {percent} % 见于训练文本（只计 {min} 个字符以上的片段）。",
    ),
    "verdict-part": (
        "[Copied in part](memorization): {percent} % of it is in passages of {min} characters or "
        "more that are also in the training text.",
        "[部分照搬](memorization)：其中 {percent} % 见于训练文本（只计 {min} 个字符以上的片段）。",
    ),
    "verdict-part-lines": (
        "[Copied in part](memorization): {k} of {n} lines are lines of the training text.",
        "[部分照搬](memorization)：{n} 行中有 {k} 行见于训练文本。",
    ),
    "verdict-normal": (
        "New: {percent} % of it is in passages of {min} characters or more that are also in the "
        "training text. Of the [held-out](held-out) text it is {held} %, so some is normal.",
        "新写：其中 {percent} % 见于训练文本（只计 {min} 个字符以上的片段）。"
        "[留出](held-out)文本也有 {held} %，所以少量重复属正常。",
    ),
    "verdict-new": (
        "New: only {percent} % of it is in passages of {min} characters or more that are also in "
        "the training text.",
        "新写：只有 {percent} % 见于训练文本（只计 {min} 个字符以上的片段）。",
    ),
    "verdict-few-lines": (
        "New: {k} of {n} lines are lines of the training text, and no passage of {min} characters "
        "is in it.",
        "新写：{n} 行中有 {k} 行见于训练文本，没有 {min} 个字符以上的片段。",
    ),
    "verdict-nothing": (
        "New: no line and no passage of {min} characters is in the training text. The longest "
        "passage that is has {longest}.",
        "新写：没有任何一行或 {min} 个字符的片段见于训练文本，"
        "见于其中的最长片段有 {longest} 个字符。",
    ),
    "verdict-is-training": (
        "This is the training text itself. Choose another text, such as one that the model wrote.",
        "这就是训练文本本身。请选择别的文本，例如模型写的文本。",
    ),
    "verdict-is-held-out": (
        "This is the [held-out](held-out) text, which tells what is normal: {percent} % of it is "
        "in passages of {min} characters or more that are also in the training text.",
        "这是[留出](held-out)文本，由它可知正常水平：其中 {percent} % 见于训练文本"
        "（只计 {min} 个字符以上的片段）。",
    ),
    # what was copied
    "copies": ("What was copied, the longest first", "照搬的内容，从最长的起"),
    "copies-more": ("and {n} more, underlined in the text", "另有 {n} 处，已在文本中加下划线"),
    "copy-length": ("{n} characters", "{n} 个字符"),
    "copy-in-place": (
        "In the training text, from character {n} on",
        "在训练文本中，从第 {n} 个字符起",
    ),
    "spoken-copied": (
        "{character}, copied, in a passage of {n} characters",
        "{character}，照搬，所在片段有 {n} 个字符",
    ),
    "spoken-new": ("{character}, not copied", "{character}，不是照搬"),
    # the figures
    "new-ngrams": ("New [n-grams](n-gram)", "新的 [n 元组](n-gram)"),
    "ngrams-of": ("{n} characters", "{n} 个字符"),
    "ngrams-here": ("here", "本文"),
    "ngrams-held-out": ("[held out](held-out)", "[留出](held-out)"),
    "ngrams-explained": (
        "Of all sequences of n characters in the text, the share that the training text lacks. "
        "The held-out text was not trained on, so it tells what is normal.",
        "训练文本中没有的 n 字符片段所占的比例。留出文本没有用于训练，由它可知正常水平。",
    ),
    "ngrams-explained-alone": (
        "Of all sequences of n characters in the text, the share that the training text lacks.",
        "训练文本中没有的 n 字符片段所占的比例。",
    ),
}
