"""Names of texts, recipes and settings in English and 简体中文."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...text import PASTED, datasets
from .. import i18n
from . import Words
from .phrases_zh import NAMES

RECIPES: Words = {
    "sprint": ("Sprint", "冲刺"),
    "coffee": ("Coffee", "咖啡"),
    "deep": ("Deep", "深入"),
    "night": ("Night", "过夜"),
    "textbook": ("Textbook", "教材"),
    "custom": ("Custom", "自定义"),
    "time-machine-scratch": (
        "Time Machine, scratch, sequential",
        "《时间机器》· 从零实现 · 相邻采样",
    ),
    "time-machine-scratch-random": (
        "Time Machine, scratch, random",
        "《时间机器》· 从零实现 · 随机采样",
    ),
    "time-machine-concise": ("Time Machine, concise", "《时间机器》· 简洁实现"),
    "lyrics-scratch-random": ("Lyrics, scratch, random", "歌词 · 从零实现 · 随机采样"),
    "lyrics-scratch-sequential": (
        "Lyrics, scratch, sequential",
        "歌词 · 从零实现 · 相邻采样",
    ),
    "lyrics-scratch-relu": ("Lyrics, scratch, ReLU", "歌词 · 从零实现 · ReLU"),
    "lyrics-concise": ("Lyrics, concise", "歌词 · 简洁实现"),
}

# Names of the models that come with charrnn to be started from.
BASES: Mapping[str, str] = {
    "English prose": "英文小说",
    "Chinese novels": "中文章回小说",
}

# A Chinese name and a Chinese hint for each setting; the English hint is `Rule.hint` of its field.
SETTINGS: Words = {
    "cell": ("单元", "靠什么记忆：朴素的 tanh、ReLU，或带门的 GRU、LSTM。"),
    "implementation": ("实现", "由谁计算：手写梯度、教材里的循环，或 torch 的层。"),
    "hidden_size": ("隐藏单元数", "每层有多少个隐藏单元。"),
    "layers": ("层数", "循环层一层叠一层。"),
    "bidirectional": ("双向", "也从后往前读：看得见未来，训练显得完美，写作却无用。"),
    "input": (
        "输入",
        "字符如何进入：教材的独热向量、学习得到的嵌入，"
        "或与输出层共享的嵌入（tied，适合上千个符号的文本）。",
    ),
    "embedding_size": ("嵌入宽度", "学习得到的嵌入有多宽；与输出层共享（tied）时和隐藏状态同宽。"),
    "dropout": ("丢弃率", "训练时每个隐藏单元被置零的概率。"),
    "initialization": ("初始化", "初始权重：教材的正态分布、torch 的均匀分布，或正交矩阵。"),
    "sampling": ("采样", "小批量前后相接并传递状态，或随机取子序列。"),
    "truncate": ("截断", "梯度回传多远：一个小批量，或整个迭代周期（每周期更新一次）。"),
    "documents": (
        "独立文档",
        "把每行（lines）、每段（blank-lines）或每个文件（files）当作独立的文本，各从零状态开始。",
    ),
    "shift": ("随机起点", "每个迭代周期从不同的位置开始。"),
    "reset": ("状态归零", "每个小批量有多少序列像生成时那样从零状态重新开始。"),
    "batch_size": ("批量大小", "一个小批量里有多少条序列。"),
    "steps": ("时间步数", "序列长度：每条序列有多少个字符（BPTT 的长度）。"),
    "epochs": ("迭代周期", "通读训练文本多少遍。"),
    "seconds": ("秒数", "整次训练最多用多少时间。"),
    "prior": ("先验", "把输出偏置初始化为各符号频率的对数。"),
    "keep_symbols": ("保留符号", "保留起始模型认识、而文本中没有的符号。"),
    "smoothing": ("平滑", "每个目标中有多大比例换成 n 元语法（由文本其余部分统计）在此处的预期。"),
    "optimizer": ("优化器", "权重如何移动。"),
    "learning_rate": ("学习率", "每步最多移动多远。"),
    "schedule": ("学习率计划", "不变、逐渐降到结束，或停滞时下降。"),
    "weight_decay": ("权重衰减", "AdamW 收缩权重的力度。"),
    "clip": ("裁剪阈值", "允许的最长梯度 θ；none 表示不裁剪。"),
    "validation": ("留出比例", "文本留出多少不训练；0 表示不留。"),
    "holdout": (
        "留出位置",
        "留出哪里：文本末尾（end），或全文各处的段落（spread）、各行（lines）。",
    ),
    "precision": ("精度", "float32、bfloat16，或本机较快的一种（设了 epochs 时为 float32）。"),
    "device": ("计算设备", "由 CPU 计算，或由 GPU（CUDA）用 torch 的层以 float32 计算。"),
    "threads": ("线程数", "CPU 线程；none 表示按模型大小选择。"),
    "seed": ("随机种子", "同样的种子，同样的训练。"),
    "samples": ("写作方式", "训练途中如何写样文：贪心或采样。"),
    "sample_length": ("样文长度", "每段样文在前缀之后有多少个字符。"),
    "sample_every": ("样文间隔", "每隔多少个迭代周期多写一段。"),
}


def corpus_title(corpus: Mapping[str, Any]) -> dict[str, str]:
    """Return the name of a text by language, given the `corpus` of a run.json or a checkpoint.

    A name of words, such as "3 files", has a `title` from which it is translated. Version 0.1.0 did
    not write it into checkpoints, so in those such a name stays in English.
    """
    name, title = str(corpus["name"]), i18n.message_from_json(corpus.get("title"))
    return {"en": name, "zh": chinese(name if title is None else title)}


def model_title(title: str | None, corpus: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Return the title of a model by language; None for a model without one.

    It is the name of its text, unless a user has renamed it. `corpus` is that of its metadata.
    """
    if title is None:
        return None
    return corpus_title(corpus if corpus and corpus.get("name") == title else {"name": title})


def chinese(title: str) -> str:
    """Translate a text's name; the name of a user's own file stays as it is."""
    texts = {entry.title: entry.title_zh for entry in datasets.DATASETS}
    known = {**texts, PASTED: NAMES[PASTED], **BASES}
    return known.get(title) or i18n.translate_message(title, "zh")
