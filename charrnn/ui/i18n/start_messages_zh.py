"""Messages about the model that a run starts from, in 简体中文, by their English template."""

from __future__ import annotations

from collections.abc import Mapping

START_MESSAGES: Mapping[str, str] = {
    "{name} = {value}: the model to start from has {name} = {has}. Leave {name} out, or start from "
    "nothing.": "{name} = {value}：起始模型的 {name} 是 {has}。请不要设 {name}，或从零开始。",
    "{recipe} is an experiment that begins with random weights: start from nothing, or choose "
    "another recipe.": "{recipe} 是从随机权重开始的实验：请从零开始，或选别的方案。",
    "With the symbols of the model to start from there are {has:,}, and at most {most:,} can be "
    "learned: leave keep_symbols out.": (
        "加上起始模型的符号共有 {has:,} 个，最多可学 {most:,} 个：请不要选“保留符号”。"
    ),
    "That model belongs to a run that was shared with you: only its owner can start another run "
    "from it.": "这个模型属于与你共享的训练：只有训练的主人才能以它为起点。",
    # which one to start from
    "“{model}” knows texts like this: perplexity {perplexity} before any training, where counting "
    "in this text reaches {counting}.": (
        "“{model}”熟悉这类文本：训练之前，困惑度已是 {perplexity}，"
        "而只对这份文本计数可达 {counting}。"
    ),
    "“{model}” does not know texts like this: perplexity {perplexity} before any training, where "
    "counting in this text reaches {counting}.": (
        "“{model}”不熟悉这类文本：训练之前，困惑度是 {perplexity}，"
        "而只对这份文本计数可达 {counting}。"
    ),
    "No model to start from knows this script.": "没有起始模型认识这种文字。",
    "The text is too short to see which model knows it.": "文本太短，看不出哪个模型熟悉它。",
}
