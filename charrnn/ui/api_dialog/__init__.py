"""The dialog *Use via API*: code that makes a program do what the page shows, drawn in the browser.

A button in the page's header opens it. `calls.js` says which endpoint does what the tab shows, with
the values of its fields, and `snippets.js` writes that as Python, JavaScript and curl.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..page.component import html_component
from ..page.modules import call
from ..page.theme import asset
from .strings import API_DIALOG


def build_api_dialog(fields: Mapping[str, Any], setting_names: Sequence[str]) -> None:
    """Build the dialog inside the Blocks that are open now.

    `fields` are components by the names that `calls.js` knows. Their values are read in the
    browser, when the dialog opens. `setting_names` are those of the fields that are settings.
    """
    dialog = html_component(
        "api_dialog/api_dialog",
        asset("api_dialog/api_dialog.html"),
        words=[API_DIALOG],
        elem_id="api-dialog",
    )
    dialog.read_fields(
        None,
        [*fields.values()],
        None,
        js=call("showApiCall", [*fields], setting_names),
        api_visibility="private",
    )
