"""Problems with the user's own text that the browser finds itself, shown beside its fields."""

from __future__ import annotations

import gradio as gr

from ...runs.limits import Limits
from .. import i18n
from ..page.component import html_component
from ..server.request_rules import max_text_body_bytes, too_large
from .strings import OWN_TEXT


def own_text_problem(limits: Limits) -> gr.HTML:
    """Build the place for the problems.

    They are a paste that is larger than a request may be, and files that are too large to upload.
    """
    body = max_text_body_bytes(limits.upload_bytes)
    message = i18n.error_in_both(too_large(body))
    return html_component(
        "train/own_text",
        '<div class="problem" role="alert"></div>',
        words=(OWN_TEXT, {"paste-too-large": (message["en"], message["zh"])}),
        body=body,
        upload=limits.upload_bytes,
        elem_id="train-own-problem",
    )
