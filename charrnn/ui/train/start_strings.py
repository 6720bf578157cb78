"""English and Chinese strings of the choice of a model to start from."""

from __future__ import annotations

from ..i18n import Words

START: Words = {
    "start": ("Start from", "起点"),
    "nothing": ("Nothing", "从零开始"),
    "automatic": ("{model} · automatic", "{model} · 自动"),
    "automatic-unknown": ("Automatic", "自动"),
    "after-download": (
        "Once the text is downloaded, the run starts from a base if one knows it.",
        "文本下载之后，如果有熟悉它的基础模型，训练就以那个模型为起点。",
    ),
    "starts-from-it": ("{reason} The run starts from it.", "{reason}训练以它为起点。"),
    "bases": ("Bases", "基础模型"),
    "bundled": ("Models that come with charrnn", "随附的模型"),
    "runs": ("Your runs", "你的训练"),
    "opened": ("Opened", "打开过的模型"),
    "take": ("Start from it", "以它为起点"),
    "drop": ("Start from nothing", "从零开始"),
    "unlisted": ("a model chosen before", "先前选择的模型"),
    "about-start": (
        "{model}. A run that starts from a model has its architecture, since weights fit no other.",
        "{model}。从模型开始的训练沿用它的结构，因为权重只适合这种结构。",
    ),
    "about-fixed": (
        "{model}. Its weights fit no other architecture, so these settings are the model’s own: "
        "{names}.",
        "{model}。权重只适合它自己的结构，所以这些设置由模型决定：{names}。",
    ),
}
