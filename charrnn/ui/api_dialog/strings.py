"""Strings of the dialog *Use via API*, in English and Chinese."""

from __future__ import annotations

from ..i18n import Words

API_DIALOG: Words = {
    "title": ("Use via API", "通过 API 使用"),
    "languages": ("Language", "语言"),
    "close": ("Close", "关闭"),
    "copy": ("Copy", "复制"),
    "copied": ("Copied", "已复制"),
    "agents": ("Agents", "智能体"),
    "train": ("Train as the form says:", "按表单训练："),
    "generate": ("Generate with these settings:", "按这些设置生成："),
    "inspect": ("Inspect this text with this model:", "用这个模型分析这段文本："),
    "models": ("List the models:", "列出模型："),
    "mcp": (
        "Add this to the settings of an MCP client. Its agent can then train, watch, generate and "
        "inspect.",
        "把这段加入 MCP 客户端的设置，其中的智能体就能训练、查看进度、生成和分析。",
    ),
    "needs-python": ("Needs: pip install gradio_client", "需要：pip install gradio_client"),
    "needs-javascript": ("Needs: npm install @gradio/client", "需要：npm install @gradio/client"),
    "needs-curl": ("For bash and other Unix shells.", "适用于 bash 等 Unix shell。"),
    "note-file": (
        "Write the path of your file in place of {name}.",
        "请把 {name} 换成你的文件的路径。",
    ),
    "note-upload": (
        "Upload a file first with Python or JavaScript; here it is a text.",
        "文件请用 Python 或 JavaScript 上传；这里以文本代替。",
    ),
    "note-cut": (
        "The text is shortened here to {n} characters.",
        "这里的文本已缩短到 {n} 个字符。",
    ),
    "note-private": (
        "Programs are anonymous: a private model cannot be used this way.",
        "程序是匿名的：私有模型不能这样使用。",
    ),
    "note-run": (
        "The id of your run is in this code. Whoever has it can stop the run.",
        "代码里有你这次训练的 id，持有它的人可以停止训练。",
    ),
    "note-upload-model": (
        "This model was opened from a file; it can be used until the app removes that file.",
        "这个模型是从文件打开的，在应用删除该文件之前可用。",
    ),
    "all": (
        "All endpoints and their parameters (OpenAPI)",
        "全部端点及其参数（OpenAPI）",
    ),
}
