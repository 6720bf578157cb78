"""Phrases that are values of other messages, in 简体中文.

They are names of texts and encodings, values of settings, kinds of files, and reasons of failures.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

NAMES: Mapping[str, str] = {  # of texts
    "pasted text": "粘贴的文本",
    "{member} in {archive}": "{archive} 中的 {member}",
    "{names}": "{names}",
    "{count:,} files": "{count:,} 个文件",
    "{archive} ({texts})": "{archive}（{texts}）",
    "{count:,} text": "{count:,} 份文本",
    "{count:,} texts": "{count:,} 份文本",
    "{texts}, {count:,} skipped": "{texts}，跳过 {count:,} 个文件",
    "{column} of {text}": "{text} 的 {column}",
}

ENCODINGS: Mapping[str, str] = {
    "{encoding} (1 unreadable character replaced)": "{encoding}（替换了 1 个无法识别的字符）",
    "{encoding} ({count:,} unreadable characters replaced)": (
        "{encoding}（替换了 {count:,} 个无法识别的字符）"
    ),
    "UTF-8 with BOM": "带 BOM 的 UTF-8",
    "Korean (CP949)": "韩文（CP949）",
    "DOS Cyrillic (CP866)": "DOS 西里尔文（CP866）",
    "DOS Latin (CP437)": "DOS 拉丁文（CP437）",
    "DOS Latin (CP850)": "DOS 拉丁文（CP850）",
    "DOS Latin (CP852)": "DOS 拉丁文（CP852）",
    "Thai (CP874)": "泰文（CP874）",
    "Mac Roman": "Mac 罗马文",
    "Mac Cyrillic": "Mac 西里尔文",
}

# What texts are taken out of, and what was not read as expected.
FORMATS: Mapping[str, str] = {
    "a table (CSV)": "CSV 表格",
    "a table (TSV)": "TSV 表格",
    "a JSON file": "JSON 文件",
    "a JSON Lines file": "JSON Lines 文件",
    "a notebook (.ipynb)": "笔记本（.ipynb）",
    "a file of subtitles": "字幕文件",
    "a web page (HTML)": "网页（HTML）",
    "a Markdown file": "Markdown 文件",
    "{archive}: skipped {names}": "{archive}：跳过了 {names}",
    "{archive}: skipped {names} and {count:,} more": (
        "{archive}：跳过了 {names}，以及另外 {count:,} 个文件"
    ),
    "{name} ({kind})": "{name}（{kind}）",
    "{name} (empty)": "{name}（空文件）",
    "{name} (not a text)": "{name}（不是文本）",
    "{text} was read as it is: no text could be taken out of it, for {why}": (
        "{text} 按原样读取，没有从中提取文本：{why}"
    ),
    "that took longer than {seconds} seconds": "提取超过了 {seconds} 秒",
    "that needed too much memory": "提取需要太多内存",
    "it is not {kind}, or is damaged": "它不是{kind}，或已损坏",
}

CHECKPOINT_FAULTS: Mapping[str, str] = {
    # the file
    "there is no checkpoint at {path}: give its directory or its model.safetensors": (
        "{path} 处没有检查点，请给出它的目录或其中的 model.safetensors"
    ),
    "{path} could not be read ({reason})": "{path} 无法读取（{reason}）",
    "{path} is not a file": "{path} 不是普通文件",
    "{what} is larger than {size} MB": "{what}超过 {size} MB",
    "{what} is not a readable safetensors file": "{what} 不是可读的 safetensors 文件",
    "{what} is a pointer of Git LFS: install git-lfs, and clone or install again": (
        "{what} 是 Git LFS 的指针文件：请安装 git-lfs，然后重新克隆或安装"
    ),
    "it has {count:,} tensors, and at most {most:,} are allowed": (
        "其中有 {count:,} 个张量，最多允许 {most:,} 个"
    ),
    # its configuration
    "its header": "文件头",
    "its configuration": "其中的配置",
    "{what} is not valid JSON": "{what} 不是有效的 JSON",
    "{what} gives {name} twice": "{what}中 {name} 出现了两次",
    "the file holds weights but no charrnn configuration": "文件里只有权重，没有 charrnn 的配置",
    "config.json and model.safetensors describe different models": (
        "config.json 与 model.safetensors 描述的不是同一个模型"
    ),
    "its format is {format}, and this version of charrnn reads formats 1 to {own}": (
        "其格式为 {format}，而此版本的 charrnn 读取格式 1 至 {own}"
    ),
    "its model has a setting {name} that this version of charrnn does not know": (
        "其模型有此版本 charrnn 不认识的设置 {name}"
    ),
    "{problem} (charrnn {theirs} wrote it; this is {ours})": (
        "{problem}（由 charrnn {theirs} 写成，此处为 {ours}）"
    ),
    "its model configuration does not have the settings of a charrnn model": (
        "其模型配置与 charrnn 模型的设置不符"
    ),
    "its {key} is not a text": "其 {key} 不是文本",
    "its {key} is not a number": "其 {key} 不是数字",
    "{what} is not a JSON object": "{what} 不是 JSON 对象",
    "its {key} is not a JSON object": "其 {key} 不是 JSON 对象",
    "its {key} are not a list of texts": "其 {key} 不是文本列表",
    # its vocabulary
    "its vocabulary is empty": "其词表是空的",
    "its symbols are not a text of single characters": "其符号表不是由单个字符组成的文本",
    "it has {count:,} symbols, and at most {most:,} are allowed": (
        "其中有 {count:,} 种符号，最多允许 {most:,} 种"
    ),
    "the symbols of a vocabulary must be distinct": "其符号表中有重复的符号",
    "a vocabulary cannot hold half of a surrogate pair": "其符号表中有不成对的代理码位",
    "the first symbol of a vocabulary must be {name}": "词表的第一个符号须为 {name}",
    "every symbol of a vocabulary must be one character": "词表的每个符号须为一个字符",
    # its weights
    "its weights do not match the model it describes": "其权重与它描述的模型不符",
    "the shape of {name} does not match the model it describes": "{name} 的形状与它描述的模型不符",
    "{name} is {dtype}, not {expected}": "{name} 的类型是 {dtype}，而不是 {expected}",
    "its weights are of several types": "其权重的数值类型不一",
    "its model has more than {most:,} parameters": "其模型的参数超过 {most:,} 个",
    "{name} holds numbers that are not finite": "{name} 含有非有限的数值",
    "its weights are so large that the model's numbers overflow": "其权重过大，模型的数值会溢出",
}

# Reasons that the operating system gives.
OS_REASONS: Mapping[str, str] = {
    os.strerror(code): chinese
    for code, chinese in {
        errno.EACCES: "没有访问权限",
        errno.EBUSY: "正被占用",
        errno.EDQUOT: "磁盘配额已用完",
        errno.EFBIG: "文件过大",
        errno.EIO: "读写出错",
        errno.EISDIR: "那是一个文件夹",
        errno.ELOOP: "符号链接的层数过多",
        errno.EMFILE: "打开的文件过多",
        errno.ENAMETOOLONG: "文件名过长",
        errno.ENFILE: "打开的文件过多",
        errno.ENOENT: "没有这个文件",
        errno.ENOMEM: "内存不足",
        errno.ENOSPC: "磁盘空间不足",
        errno.ENOTDIR: "路径中有一段不是文件夹",
        errno.EPERM: "操作不被允许",
        errno.EROFS: "磁盘是只读的",
    }.items()
}

PHRASES: Mapping[str, str] = {
    "With {text}, the selection": "加上 {text}，所选文件",
    # why a run cannot be read, or cannot go on
    "{path} is damaged: it is too large": "{path} 已损坏：文件过大",
    "{path}/ holds something that is not a file": "{path}/ 里有不是普通文件的东西",
    "{path} is damaged": "{path} 已损坏",
    "{path} was written by charrnn {theirs}; this is {ours}": (
        "{path} 由 charrnn {theirs} 写成，而此处为 {ours}"
    ),
    "{path} was written by another version of charrnn": "{path} 是由另一个版本的 charrnn 写下的",
    "{path} belongs to a run with another {name}": "{path} 属于另一次训练，其 {name} 不同",
    "its text, in corpus/, is not the one that it started with": (
        "corpus/ 中的文本与开始训练时的不同"
    ),
    "{path} is too large": "{path} 过大",
    "{path} holds ids that {other} does not know": "{path} 中有 {other} 不认识的编号",
    "{path} and {other} do not belong together": "{path} 与 {other} 不是一套",
    # what a setting takes
    "{wanted} or none": "{wanted}，或填 none",
    "choose true or false": "请选 true 或 false",
    "give a whole number from {low} to {high}": "请填 {low} 到 {high} 的整数",
    "give a whole number of at least {low}": "请填不小于 {low} 的整数",
    "give a whole number": "请填整数",
    "give a number from {low} to {high}": "请填 {low} 到 {high} 的数",
    "give a number of at least {low}": "请填不小于 {low} 的数",
    "give a number": "请填数字",
    "give a number between 0 and 0.5": "请填 0 到 0.5 之间的数",
    "give a text": "请填文字",
    "choose one of {names}": "请选 {names} 之一",
    "give a path": "请给出路径",
    "give a text or a list of texts": "请给出文本或文本列表",
    "give what load() returns": "请给出 load() 的返回值",
    "give a list of texts, <unk> first; Vocabulary.from_text makes one from a text": (
        "请给出以 <unk> 开头的文本列表；Vocabulary.from_text 可由文本得到"
    ),
    "give the events of charrnn.train": "请给出 `charrnn.train` 产生的事件",
    "give a Corpus; Corpus.from_text makes one from a text": (
        "请给出 Corpus；Corpus.from_text 可由文本得到"
    ),
    "give a ModelConfig": "请给出 ModelConfig",
    "give a TrainingConfig": "请给出 TrainingConfig",
    "give a Preparation": "请给出 Preparation",
    # what a file is, and the way out
    "a PDF": "PDF",
    "a rich-text (RTF) document": "RTF 文档",
    "an old Office document": "旧式 Office 文档",
    "a {name} document": "{name} 文档",
    "an {name} document": "{name} 文档",
    "an EPUB book": "EPUB 电子书",
    "an OpenDocument file": "OpenDocument 文件",
    "a PyTorch checkpoint": "PyTorch 检查点",
    "a PNG picture": "PNG 图片",
    "a JPEG picture": "JPEG 图片",
    "a GIF picture": "GIF 图片",
    "a BMP picture": "BMP 图片",
    "a tar archive": "tar 压缩包",
    "a gzip archive": "gzip 压缩包",
    "a bzip2 archive": "bzip2 压缩包",
    "an xz archive": "xz 压缩包",
    "a 7z archive": "7z 压缩包",
    "a RAR archive": "RAR 压缩包",
    "a zip archive inside another file": "夹在别的文件里的 zip 压缩包",
    "a program": "程序",
    "a Windows program": "Windows 程序",
    "an SQLite database": "SQLite 数据库",
    "a sound file": "音频文件",
    "an MP3 sound file": "MP3 音频文件",
    "a sound, picture or film file": "音频、图片或视频文件",
    "save its text as a .txt file first": "先把其中的文字另存为 .txt 文件",
    "unpack it first, or use a .zip": "先解压，或改用 .zip",
    "unpack it first": "先解压",
    "save its sheet as a .csv file first": "先把工作表另存为 .csv 文件",
    "export its text first": "先导出其中的文字",
    "choose text files (.txt), or a .zip of them": "选择文本文件（.txt）或其 .zip 压缩包",
    # why a download failed
    "the connection to {host} was lost after {count:,} bytes": (
        "与 {host} 的连接在 {count:,} 字节后中断"
    ),
    "the connection to {host} was lost: {why}": "与 {host} 的连接中断：{why}",
    "no connection to {host}: {why}": "连接不上 {host}：{why}",
    "{host} sent a different file from the one expected: its SHA-1 differs": (
        "{host} 发来的文件与预期不符：SHA-1 不同"
    ),
    "{host} sent more than {size} MB": "{host} 发来的内容超过 {size} MB",
    "{host} did not respond within {seconds:g} seconds": "{host} 在 {seconds:g} 秒内没有回应",
    "{host} answered {code} {reason}": "{host} 回应 {code} {reason}",
    "{host} is too slow": "{host} 太慢",
    **NAMES,
    **ENCODINGS,
    **FORMATS,
    **CHECKPOINT_FAULTS,
    **OS_REASONS,
}
