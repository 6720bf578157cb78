"""The one error that people are meant to see.

`UserError` is something that whoever runs the program can put right, worded for them; the
command line prints it as one line and the page shows it beside the field that caused it.
Anything else that is raised is a bug.
"""

from __future__ import annotations


class UserError(Exception):
    """A mistake in what was asked, with the way out in its message.

    `field` names the input that caused it (a setting such as `"hidden_size"`, or `"prefix"`,
    `"corpus"`), so that a page can show the message there; None when no single field did.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
