"""English and Chinese strings of Custom: what a setting may be, and where its values come from."""

from __future__ import annotations

from ..i18n import Words

# What the value of a setting may be.
TAKES: Words = {
    "int": ("a whole number", "整数"),
    "float": ("a number", "数"),
    "str": ("a text", "文字"),
    "bool": ("true or false", "true 或 false"),
    "range": ("{kind} from {low} to {high}", "{low} 到 {high} 的{kind}"),
    "choices": ("one of {choices}", "{choices} 之一"),
    "comma": (", ", "、"),
    "optional": ("{takes}, or none", "{takes}，或 none"),
    "fault": ("{label}: {takes}", "{label}：{takes}"),
}

# Drawn in the browser by settings_form.js.
CUSTOM: Words = {
    "base": ("Based on {recipe}", "基于「{recipe}」"),
    "preparation": ("Text: {what}", "文本：{what}"),
    "changed": ("{n} changed", "已改 {n} 项"),
    "reset-all": ("Reset all", "全部还原"),
    "about-hidden-unit": ("[hidden unit](hidden-unit)", "[隐藏单元](hidden-unit)"),
    "about-epoch": ("[epoch](epoch)", "[迭代周期](epoch)"),
    "about-unigram": ("[unigram](unigram)", "[一元](unigram)"),
    "about-ngram": ("[n-gram](n-gram)", "[n 元](n-gram)"),
    "about-clipping": ("[gradient clipping](clipping)", "[梯度裁剪](clipping)"),
    "about-held-out": ("[held out](held-out)", "[留出](held-out)"),
    "reset": ("Reset {label} to {value}", "将{label}还原为 {value}"),
}

# How a recipe prepares a text.
PREPARATIONS: Words = {
    "letters_only": ("letters A–Z only", "只留字母 A–Z"),
    "newlines_to_spaces": ("line ends as spaces", "换行变为空格"),
    "first": ("the first {n} characters", "前 {n} 个字符"),
}
