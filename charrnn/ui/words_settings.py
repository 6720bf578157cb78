"""The words of the settings: in Chinese a name and a hint for each, which in English are with
their rules; what a setting takes; and what Custom says of where its values come from.
"""

from __future__ import annotations

from .words import Words

CHINESE: Words = {
    "cell": ("单元", "靠什么记忆：朴素的 tanh、ReLU，或带门的 GRU、LSTM。"),
    "implementation": ("实现", "由谁计算：手写梯度、教材里的循环，或 torch 的层。"),
    "hidden_size": ("隐藏单元数", "每层记住多少个数。"),
    "layers": ("层数", "循环层一层叠一层。"),
    "bidirectional": ("双向", "也从后往前读：看得见未来，训练显得完美，写作却无用。"),
    "input": (
        "输入",
        "字符如何进入：教材的独热向量、学习得到的嵌入，"
        "或与输出层共享的嵌入（tied，适合上千个符号的文本）。",
    ),
    "embedding_size": ("嵌入宽度", "学习得到的嵌入有多宽；与输出层共享（tied）时和隐藏状态同宽。"),
    "dropout": ("丢弃率", "训练时随机隐去的隐藏单元比例。"),
    "initialization": ("初始化", "最初的权重：教材的正态分布、torch 的均匀分布，或正交矩阵。"),
    "sampling": ("采样", "小批量前后相接并传递状态，或随机取子序列。"),
    "truncate": ("截断", "梯度回传多远：一个小批量，或整个迭代周期（每周期更新一次）。"),
    "shift": ("随机起点", "每个迭代周期从不同的位置开始。"),
    "reset": ("状态归零", "每个小批量有多少序列像生成时那样从零状态重新开始。"),
    "batch_size": ("批量大小", "一个小批量里有多少条序列。"),
    "steps": ("时间步数", "每条序列有多少个字符。"),
    "epochs": ("迭代周期", "通读训练文本多少遍。"),
    "seconds": ("秒数", "整次训练最多用多少时间。"),
    "prior": ("先验", "一开始就按文本中的频率预期每个符号，而不是一视同仁。"),
    "smoothing": ("平滑", "每个目标中有多大比例换成 n 元语法（由文本其余部分统计）在此处的预期。"),
    "optimizer": ("优化器", "权重如何移动。"),
    "learning_rate": ("学习率", "每步最多移动多远。"),
    "schedule": ("学习率计划", "不变、逐渐降到结束，或停滞时下降。"),
    "weight_decay": ("权重衰减", "AdamW 收缩权重的力度。"),
    "clip": ("裁剪阈值", "允许的最长梯度 θ；none 表示不裁剪。"),
    "validation": ("留出比例", "文本末尾留出多少不训练；0 表示不留。"),
    "precision": ("精度", "float32、bfloat16，或本机较快的一种（设了 epochs 时为 float32）。"),
    "device": ("计算设备", "由处理器计算，或由 GPU（CUDA）用 torch 的层以 float32 计算。"),
    "threads": ("线程数", "处理器线程；none 表示用全部核心。"),
    "seed": ("随机种子", "同样的种子，同样的训练。"),
    "samples": ("写作方式", "训练途中如何写样文：贪心或采样。"),
    "sample_length": ("样文长度", "前缀之后写多少个字符。"),
    "sample_every": ("样文间隔", "每隔多少个迭代周期多写一段。"),
}

# What a setting takes.
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

# Drawn in the browser by custom.js.
CUSTOM: Words = {
    "base": ("Begins with {recipe}", "始于「{recipe}」"),
    "preparation": ("Text: {what}", "文本：{what}"),
    "changed": ("{n} changed", "已改 {n} 项"),
    "reset-all": ("Reset all", "全部还原"),
    "reset": ("Reset {label} to {value}", "将{label}还原为 {value}"),
}

# What a recipe does to a text first.
PREPARATIONS: Words = {
    "letters_only": ("letters A–Z only", "只留字母 A–Z"),
    "newlines_to_spaces": ("line ends as spaces", "换行变为空格"),
    "first": ("the first {n} characters", "前 {n} 个字符"),
}
