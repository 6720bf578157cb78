"""Restore the Train form after a reload, and reset it to its defaults.

The browser keeps the values of the form in its session storage (`form_storage.js`). What it sends
back may be anything, so only values that are valid for their fields are restored. A pasted text is
not sent, and of uploaded files only the paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from ...runs.uploads import path_within
from ...text import datasets
from .. import i18n
from ..page.component import html_component
from ..page.event_options import IN_BROWSER
from ..page.modules import call
from ..services.context import DEFAULT_TEXT, DEFAULT_TEXT_ZH
from .base_settings import MAX_VALUE_LENGTH, BaseSettings
from .form import Form, previous_recipe
from .part_choice import PART
from .start_model import is_key
from .strings import FORM_RESET

# The `js` of an event whose inputs are the form's and one more: saves the values, passes them on,
# and numbers the requests in the last input.
SAVE_FORM_JS = call("saveForm")
_MAX_FILES = 1_000


def wire_form_storage(form: Form, **quiet: Any) -> None:
    """Restore the form when the page loads, and let the user reset it.

    `quiet` are arguments of the event that asks the server. `SAVE_FORM_JS` saves the form.
    """
    context = gr.context.Context.root_block
    assert context is not None
    link = html_component(
        "train/form_reset",
        '<p class="form-reset"><button type="button" hidden></button></p>',
        words=[FORM_RESET],
        elem_id="train-form-reset",
    )
    checked = gr.JSON(visible=False)
    stored = gr.JSON(visible=False)

    def check(from_browser: object, request: gr.Request) -> dict[str, Any] | None:
        default_text = DEFAULT_TEXT_ZH if i18n.locale_of(request) == "zh" else DEFAULT_TEXT
        values = checked_values(form, from_browser)
        if values is None and default_text == DEFAULT_TEXT:
            return None
        return {"default_text": default_text, **(values or {})}

    defaults = {name: field.value for name, field in form.by_name.items()}
    context.load(check, stored, checked, js=call("beginForm", defaults), **quiet).then(
        None, checked, None, js=call("formChecked"), **IN_BROWSER
    )
    inputs = [*form.inputs, checked]
    link.restore(None, inputs, form.inputs, js=call("restoreForm"), **IN_BROWSER)
    link.reset(None, form.inputs, form.inputs, js=call("resetForm"), **IN_BROWSER)
    # Gradio's event `input` is triggered by keys, not by a paste.
    form.paste.change(None, form.paste, form.source, js=call("sourceOfText"), **IN_BROWSER)


def checked_values(form: Form, from_browser: object) -> dict[str, Any] | None:
    """Return what a browser stored as `{"values": …, "files": …}`, or None if it stored nothing.

    `values` has the fields whose stored values are valid; `files` has the paths of those uploaded
    files that still exist.
    """
    if not isinstance(from_browser, Mapping):
        return None
    fields = form.by_name
    values = {
        name: from_browser[name]
        for name in fields.keys() & from_browser.keys()
        if _is_valid(fields[name], from_browser[name])
    }
    base = BaseSettings.from_json(from_browser.get("base"))
    if base.values:
        values["base"] = base.as_json()
    previous = from_browser.get("previous_choice")
    values["previous_choice"] = {
        "recipe": previous_recipe(previous),
        "text": _text_set_aside(previous),
    }
    if is_key(start := from_browser.get("start")):
        values["start"] = start
    files = from_browser.get("files")
    folder = Path(get_upload_folder())
    known = files[:_MAX_FILES] if isinstance(files, list) else []
    return {"values": values, "files": [path for path in known if path_within(folder, path)]}


def _is_valid(field: Any, value: object) -> bool:
    if field.elem_id == PART:  # its choices come later
        return isinstance(value, str) and len(value) <= MAX_VALUE_LENGTH
    if isinstance(field, gr.Radio | gr.Dropdown):
        return value in [choice for _, choice in field.choices]
    if isinstance(field, gr.Checkbox):
        return isinstance(value, bool)
    return (
        isinstance(field, gr.Textbox) and isinstance(value, str) and len(value) <= MAX_VALUE_LENGTH
    )


def _text_set_aside(previous: object) -> str | None:
    text = previous.get("text") if isinstance(previous, Mapping) else None
    return text if text in [entry.name for entry in datasets.DATASETS] else None
