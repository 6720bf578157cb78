"""Why a request is refused before it reaches an event, in 简体中文: see errors_zh.py."""

from __future__ import annotations

from collections.abc import Mapping

REQUEST_PROBLEMS: Mapping[str, str] = {
    "This request is larger than {size} MB, which is the most here. Upload a long text as a file "
    "instead.": "这个请求超过了 {size} MB 的上限。较长的文本请改为上传文件。",
    "The JSON of this request has too many parts: {most} brackets, commas and colons are the most "
    "here.": "这个请求的 JSON 结构过于庞大：括号、逗号和冒号合计最多 {most} 个。",
    "The JSON of this request is nested too deeply: {most} levels are the most here.": (
        "这个请求的 JSON 嵌套过深：最多 {most} 层。"
    ),
    "The body of this request is not JSON in UTF-8.": "这个请求的正文不是 UTF-8 编码的 JSON。",
    "The body of this request is not a JSON object.": "这个请求的正文不是 JSON 对象。",
    "{name} must have 1 to 64 letters, digits, - and _.": (
        "{name} 须由 1 到 64 个字母、数字、“-”或“_”组成。"
    ),
    "There is no such function.": "没有这个函数。",
    "That file has not been uploaded to this app: upload it first.": (
        "该文件尚未上传到本应用，请先上传。"
    ),
    "There is no room for more uploads: try again later, or paste the text.": (
        "没有空间接收更多上传的文件。请稍后再试，或改为粘贴文本。"
    ),
    "This request took too long to arrive: try again, or upload a long text as a file.": (
        "请求发送得太慢，已超时。请重试，较长的文本请改为上传文件。"
    ),
    "Too many large requests are on their way: try again in a moment.": (
        "正在发送的大请求过多，请稍后再试。"
    ),
}
