"""Strings of the mode Hidden units of the Inspect tab, in English and Chinese."""

from __future__ import annotations

from ..i18n import Words

HIDDEN_UNITS: Words = {
    "mode-hidden-units": ("Hidden units", "隐藏单元"),
    # the unit that tints the text
    "unit-title": ("One [hidden unit](hidden-unit)", "一个[隐藏单元](hidden-unit)"),
    "unit-number": ("Number of the unit", "单元编号"),
    "unit-previous": ("Previous unit", "上一个单元"),
    "unit-next": ("Next unit", "下一个单元"),
    "unit-of": ("of {n}, counted from 0", "共 {n} 个，从 0 数起"),
    "unit-layer": ("Layer", "层"),
    "unit-layer-name": ("{n} of {count}", "第 {n} 层，共 {count} 层"),
    "unit-layer-forward": ("{n} of {count}, forward", "第 {n} 层，共 {count} 层，正向"),
    "unit-layer-backward": ("{n} of {count}, backward", "第 {n} 层，共 {count} 层，反向"),
    "unit-quantity": ("What of it", "看它的什么"),
    "unit-name-h": ("H, hidden state", "H，隐状态"),
    "unit-name-c": ("C, memory cell", "C，记忆元"),
    "unit-name-i": ("I, input gate", "I，输入门"),
    "unit-name-f": ("F, forget gate", "F，遗忘门"),
    "unit-name-o": ("O, output gate", "O，输出门"),
    "unit-name-c-tilde": ("C̃, candidate", "C̃，候选记忆元"),
    "unit-name-r": ("R, reset gate", "R，重置门"),
    "unit-name-z": ("Z, update gate", "Z，更新门"),
    "unit-name-h-tilde": ("H̃, candidate", "H̃，候选隐状态"),
    "unit-about-h": (
        "The [hidden state](hidden-state) after each character, which is all that the next layer "
        "and the prediction see of it.",
        "读完每个字符后的[隐状态](hidden-state)。下一层和预测只看得到它。",
    ),
    "unit-about-c": (
        "The [memory cell](memory-cell) after each character. It may keep a number over many "
        "characters.",
        "读完每个字符后的[记忆元](memory-cell)。它可以把一个数保存许多个字符。",
    ),
    "unit-about-i": (
        "The input [gate](gate): from 0 to 1, how much of the candidate enters the memory cell.",
        "输入[门](gate)：从 0 到 1，候选值有多少进入记忆元。",
    ),
    "unit-about-f": (
        "The forget [gate](gate): from 0 to 1, how much of the memory cell stays.",
        "遗忘[门](gate)：从 0 到 1，记忆元保留多少。",
    ),
    "unit-about-o": (
        "The output [gate](gate): from 0 to 1, how much of the memory cell shows in the hidden "
        "state.",
        "输出[门](gate)：从 0 到 1，记忆元有多少显露在隐状态中。",
    ),
    "unit-about-c-tilde": (
        "The candidate: what this character would write into the memory cell.",
        "候选记忆元：这个字符想写入记忆元的值。",
    ),
    "unit-about-r": (
        "The reset [gate](gate): from 0 to 1, how much of the state before enters the candidate.",
        "重置[门](gate)：从 0 到 1，之前的状态有多少进入候选值。",
    ),
    "unit-about-z": (
        "The update [gate](gate): from 0 to 1, how much of the state before stays.",
        "更新[门](gate)：从 0 到 1，之前的状态保留多少。",
    ),
    "unit-about-h-tilde": (
        "The candidate: what this character would make of the hidden state.",
        "候选隐状态：这个字符想让隐状态变成的值。",
    ),
    "unit-reading": ("Reading the layer…", "正在读这一层……"),
    "unit-at": (
        "Unit {unit} is {value} at the selected “{character}”.",
        "在选中的“{character}”处，单元 {unit} 为 {value}。",
    ),
    "unit-zero": ("Unit {unit} is 0 in the whole text.", "单元 {unit} 在整段文本中都是 0。"),
    "unit-unread": (
        "Of this layer, the first {n} characters are read.",
        "这一层只读前 {n} 个字符。",
    ),
    "unit-spoken": ("{character}, {value}", "{character}，{value}"),
    "unit-wrong": ("Give a whole number from 0 to {last}.", "请给出 0 到 {last} 的整数。"),
}
