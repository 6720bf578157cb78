"""Strings of the Inspect tab, in English and Chinese."""

from __future__ import annotations

from ..i18n import Words

# The texts to choose from (texts.py).
TEXT_LABELS: Words = {
    "held-out": ("The held-out part of its text", "其文本的留出部分"),
    "passage": ("Held-out passage {n} of {of}", "留出段落 {n} / {of}"),
    "training": ("The text it was trained on", "它的训练文本"),
    "learned": ("{title} (it was trained on this)", "{title}（它的训练文本）"),
    "own": ("Your own text", "你自己的文本"),
}

INSPECT: Words = {
    "model": ("Model", "模型"),
    "text": ("Text", "文本"),
    "own-label": ("Your text, at most {n} characters", "你的文本，最多 {n} 个字符"),
    "clear": ("Clear the text", "清空文本"),
    "progress": ("Share of the text that has been read", "已读部分"),
    "own-hint": ("Type or paste a text here", "在此输入或粘贴文本"),
    "own-long": (
        "Only the beginning of your {n} characters stands here, so that the page stays quick. The "
        "model reads all of them. Pasting another text here replaces them.",
        "为使页面保持流畅，这里只显示全部 {n} 个字符的开头，模型会读全文。"
        "在此粘贴别的文本会替换它们。",
    ),
    "own-edit": ("Edit the whole text", "编辑全文"),
    "empty": (
        "Type or paste a text above. The model reads it at once, and each character is tinted by "
        "how much it surprised the model.",
        "请在上方输入或粘贴文本。模型会立即读它，每个字符按模型的意外程度着色。",
    ),
    "no-model": (
        "No trained model yet. Train one on the Train tab: ten seconds are enough.",
        "还没有训练好的模型。请先到“训练”页训练一个，十秒就够。",
    ),
    "too-long": (
        "The text has {n} characters: give at most {most}, or choose a part of it.",
        "这段文本有 {n} 个字符，最多 {most} 个：请只取其中一部分。",
    ),
    "reading": ("Reading {n} characters…", "正在读 {n} 个字符……"),
    "reading-first": ("Reading…", "正在读……"),
    "status": ("{n} characters", "{n} 个字符"),
    "status-part": ("the first {n} of {total} characters", "{total} 个字符中的前 {n} 个"),
    "status-unknown": ("{n} unknown to this model", "其中 {n} 个模型不认识"),
    "try-again": ("Try again", "重试"),
    "no-answer": (
        "The server did not answer. Choose the text again, or reload the page.",
        "服务器没有回应。请重新选择文本，或刷新页面。",
    ),
    "characters-of-text": (
        "The text, character by character. Arrow keys move.",
        "逐字符的文本，用方向键移动。",
    ),
    "modes": ("Mode", "模式"),
    "mode-surprise": ("Surprise", "意外"),
    "mode-copied": ("New or copied", "新写还是照搬"),
    "scale-least": ("0 bits", "0 比特"),
    "scale-most": ("8 bits or more", "8 比特或更多"),
    "scale-hint": (
        "Click or tap a character, or move with the arrow keys.",
        "点按一个字符，或用方向键移动。",
    ),
    # what was expected in one place
    "expected": ("What it expected here", "模型在这里预期什么"),
    "surprised": ("{bits} bits of surprise", "意外度 {bits} 比特"),
    "surprised-why": (
        ": it gave “{character}” {percent} %.",
        "：它给“{character}”的概率是 {percent} %。",
    ),
    "unsure": (
        "[Entropy](entropy) {bits} bits: as unsure as between {n} equally likely characters.",
        "[熵](entropy) {bits} 比特：不确定的程度相当于在 {n} 个同样可能的字符中选一个。",
    ),
    "first": (
        "Nothing stands before the first character, so nothing was expected.",
        "第一个字符之前什么也没有，所以没有预期。",
    ),
    "between": (
        "This stands between the texts that the model reads by themselves, so it was not expected.",
        "它在模型分开阅读的各段文本之间，所以没有预期。",
    ),
    "unknown": (
        "“{character}” is not among the characters that this model knows, so it has no surprisal.",
        "模型不认识“{character}”，所以它没有意外度。",
    ),
    "spoken": ("{character}, {bits} bits", "{character}，{bits} 比特"),
    "spoken-unknown": ("{character}, no surprisal", "{character}，没有意外度"),
    # the whole text
    "this-text": ("This text", "整段文本"),
    "perplexity": ("[Perplexity](perplexity)", "[困惑度](perplexity)"),
    "bits": ("[Bits per character](bits)", "[每字符比特数](bits)"),
    "lower": (
        "The lower the perplexity, the better the model expected this text.",
        "困惑度越低，模型越料到这段文本。",
    ),
    "by-training-text": (
        "Without a model, by counting its training text",
        "不用模型，只按训练文本计数",
    ),
    "by-this-text": ("Without a model, by counting this text", "不用模型，只按这段文本计数"),
    "ngram": ("[n-grams](n-gram)", "[n 元组](n-gram)"),
    "unigram": ("[single characters](unigram)", "[单个字符](unigram)"),
    "uniform": ("[a uniform guess](uniform)", "[均匀猜测](uniform)"),
    "counting": ("counting…", "正在计数……"),
    "most-surprised": ("Most surprised by", "最意外之处"),
    "bits-short": ("{bits} bits", "{bits} 比特"),
}
