"""Options of Gradio's events, by the kind of event."""

from __future__ import annotations

from typing import Any

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# For short events, which need not wait behind a run.
UNQUEUED: dict[str, Any] = {**QUIET, "queue": False}
# For events that wait by themselves, such as in a limiter.
UNLIMITED: dict[str, Any] = {**QUIET, "concurrency_limit": None}
# For events without a function on the server.
IN_BROWSER: dict[str, Any] = {"trigger_mode": "multiple", "api_visibility": "private"}
