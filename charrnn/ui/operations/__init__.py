"""The operations of the public API, which the endpoints (`api.py`) and the MCP server's tools call.

Arguments are untrusted JSON values, whose types are checked here. A model is given by its name,
never by a path.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial

import gradio as gr

from ...errors import UserError, traceback_without_message
from ...hub import Token
from ...utils import validation
from ..server.auth import identity
from ..server.client import Client
from ..services.catalog import ModelEntry, find_model_as
from ..services.context import AppContext

log = logging.getLogger(__name__)

_INTERNAL_ERROR = "That went wrong on the server; its log says how."


@dataclass(frozen=True)
class Caller:
    """The sender of a request.

    client: the client whose limits apply.
    token: the token for requests to the Hub; False for none, so only public models can be opened.
    """

    client: Client = Client()
    token: Token = False

    @classmethod
    def from_request(cls, context: AppContext, request: gr.Request | None) -> Caller:
        """Return the caller that sent a request to an endpoint."""
        return cls(context.client(request), identity(request).token)


def public_message(error: Exception) -> str:
    """Return the message that a caller gets for an exception.

    A UserError has its own. Any other exception is logged, and the message says nothing about it.
    """
    if isinstance(error, UserError):
        return error.message
    log.error("an API call failed: %s", traceback_without_message(error))
    return _INTERNAL_ERROR


async def find_model(context: AppContext, caller: Caller, checkpoint: object) -> ModelEntry:
    """Return the model that a caller names. Raises UserError if there is none."""
    key = validation.as_text(checkpoint, "checkpoint")
    find = partial(find_model_as, context, key, caller.token, caller.client.id)
    return await context.limiters.fetching.run(caller.client, find)
