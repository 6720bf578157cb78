"""Who somebody is at the Hub, and in whose name the page asks it for them.

On a Space visitors sign in, and their token travels in a cookie that the server has signed; it is
read when an event needs it and kept nowhere. On a laptop, whoever sits there uses the token that
`hf auth login` stored. Everybody else is nobody: they see what is public.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import gradio as gr

from ..hub import Token

Way = Literal["button", "login", "none"]


@dataclass(frozen=True)
class Identity:
    """In whose name the Hub is asked: `token` as `charrnn.hub` takes it; `account`, the name on the
    Hub where it is known without asking. `way` says how to sign in: by a button, by `hf auth login`
    in a terminal, or not at all."""

    token: Token = field(default=False, repr=False)
    account: str | None = None
    way: Way = "none"

    @property
    def signed_in(self) -> bool:
        """Whether there is a token to push with."""
        raise NotImplementedError


def identity(request: gr.Request | None) -> Identity:
    """Who sent this request."""
    raise NotImplementedError
