"""What the page says, in English and in 简体中文: the browser's language decides.

A table maps a key to its two sentences. What is fixed when the page is built goes out as a
Gradio translation key (`key`), which the browser resolves; what the server words while it runs
is said in the language that the request asks for (`language`, `say`); what JavaScript draws gets
a whole table (`both`) and picks by `navigator.language`. The three agree, because a browser
sends as `Accept-Language` what it reports as its language.

Messages of `UserError` come from below the page as an English template with its values:
`translate_error` looks the template up in `errors_zh`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from string import Formatter
from typing import Any

import gradio as gr
from gradio.i18n import I18nData
from starlette.requests import Request

from ...errors import MAX_MESSAGE_LENGTH, Message, UserError, escape_invisible
from .errors_zh import ERRORS

Words = Mapping[str, tuple[str, str]]

# Gradio translates any value that is a key, even a radio's or what somebody types: so no word
# that can be either is one.
_OURS = "charrnn:"
_HAN, _LATIN = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[^\W\u4e00-\u9fff]|[.)\]'\"…]")

INTERNAL_ERROR = Message("Internal error; the server's log says more. Nothing you typed is lost.")

SHARED: Words = {
    "tagline": (
        "Train a character-level RNN on any text, and watch it learn to write.",
        "用任意文本训练字符级循环神经网络，看它学会写作。",
    ),
    "tab-train": ("Train", "训练"),
    "tab-generate": ("Generate", "生成"),
    "tab-models": ("Models", "模型"),
    "idle": ("Idle", "空闲"),
    "queued": ("Queued", "排队中"),
    "running": ("Training", "训练中"),
    "stopping": ("Stopping", "正在停止"),
    "finished": ("Finished", "已完成"),
    "stopped": ("Stopped, model kept", "已停止，模型已保留"),
    "cancelled": ("Cancelled", "已取消"),
    "diverged": ("Diverged", "已发散"),
    "failed": ("Failed", "失败"),
    "damaged": ("Can't be read", "无法读取"),
}


def key(name: str) -> I18nData:
    """The words `name`, to be resolved in the browser."""
    return I18nData(_OURS + name)


# Words that Gradio's own components look up and do not have: they would show the key.
_MISSING_IN_GRADIO: Words = {"common.upload": ("Upload", "上传")}


def translations(*tables: Words) -> gr.I18n:
    """The tables as Gradio wants them at launch."""
    english = {_OURS + name: pair[0] for table in tables for name, pair in table.items()}
    chinese = {_OURS + name: pair[1] for table in tables for name, pair in table.items()}
    for name, pair in _MISSING_IN_GRADIO.items():
        english[name], chinese[name] = pair
    return gr.I18n(en=english, **{"zh": chinese, "zh-CN": chinese})


def both(*tables: Words) -> str:
    """The tables for JavaScript, as JSON: `{"en": {key: words}, "zh": {…}}`.

    In one piece: Gradio's page copies a component's data, string by string, whenever it changes.
    """
    spoken = {
        tongue: {name: pair[i] for table in tables for name, pair in table.items()}
        for i, tongue in enumerate(("en", "zh"))
    }
    return json.dumps(spoken, ensure_ascii=False)


def language(request: gr.Request | Request | None) -> str:
    """`"zh"` for a browser that asks for Chinese first, else `"en"`."""
    if request is None:
        return "en"
    wanted: str = request.headers.get("accept-language", "")
    return "zh" if wanted.strip().lower().startswith("zh") else "en"


def say(words: tuple[str, str], tongue: str, **values: Any) -> str:
    """One of the two sentences, with `{name}` filled in."""
    return words[1 if tongue == "zh" else 0].format(**values)


def in_both(words: tuple[str, str], **values: Any) -> dict[str, str]:
    """A sentence in both languages, for what is drawn in the browser."""
    return {tongue: say(words, tongue, **values) for tongue in ("en", "zh")}


def translate_error(error: UserError, locale: str) -> str:
    """Return the message of an error in a language."""
    return translate_message(error.message, locale)


def error_in_both(error: UserError) -> dict[str, str]:
    """Return the message of an error in both languages, for what is drawn in the browser."""
    return message_in_both(error.message)


def message_in_both(message: Message) -> dict[str, str]:
    """Return a message in both languages, for what is drawn in the browser."""
    return {locale: translate_message(message, locale) for locale in ("en", "zh")}


def translate_message(message: object, locale: str) -> str:
    """Return a message of `charrnn` in a language, by its template.

    What is not a `Message`, such as the name of a file, stays as it is, and so does a message that
    has no translation.
    """
    if locale != "zh" or not isinstance(message, Message) or message.template not in ERRORS:
        return str(message)
    values = {name: _chinese_value(value) for name, value in message.values.items()}
    return escape_invisible(fill_chinese(ERRORS[message.template], values), MAX_MESSAGE_LENGTH)


def message_from_json(stored: object) -> Message | None:
    """Return a message as it was before `Message.as_json`, to be translated.

    None for anything else, and for a message of another version, whose template has no translation.
    """
    match stored:
        case {"template": str(template), "values": dict(values)} if template in ERRORS:
            with suppress(KeyError, ValueError, TypeError):
                return Message(template, **{str(n): _from_json(v) for n, v in values.items()})
    return None


def _from_json(value: object) -> object:
    match value:
        case {"message": str(english)}:
            return message_from_json(value) or english
        case list():
            return [_from_json(one) for one in value]
    return value


def _chinese_value(value: object) -> object:
    if isinstance(value, list | tuple):
        return "、".join(translate_message(one, "zh") for one in value)
    return value if isinstance(value, int | float) else translate_message(value, "zh")


def fill_chinese(template: str, values: Mapping[str, object]) -> str:
    """Fill in a Chinese template, with a blank where a Latin letter would touch a Chinese one."""
    said = ""
    for text, name, form, _ in Formatter().parse(template):
        for piece in (text, "" if name is None else format(values[name], form or "")):
            ends = (said[-1:], piece[:1])
            if any(_HAN.fullmatch(a) and _LATIN.fullmatch(b) for a, b in (ends, ends[::-1])):
                said += " "
            said += piece
    return said


def seconds(value: float, tongue: str) -> str:
    """A time for people, which no line break takes apart: "10 s", "5 min", "2 h"."""
    units = ("s", "min", "h") if tongue == "en" else ("秒", "分钟", "小时")
    for size, unit in ((3600, units[2]), (60, units[1])):
        if value >= size and value % size == 0:
            return f"{number(value // size)}\u00a0{unit}"
    return f"{number(value)}\u00a0{units[0]}"


def epochs(count: int, tongue: str) -> str:
    """A number of epochs for people, which no line break takes apart: "1 epoch", "1,000 epochs"."""
    unit = "轮" if tongue == "zh" else "epoch" if count == 1 else "epochs"
    return f"{number(count)}\u00a0{unit}"


def number(value: float) -> str:
    """Write a number for people: "1,000", "0.5"; at most six decimals, never an exponent."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")
