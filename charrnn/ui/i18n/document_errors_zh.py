"""Messages of `UserError` about documents and lines, in 简体中文."""

from __future__ import annotations

from collections.abc import Mapping

DOCUMENT_ERRORS: Mapping[str, str] = {
    "documents = {kind} needs a text of at least two documents, and {text} has {count:,}. Choose "
    "another kind, or none.": (
        "documents = {kind} 需要至少有两篇文档的文本，而{text}只有 {count:,} 篇。"
        "请选择另一种，或 none。"
    ),
    "documents = {kind} trains documents from their beginning, and random sampling begins "
    "anywhere: choose sampling = sequential.": (
        "documents = {kind} 从每篇文档的开头训练，而随机采样从任意处开始："
        "请选择 sampling = sequential。"
    ),
    "documents = {kind} needs a model that reads forward only: set bidirectional = false.": (
        "documents = {kind} 需要只向前读的模型：请设 bidirectional = false。"
    ),
    # lines by a model
    "n = {value}: give 1 to {most:,} lines.": "n = {value}：请给出 1 到 {most:,} 行。",
    "The prefix of a line has no line break in it.": "一行的开头里不能有换行。",
    "This model knows no {symbol}, so it cannot end a line: generate a text instead.": (
        "该模型不认识{symbol}，无法结束一行：请改为生成文本。"
    ),
    "This model does not know the lines that it was trained on, so which ones are new cannot be "
    "told: leave new_only out.": (
        "该模型不知道自己训练用过哪些行，因此无法判断哪些是新的：请去掉 `new_only`。"
    ),
    "There are no hashes of lines beside this model: it was not trained on lines.": (
        "这个模型旁没有各行的哈希值：它不是用各行训练的。"
    ),
    "--new-only goes with --lines N: add --lines N, or leave --new-only out.": (
        "`--new-only` 要与 `--lines N` 一起使用：请加上 `--lines N`，或去掉 `--new-only`。"
    ),
    "--lines N samples whole lines: leave out {options}.": (
        "`--lines N` 会采样完整的行：请去掉 {options}。"
    ),
}
