"""Strings of the mode Step by step, in English and Chinese."""

from __future__ import annotations

from ..i18n import Words

STEP: Words = {
    "mode-step": ("Step by step", "逐步计算"),
    "step-controls": ("Steps through the text", "在文本中逐步前进"),
    "step-back": ("◂ Back", "◂ 后退"),
    "step-next": ("Step ▸", "前进 ▸"),
    "step-play": ("Play", "播放"),
    "step-pause": ("Pause", "暂停"),
    "step-place": ("Step {n} of {total}", "第 {n} 步，共 {total} 步"),
    "step-status": (
        "It reads “{character}”. Likeliest next: “{next}”, {percent} %.",
        "读入“{character}”，接下来最可能是“{next}”，{percent} %。",
    ),
    "step-layer": ("Layer", "层"),
    "step-unit": (
        "[Hidden unit](hidden-unit), 0 to {last}",
        "[隐藏单元](hidden-unit)，0 到 {last}",
    ),
    # what comes in
    "step-in": ("What comes in", "输入"),
    "step-input-one-hot": (
        "“{character}” as a one-hot vector: 1 in place {id} of {symbols}, 0 elsewhere",
        "“{character}”的独热向量：{symbols} 位中第 {id} 位是 1，其余是 0",
    ),
    "step-input-embedding": (
        "“{character}” as its embedding, numbers that were learned",
        "“{character}”的嵌入，即学到的一组数",
    ),
    "step-input-unknown": (
        "“{character}” is unknown to this model, so it enters as <unk>",
        "模型不认识“{character}”，所以按 <unk> 输入",
    ),
    "step-input-below": ("the hidden state of layer {layer}, below", "下面第 {layer} 层的隐状态"),
    "step-unit-value": ("unit {unit}: {value}", "单元 {unit}：{value}"),
    "step-strip": ("{n} numbers from {low} to {high}", "{n} 个数，从 {low} 到 {high}"),
    # the cell
    "step-cell": ("What the cell computes", "循环单元的计算"),
    "step-note-lstm": (
        "I, F and O are [gates](gate), and C is the [memory cell](memory-cell).",
        "I、F、O 是[门](gate)，C 是[记忆元](memory-cell)。",
    ),
    "step-note-gru": (
        "R and Z are [gates](gate). In the textbook, R multiplies H before the product with the "
        "weights. Here, as in cuDNN and PyTorch, it multiplies that product and a bias of its "
        "own.",
        "R 和 Z 是[门](gate)。教材中 R 先乘 H，再与权重相乘。这里与 cuDNN 和 PyTorch 相同：先与权"
        "重相乘，加上另一个偏置，再乘 R。",
    ),
    "step-shapes": (
        "Shapes: X is 1 × {d}, each H 1 × {h}, each W with index x {d} × {h}, each W with index h "
        "{h} × {h}, W_hq {h} × {v}. The line under an equation has the numbers of the chosen unit.",
        "形状：X 为 1 × {d}，每个 H 为 1 × {h}，下标含 x 的 W 为 {d} × {h}，下标含 h 的 W 为 "
        "{h} × {h}，W_hq 为 {h} × {v}。等式下方是所选单元的数值。",
    ),
    # the prediction
    "step-out": ("What it expects next", "预期的下一个字符"),
    "step-logit": ("[logit](logits)", "[logit](logits)"),
    "step-output": ("[O](logits)", "[O](logits)"),
    "step-next-character": ("next", "下一个"),
    "step-alpha": ("[α](alpha) = {n}", "[α](alpha) = {n}"),
    "step-written": ("In the text, “{character}” comes next.", "文本中接下来是“{character}”。"),
    "step-draw": ("[The draw](draw)", "[抽取](draw)"),
    "step-drawn": (
        "u = {u} falls on “{character}”, whose part of the bar is q = {percent} %.",
        "u = {u} 落在“{character}”上，它在条中占 q = {percent} %。",
    ),
    "step-again": ("Draw again", "再抽一次"),
    "step-draw-why": (
        "When it writes, it draws this way: each character has a part of the bar as wide "
        "as its q, and u is a random number from 0 to 1.",
        "模型写作时就是这样抽取的：每个字符在条中的宽度等于它的 q，u 是 0 到 1 之间的随机数。",
    ),
}
