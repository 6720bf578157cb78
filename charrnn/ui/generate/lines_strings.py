"""The words of the list of lines on the Generate tab, in English and Chinese.

A key that ends in the kind of documents that a model was trained on is for such models only.
"""

from __future__ import annotations

from ..i18n import Words

LINES: Words = {
    "lines": ("Lines", "各行"),
    "write": ("{n} lines", "{n} 行"),
    "lines-blank-lines": ("Parts", "各段"),
    "write-blank-lines": ("{n} parts", "{n} 段"),
    "lines-files": ("Texts", "各篇"),
    "write-files": ("{n} texts", "{n} 篇"),
    "writing": ("Writing…", "正在写……"),
    "count": ("How many", "数量"),
    "new-only": ("only new ones", "只要新的"),
    "empty": (
        "This model learned a list line by line. Press the button for lines of its own: each ends "
        "by itself.",
        "该模型逐行学习了一份列表。按下按钮，它会写出自己的行，每行自行结束。",
    ),
    "empty-blank-lines": (
        "This model learned the parts of a text one by one, such as poems. Press the button for "
        "parts of its own: each ends by itself.",
        "该模型逐段学习了一份文本，例如诗。按下按钮，它会写出自己的段落，每段自行结束。",
    ),
    "empty-files": (
        "This model learned files one by one. Press the button for texts of its own: each ends by "
        "itself.",
        "该模型逐个学习了文件。按下按钮，它会写出自己的文章，每篇自行结束。",
    ),
    "unknown-hint": (
        "The lines that it was trained on are not at hand, so which ones are new is not known.",
        "手头没有它训练用过的行，因此不知道哪些是新的。",
    ),
    "unknown-hint-blank-lines": (
        "The parts that it was trained on are not at hand, so which ones are new is not known.",
        "手头没有它训练用过的段落，因此不知道哪些是新的。",
    ),
    "unknown-hint-files": (
        "The files that it was trained on are not at hand, so which texts are new is not known.",
        "手头没有它训练用过的文件，因此不知道哪些是新的。",
    ),
    "only": (
        "No more than {n} new lines came up: try a smaller α or another prefix.",
        "只写出了 {n} 行新的：可以试试更小的 α，或换个开头。",
    ),
    "only-blank-lines": (
        "No more than {n} new parts came up: try a smaller α or another prefix.",
        "只写出了 {n} 段新的：可以试试更小的 α，或换个开头。",
    ),
    "only-files": (
        "No more than {n} new texts came up: try a smaller α or another prefix.",
        "只写出了 {n} 篇新的：可以试试更小的 α，或换个开头。",
    ),
    "new": ("new", "新"),
    "copied-line": ("in the text", "原文已有"),
    "incomplete": ("cut off", "未完"),
    "nearest": ("nearest: {line} ({n} apart)", "最接近：{line}（差 {n}）"),
    "blank": ("(empty)", "（空行）"),
    "blank-blank-lines": ("(empty)", "（空段）"),
    "blank-files": ("(empty)", "（空）"),
    "star": ("Keep: {line}", "收藏：{line}"),
    "copy": ("Copy", "复制"),
    "copy-starred": ("Copy starred", "复制收藏"),
    "copied": ("Copied", "已复制"),
    "as-text": ("Text file", "文本文件"),
    "as-csv": ("CSV", "CSV"),
    "silent": (
        "The server does not answer. Try again in a moment.",
        "服务器没有回应，请稍后再试。",
    ),
    "spoken": ("{n} lines are written.", "写好了 {n} 行。"),
    "spoken-blank-lines": ("{n} parts are written.", "写好了 {n} 段。"),
    "spoken-files": ("{n} texts are written.", "写好了 {n} 篇。"),
}
