"""The Train form across a reload: kept by the browser, checked here; and the way to its defaults.

What was chosen, typed and pasted stays in the browser's session storage (`form_storage.js`). What
it brings back may be anything, so only values that their fields can hold return to them. A pasted
text is not sent for that, and of uploaded files only the paths.
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
from ..page.modules import call
from ..services.context import DEFAULT_TEXT, DEFAULT_TEXT_ZH
from .base_settings import MAX_VALUE_LENGTH, BaseSettings
from .form import Form, recipe_before
from .strings import FORM_RESET

# The `js` of an event whose inputs are the form's: saves them, and passes them on.
SAVE_FORM_JS = call("saveForm")
_MAX_FILES = 1_000


def wire_form_storage(form: Form, **quiet: Any) -> None:
    """Restore the form when the page loads, and let the visitor go back to the defaults.

    `quiet` are arguments of the event that asks the server. What saves the form is `SAVE_FORM_JS`.
    """
    context = gr.context.Context.root_block
    assert context is not None
    in_browser: dict[str, Any] = {"trigger_mode": "multiple", "api_visibility": "private"}
    link = html_component(
        "train/form_reset",
        '<p class="form-reset"><button type="button" hidden></button></p>',
        words=[FORM_RESET],
        elem_id="train-form-reset",
    )
    checked = gr.JSON(visible=False)
    stored = gr.JSON(visible=False)

    def check(brought: object, request: gr.Request) -> dict[str, Any] | None:
        usual = DEFAULT_TEXT_ZH if i18n.locale_of(request) == "zh" else DEFAULT_TEXT
        values = checked_values(form, brought)
        if values is None and usual == DEFAULT_TEXT:
            return None
        return {"usual": usual, **(values or {})}

    defaults = {name: field.value for name, field in form.by_name.items()}
    context.load(check, stored, checked, js=call("beginForm", defaults), **quiet).then(
        None, checked, None, js=call("formChecked"), **in_browser
    )
    inputs = [*form.inputs, checked]
    link.restore(None, inputs, form.inputs, js=call("restoreForm"), **in_browser)
    link.reset(None, form.inputs, form.inputs, js=call("resetForm"), **in_browser)
    # Gradio's `input` is about keys, and hears of no text that is pasted.
    form.paste.change(None, form.paste, form.source, js=call("sourceOfText"), **in_browser)


def checked_values(form: Form, brought: object) -> dict[str, Any] | None:
    """Return what a browser stored as `{"values": …, "files": …}`, or None if it stored nothing.

    `values` has every field whose value is one that it can hold; `files` has the paths of those
    uploaded files that are still here.
    """
    if not isinstance(brought, Mapping):
        return None
    fields = form.by_name
    values = {
        name: brought[name]
        for name in fields.keys() & brought.keys()
        if _can_hold(fields[name], brought[name])
    }
    base = BaseSettings.from_json(brought.get("base"))
    if base.values:
        values["base"] = base.as_json()
    before = brought.get("before")
    values["before"] = {"recipe": recipe_before(before), "text": _text_before(before)}
    files = brought.get("files")
    folder = Path(get_upload_folder())
    known = files[:_MAX_FILES] if isinstance(files, list) else []
    return {"values": values, "files": [path for path in known if path_within(folder, path)]}


def _can_hold(field: Any, value: object) -> bool:
    if isinstance(field, gr.Radio | gr.Dropdown):
        return value in [choice for _, choice in field.choices]
    if isinstance(field, gr.Checkbox):
        return isinstance(value, bool)
    return (
        isinstance(field, gr.Textbox) and isinstance(value, str) and len(value) <= MAX_VALUE_LENGTH
    )


def _text_before(before: object) -> str | None:
    text = before.get("text") if isinstance(before, Mapping) else None
    return text if text in [entry.name for entry in datasets.DATASETS] else None
