"""Answers of server functions: a JSON object, or the problem that prevented it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import gradio as gr

from ...errors import UserError, traceback_without_message
from .. import i18n
from .client import ClientGoneError

log = logging.getLogger(__name__)

Json = dict[str, Any]


async def answer_or_problem(answer: Callable[[], Awaitable[Json]], request: gr.Request) -> Json:
    """Return an answer, or the problem that prevented it, in the language of the request."""
    locale = i18n.locale_of(request)
    try:
        return await answer()
    except ClientGoneError:
        return {}
    except UserError as error:
        problem = {"message": i18n.translate_error(error, locale), "field": error.field}
    except Exception as error:  # noqa: BLE001  # logged, and shown on the page
        log.error("a function of the page failed: %s", traceback_without_message(error))
        message = i18n.translate_message(i18n.INTERNAL_ERROR, locale)
        problem = {"message": message, "field": None}
    return {"problem": problem}


def as_object(query: object) -> Json:
    """Return a query that is a JSON object; an empty one for anything else."""
    return query if isinstance(query, dict) else {}
