"""Words of charrnn's own that stand inside a message, in 简体中文: names of texts and encodings,
what a setting takes, why something failed. `errors_zh` puts them into its sentences.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

from .checkpoint_errors_zh import UNSOUND

# Names that `charrnn.text` gives to texts that are not one file. `texts` and `digits` are
# matched by the shapes in `errors_zh`.
NAMES: Mapping[str, str] = {
    "pasted text": "粘贴的文本",
    "{digits} files": "{digits} 个文件",
    "{archive} ({texts})": "{archive}（{texts}）",
    "{member} in {archive}.zip": "{archive}.zip 中的 {member}",
    "{digits} text": "{digits} 份文本",
    "{digits} texts": "{digits} 份文本",
    "{texts}, {digits} skipped": "{texts}，跳过 {digits} 个文件",
}

# Encodings as `charrnn.text` names them in a report.
ENCODINGS: Mapping[str, str] = {
    "{encoding} ({digits} unreadable character replaced)": (
        "{encoding}（替换了 {digits} 个无法识别的字符）"
    ),
    "{encoding} ({digits} unreadable characters replaced)": (
        "{encoding}（替换了 {digits} 个无法识别的字符）"
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

# What the operating system says of a file or a disk.
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

PARTS: Mapping[str, str] = {
    "seed": "随机种子",
    "alpha": "α",
    "mode": "方式",
    "is only one": "只有一个字符",
    "are none": "一个字符也没有",
    " in {path}": "到 {path}",
    "With {text}, what was chosen": "加上 {text}，所选文件",
    # why a run cannot be read, or cannot go on
    "{path} is damaged: it is too large": "{path} 已损坏：文件过大",
    "{path}/ does not hold files only": "{path}/ 里有不是普通文件的东西",
    "{path} is damaged": "{path} 已损坏",
    "{path} was written by another version of charrnn": "{path} 是由另一个版本的 charrnn 写下的",
    "{path} is of a run with another {name}": "{path} 属于另一次训练，其 {name} 不同",
    "its text, in corpus/, is not the one that it began with": (
        "corpus/ 中的文本与开始训练时的不同"
    ),
    # what a setting takes
    "{wanted} or none": "{wanted}，或填 none",
    "{wanted}, or leave it empty": "{wanted}，或留空",
    "choose true or false": "请选 true 或 false",
    "choose {choices}": "请选 {choices}",
    "give a whole number from {low} to {high}": "请填 {low} 到 {high} 的整数",
    "give a whole number of at least {low}": "请填不小于 {low} 的整数",
    "give a whole number": "请填整数",
    "give a number from {low} to {high}": "请填 {low} 到 {high} 的数",
    "give a number of at least {low}": "请填不小于 {low} 的数",
    "give a number above {low}": "请填大于 {low} 的数",
    "give a number": "请填数字",
    "give a text": "请填文字",
    # what a file is, and the way out
    "a PDF": "PDF",
    "a rich-text (RTF) document": "RTF 文档",
    "an old Office document": "旧式 Office 文档",
    "an Office document": "Office 文档",
    "an Excel document": "Excel 文档",
    "a {name} document": "{name} 文档",
    "an EPUB book": "EPUB 电子书",
    "an OpenDocument file": "OpenDocument 文件",
    "a PyTorch checkpoint": "PyTorch 检查点",
    "a PNG picture": "PNG 图片",
    "a JPEG picture": "JPEG 图片",
    "a GIF picture": "GIF 图片",
    "a BMP picture": "BMP 图片",
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
    "export its text first": "先导出其中的文字",
    "choose a text file (.txt), or a .zip of them": "选择文本文件（.txt）或其 .zip 压缩包",
    # why a download failed
    "the connection to {host} broke off after {count} bytes": (
        "与 {host} 的连接在 {count} 字节后中断"
    ),
    "the connection to {host} broke off: {why}": "与 {host} 的连接中断：{why}",
    "no connection to {host}: {why}": "连接不上 {host}：{why}",
    "{host} sent another file than the one expected: its SHA-1 differs": (
        "{host} 发来的文件与预期不符：SHA-1 不同"
    ),
    "{host} sent more than {size} MB": "{host} 发来的内容超过 {size} MB",
    "{host} did not answer within {seconds} seconds": "{host} 在 {seconds} 秒内没有回应",
    "{host} answered {code} {reason}": "{host} 回应 {code} {reason}",
    "{host} is too slow": "{host} 太慢",
    **NAMES,
    **OS_REASONS,
    **UNSOUND,
}
