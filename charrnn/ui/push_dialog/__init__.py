"""The dialog that pushes a model to the Hub, drawn by `push_dialog.js`.

A push uses the token of the request that started it, which is stored nowhere. The Hub login of the
server's own account is used only for requests from the same machine (`server.auth`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from ... import hub
from ...checkpoint.base_model import demanded_license
from ...errors import UserError, traceback_without_message
from ...hub.account import account
from ...hub.client import endpoint
from ...utils.space import space_id
from .. import i18n
from ..page.component import bind, html_component
from ..page.modules import call
from ..page.theme import asset
from ..server.auth import Identity, identity
from ..server.client import ClientGoneError
from ..server.client_id import event_request
from ..server.sign_in import add_sign_in_routes
from ..services.catalog import ModelEntry, find_own_model
from ..services.context import AppContext
from .strings import PUSH, REFUSALS

log = logging.getLogger(__name__)

MAX_CONCURRENT_PUSHES = 8  # more have to wait, in the order in which they came
MAX_PUSHES_PER_USER = 2  # pushes that wait included
POLL_SECONDS = 0.1
HEARTBEAT_SECONDS = 1.0  # a frame is sent at least this often: sending notices a closed page

Frame = dict[str, Any]


def build_push_dialog(context: AppContext) -> None:
    """Build the dialog inside the Blocks that are open now.

    It opens on the window event `charrnn-push-model`, whose detail has the `key` and the `title` of
    a model, and may have a `slug` from which its name on the Hub is made.
    """
    hub.quiet()
    pushes = Pushes(context, has_sign_in_button=add_sign_in_routes())
    dialog = html_component(
        "push_dialog/push_dialog",
        asset("push_dialog/push_dialog.html"),
        {"state": "idle"},
        server_functions=[
            bind(function, pushes)
            for function in (Pushes.account_status, Pushes.list_files, Pushes.stop_push)
        ],
        words=[PUSH],
        has_sign_in_button=pushes.has_sign_in_button,
        elem_id="push",
    )
    pushing = dialog.push(
        pushes.push,
        None,
        dialog,
        show_progress="hidden",
        concurrency_limit=None,
        trigger_mode="multiple",  # an event whose connection was lost may still be ending
        api_visibility="private",
    )
    pushing.then(None, js=call("notePushSettled"), api_visibility="private")
    pushing.failure(  # lost connections too
        None, js=call("notePushSettled"), api_visibility="private"
    )


class Pushes:
    """The server side of the dialog, with all pushes that are under way.

    The browser chooses the id of a push at random. Only who knows the id can stop the push.
    """

    def __init__(self, context: AppContext, *, has_sign_in_button: bool) -> None:
        self.has_sign_in_button = has_sign_in_button  # users can sign in to the Hub on this page
        self._context = context
        self._pushes: dict[str, _Push] = {}  # by id, in the order in which they came

    async def account_status(self, _: object, request: gr.Request) -> Frame:
        """Return whether the request has a Hub token, and whose.

        `signedIn` says whether there is a token, `account` is the name of its account or None, and
        `signInMethod` says how to get a token. Called from `push_dialog.js`.
        """
        user = self._identity(request)
        finding = self._context.limiters.fetching
        try:
            name = await finding.run(self._context.client(request), partial(_account_name, user))
        except UserError:  # the dialog works without the name
            name = None
        return {"signInMethod": user.sign_in_method, "signedIn": user.signed_in, "account": name}

    async def list_files(self, query: Frame, request: gr.Request) -> Frame:
        """Return the `files` that a push would upload, or the `problem`.

        `demanded` is the license that the model which this one started from asks for, or None.
        `hashed_lines` is how many hashes of lines could go with it, 0 for none. `query` is
        `{key, repo, license, line_hashes}`. Called from `push_dialog.js`.
        """
        fields, locale = query if isinstance(query, dict) else {}, i18n.locale_of(request)

        context, client = self._context, self._context.client(request)
        find = partial(find_own_model, context, str(fields.get("key")), event_request(request))

        def preview(model: ModelEntry) -> Frame:
            files = hub.preview_push(
                model.directory,
                str(fields.get("repo")),
                license=_license_or_none(fields.get("license")),
                space=space_id(),
                line_hashes=fields.get("line_hashes") is True,
            )
            opened = model.open()
            return {
                "files": [{"name": file.name, "size": file.size} for file in files],
                "demanded": demanded_license(opened),
                "hashed_lines": len(opened.known_lines or ()),
            }

        try:
            model = await context.limiters.fetching.run(client, find)
            return await context.limiters.previewing.run(client, partial(preview, model))
        except ClientGoneError:
            return {}
        except Exception as error:  # noqa: BLE001  # logged, and shown in the dialog
            return {"problem": _problem_of(error, locale)}

    def stop_push(self, push_id: object) -> bool:
        """Stop the push with this id; return whether there is one.

        Called from `push_dialog.js`.
        """
        push = self._pushes.get(str(push_id))
        if push is not None:
            push.cancelled.set()
        return push is not None

    async def push(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[Frame]:
        """Push a model and yield its progress.

        The event's data are `{push_id, key, repo, license, line_hashes, private}`.
        """
        wanted, locale = _PushRequest.from_event(event), i18n.locale_of(request)
        user, client_id = self._identity(request), self._context.client_id(request)
        push_id = wanted.push_id
        if push_id in self._pushes:
            return
        if (refusal := self._refusal(user, client_id)) is not None:
            name, place = refusal
            problem = {"message": i18n.translate(REFUSALS[name], locale), "place": place}
            yield {"push_id": push_id, "state": "failed", "problem": problem}
            return
        assert user.token is not False
        push = _Push(self._context, wanted, request, user.token, client_id)
        self._pushes[push_id] = push
        try:
            async for frame in self._frames(push_id, push):
                yield {"push_id": push_id, "url": push.url, **frame}
        finally:  # also where the page was closed
            push.cancelled.set()
            del self._pushes[push_id]

    def _refusal(self, user: Identity, client_id: str) -> tuple[str, str] | None:
        """Return why this user cannot push now: a key of `REFUSALS`, and the place to show it."""
        if user.token is False:
            return "signed-out" if user.sign_in_method == "button" else "nobody", "account"
        if (
            sum(push.client_id == client_id for push in self._pushes.values())
            >= MAX_PUSHES_PER_USER
        ):
            return "enough", "push"
        return None

    async def _frames(self, push_id: str, push: _Push) -> AsyncIterator[Frame]:
        clock = asyncio.get_running_loop().time
        while (place := list(self._pushes).index(push_id) - MAX_CONCURRENT_PUSHES) >= 0:
            # The time makes each frame another one: Gradio sends no value twice.
            yield {"state": "waiting", "place": place + 1, "at": round(clock())}
            await asyncio.sleep(POLL_SECONDS)
            if push.cancelled.is_set():
                yield {"state": "stopped", "late": False}
                return
        result = _run_in_thread(push.run)
        last_progress, last_frame_at = None, 0.0
        while not result.done():
            progress = (*push.sent, push.retry_in_seconds)
            if progress != last_progress or clock() - last_frame_at >= HEARTBEAT_SECONDS:
                last_progress, last_frame_at = progress, clock()
                sent, total, retry_in = progress
                frame = {"sent": sent, "total": total, "retry_in": retry_in, "at": last_frame_at}
                yield {"state": "pushing", **frame}
            await asyncio.wait({result}, timeout=POLL_SECONDS)
        yield result.result()

    def _identity(self, request: gr.Request) -> Identity:
        user = identity(event_request(request))
        if user.sign_in_method == "button" and not self.has_sign_in_button:
            return Identity()  # a Space on which users cannot sign in
        return user


@dataclass(frozen=True)
class _PushRequest:
    """The data of the event `push`."""

    push_id: str
    key: str
    repo: str
    license: str | None
    private: bool
    line_hashes: bool

    @classmethod
    def from_event(cls, event: gr.EventData) -> _PushRequest:
        """Read the data of an event, in which anything may be missing."""
        push_id, key, repo, license, private = (
            getattr(event, name, None) for name in ("push_id", "key", "repo", "license", "private")
        )
        return cls(
            str(push_id),
            str(key),
            str(repo or "").strip(),
            _license_or_none(license),
            private is not False,
            getattr(event, "line_hashes", None) is True,
        )


class _Push:
    """One push: its request, its progress, and whether it was cancelled."""

    def __init__(
        self,
        context: AppContext,
        wanted: _PushRequest,
        request: gr.Request,
        token: str | None,
        client_id: str,
    ) -> None:
        self.client_id = client_id
        self.cancelled = threading.Event()
        self.sent: tuple[int, int | None] = (0, None)  # bytes sent, and bytes in total
        self.retry_in_seconds: int | None = None  # set while the Hub's rate limit applies
        self.url = f"{endpoint()}/{wanted.repo}"
        self._context, self._wanted, self._request, self._token = context, wanted, request, token

    def run(self) -> Frame:
        """Push the model, and return the last frame for the page."""
        wanted = self._wanted
        try:
            pushed = hub.push(
                find_own_model(self._context, wanted.key, self._request).directory,
                wanted.repo,
                private=wanted.private,
                token=self._token,
                license=wanted.license,
                space=space_id(),
                line_hashes=wanted.line_hashes,
                progress=self._note_progress,
                waiting=self._note_rate_limit,
                cancelled=self.cancelled.is_set,
            )
        except Exception as error:  # noqa: BLE001  # logged, and shown in the dialog
            unconfirmed = isinstance(error, hub.CommitUnconfirmedError)
            if self.cancelled.is_set() and isinstance(error, UserError):
                late = unconfirmed or self.sent[0] == self.sent[1]  # the commit may have been made
                return {"state": "stopped", "late": late}
            problem = _problem_of(error, i18n.locale_of(self._request))
            return {"state": "failed", "problem": problem, "unconfirmed": unconfirmed}
        return {
            "state": "done",
            "repo": wanted.repo,
            "url": pushed.url,
            "private": wanted.private,
            "created": pushed.created,
            "cardKept": pushed.card_kept,
        }

    def _note_progress(self, done: int, total: int | None) -> None:
        self.sent = (done, total)

    def _note_rate_limit(self, seconds: int | None) -> None:
        self.retry_in_seconds = seconds


def _account_name(user: Identity) -> str | None:
    if user.account is not None or not user.signed_in:
        return user.account
    try:
        return account(user.token)
    except UserError:  # the dialog works without the name
        return None


def _license_or_none(value: object) -> str | None:
    return str(value or "").strip() or None


def _problem_of(error: Exception, locale: str) -> dict[str, str]:
    """Return the message of an error, and the `place` in the dialog to show it."""
    if not isinstance(error, UserError):
        log.error("a push failed: %s", traceback_without_message(error))
        return {"message": i18n.translate_message(i18n.INTERNAL_ERROR, locale), "place": "push"}
    place = "push" if isinstance(error, hub.HubUnavailableError) else error.field
    places = {"model": "name", "license": "license"}
    return {
        "message": i18n.translate_error(error, locale),
        "place": places.get(str(place), "push"),
    }


def _run_in_thread(function: Callable[[], Frame]) -> asyncio.Future[Frame]:
    """Run `function` in a daemon thread, which does not keep the process from ending."""
    result: Future[Frame] = Future()

    def run() -> None:
        try:
            result.set_result(function())
        except Exception as error:  # noqa: BLE001  # raised again where the result is awaited
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return asyncio.wrap_future(result)
