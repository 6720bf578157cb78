"""Strings of the page in English and 简体中文, by the language of the browser.

A table maps the name of a string to its two versions. There are three ways to show one:

- A string in the layout of the page is a Gradio translation key (`t`), which the browser resolves.
- A string that the server makes for a request is in the request's language (`locale_of` and
  `translate`).
- JavaScript gets whole tables (`as_json`) and chooses by `navigator.language`.

Browsers send `navigator.language` as `Accept-Language`, so all three agree.

A message of `charrnn` (`errors.Message`) is an English template with its values. `translate_error`
and `translate_message` look the template up in `errors_zh`.
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

# Gradio translates every value that equals a key, even the value of a radio button or typed text.
# With this prefix no such value equals one.
_KEY_PREFIX = "charrnn:"
_HAN, _LATIN = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[^\W\u4e00-\u9fff]|[.)\]'\"…]")

INTERNAL_ERROR = Message("Internal error; the server's log says more. Nothing you typed is lost.")

SHARED: Words = {
    "tagline": (
        "Train a character-level RNN on any text, and watch it learn to write.",
        "用任意文本训练字符级循环神经网络，看它学会写作。",
    ),
    "use-api": ("Use via API", "通过 API 使用"),
    "tab-train": ("Train", "训练"),
    "tab-generate": ("Generate", "生成"),
    "tab-inspect": ("Inspect", "透视"),
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
    "damaged": ("Cannot be read", "无法读取"),
}


def t(name: str) -> I18nData:
    """Return the translation key of a string; the browser resolves it."""
    return I18nData(_KEY_PREFIX + name)


# Strings that Gradio's components use without having them: they would show the key.
_MISSING_IN_GRADIO: Words = {"common.upload": ("Upload", "上传")}


def translations(*tables: Words) -> gr.I18n:
    """Return the tables as `gr.Blocks.launch` takes them."""
    english = {_KEY_PREFIX + name: pair[0] for table in tables for name, pair in table.items()}
    chinese = {_KEY_PREFIX + name: pair[1] for table in tables for name, pair in table.items()}
    for name, pair in _MISSING_IN_GRADIO.items():
        english[name], chinese[name] = pair
    return gr.I18n(en=english, **{"zh": chinese, "zh-CN": chinese})


def as_json(*tables: Words) -> str:
    """Return the tables as JSON for JavaScript: `{"en": {name: text}, "zh": {…}}`.

    They are one string for speed: Gradio's page copies the data of a component string by string,
    whenever one changes.
    """
    by_locale = {
        locale: {name: pair[i] for table in tables for name, pair in table.items()}
        for i, locale in enumerate(("en", "zh"))
    }
    return json.dumps(by_locale, ensure_ascii=False)


def locale_of(request: gr.Request | Request | None) -> str:
    """Return "zh" for a browser that asks for Chinese first, else "en"."""
    if request is None:
        return "en"
    languages: str = request.headers.get("accept-language", "")
    return "zh" if languages.strip().lower().startswith("zh") else "en"


def translate(words: tuple[str, str], locale: str, **values: Any) -> str:
    """Return a string in a language, with its values filled in."""
    return words[1 if locale == "zh" else 0].format(**values)


def in_both(words: tuple[str, str], **values: Any) -> dict[str, str]:
    """Return both versions of a string, for components that the browser draws."""
    return {locale: translate(words, locale, **values) for locale in ("en", "zh")}


def translate_error(error: UserError, locale: str) -> str:
    """Return the message of an error in a language."""
    return translate_message(error.message, locale)


def error_in_both(error: UserError) -> dict[str, str]:
    """Return an error's message in both languages, for components that the browser draws."""
    return message_in_both(error.message)


def message_in_both(message: Message) -> dict[str, str]:
    """Return a message in both languages, for components that the browser draws."""
    return {locale: translate_message(message, locale) for locale in ("en", "zh")}


def translate_message(message: object, locale: str) -> str:
    """Return a message in a language, translated by its template.

    Anything that is not a `Message`, such as a file name, stays as it is, and so does a message
    without a translation.
    """
    if locale != "zh" or not isinstance(message, Message) or message.template not in ERRORS:
        return str(message)
    values = {name: _chinese_value(value) for name, value in message.values.items()}
    return escape_invisible(fill_chinese(ERRORS[message.template], values), MAX_MESSAGE_LENGTH)


def message_from_json(stored: object) -> Message | None:
    """Restore a message from `Message.as_json`.

    Returns None for anything else, and for a message of another version whose template has no
    translation.
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
            return [_from_json(item) for item in value]
    return value


def _chinese_value(value: object) -> object:
    if isinstance(value, list | tuple):
        return "、".join(translate_message(item, "zh") for item in value)
    return value if isinstance(value, int | float) else translate_message(value, "zh")


def fill_chinese(template: str, values: Mapping[str, object]) -> str:
    """Fill in a Chinese template, with a space between Latin and Chinese characters."""
    filled = ""
    for text, name, form, _ in Formatter().parse(template):
        for piece in (text, "" if name is None else format(values[name], form or "")):
            ends = (filled[-1:], piece[:1])
            if any(_HAN.fullmatch(a) and _LATIN.fullmatch(b) for a, b in (ends, ends[::-1])):
                filled += " "
            filled += piece
    return filled


def seconds(value: float, locale: str) -> str:
    """Format a time without a line break: "10 s", "5 min", "2 h"."""
    units = ("s", "min", "h") if locale == "en" else ("秒", "分钟", "小时")
    for size, unit in ((3600, units[2]), (60, units[1])):
        if value >= size and value % size == 0:
            return f"{number(value // size)}\u00a0{unit}"
    return f"{number(value)}\u00a0{units[0]}"


def epochs(count: int, locale: str) -> str:
    """Format a number of epochs without a line break: "1 epoch", "1,000 epochs"."""
    unit = "轮" if locale == "zh" else "epoch" if count == 1 else "epochs"
    return f"{number(count)}\u00a0{unit}"


def number(value: float) -> str:
    """Format a number with at most six decimals and no exponent: "1,000", "0.5"."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")
