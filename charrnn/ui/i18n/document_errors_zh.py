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
    "With documents = {kind} each document starts from zero already: set reset = 0.": (
        "documents = {kind} 时每篇文档本来就从零状态开始：请设 reset = 0。"
    ),
    "documents = {kind} needs a model that reads forward only: set bidirectional = false.": (
        "documents = {kind} 需要只向前读的模型：请设 bidirectional = false。"
    ),
}
