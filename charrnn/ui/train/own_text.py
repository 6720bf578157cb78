"""What the browser itself finds wrong with a text of one's own, said beside its fields."""

from __future__ import annotations

import gradio as gr

from ...runs.limits import Limits
from .. import i18n
from ..page.component import html_component
from ..services.request_rules import max_text_body_bytes, too_large
from .strings import OWN_TEXT


def own_text_problem(limits: Limits) -> gr.HTML:
    """Build the place for it: for a paste that is larger than a request may be, and for files that
    can't be uploaded."""
    body = max_text_body_bytes(limits.upload_bytes)
    said = i18n.error_in_both(too_large(body))
    return html_component(
        "train/own_text",
        '<div class="problem" role="alert"></div>',
        words=(OWN_TEXT, {"paste-too-large": (said["en"], said["zh"])}),
        body=body,
        upload=limits.upload_bytes,
        elem_id="train-own-problem",
    )
