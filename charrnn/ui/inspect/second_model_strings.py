"""Strings of the second model on the Inspect tab, in English and Chinese."""

from __future__ import annotations

from ..i18n import Words

SECOND_MODEL: Words = {
    "second-add": ("+ second model", "+ 第二个模型"),
    "second-add-name": ("Compare with a second model", "与第二个模型比较"),
    "second-model": ("Second model", "第二个模型"),
    "second-choose": ("Choose a model…", "选择一个模型……"),
    "second-remove": ("Remove the second model", "移除第二个模型"),
    "second-reading": ("The second model is reading…", "第二个模型正在读……"),
    "second-none": (
        "There is no other model to compare with yet: train one, or open one.",
        "还没有别的模型可以比较：请先训练或打开一个。",
    ),
    "second-scale": (
        "{name} better by {bits}+ bits",
        "{name} 更准 {bits} 比特以上",
    ),
    "second-here": ("What the two expected here", "两个模型在这里预期什么"),
    "second-bits": ("{bits} bits", "{bits} 比特"),
    "second-unknown": ("does not know “{character}”", "不认识“{character}”"),
    "second-better": (
        "{name} knew better here, by {bits} bits of surprise.",
        "{name} 在这里预测更准，意外度少 {bits} 比特。",
    ),
    "second-equal": ("Both were equally surprised.", "两个模型同样意外。"),
    "second-unscored": (
        "A character that one of the two does not know is not compared.",
        "其中一个模型不认识的字符不作比较。",
    ),
    "second-spoken": (
        "{character}, {name} knew better by about {bits} bits",
        "{character}，{name} 预测更准，约差 {bits} 比特",
    ),
    "second-spoken-equal": ("{character}, about equal", "{character}，大致相同"),
    "second-figures": ("This text, by both", "两个模型读这段文本"),
    "second-knew": ("knew better", "预测更准的比例"),
    "second-compared": (
        "Over the {n} characters that both know. The lower the perplexity, the better.",
        "按两个模型都认识的 {n} 个字符计算。困惑度越低越好。",
    ),
    "second-differ": ("Where they differ most", "差别最大之处"),
    "second-knew-best": ("{name} knew better", "{name} 预测更准"),
}
