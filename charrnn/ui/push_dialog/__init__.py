"""The dialog that uploads a model to the Hub, drawn by `push_dialog.js`.

In whose name is settled by the request that the press of Push sends, and by nothing else: its
token is handed to `hub.push` and kept nowhere. What the process itself could push with serves
whoever sits at this machine, and no visitor.
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
from ...errors import UserError, traceback_without_message
from ...hub.account import account
from ...hub.client import endpoint
from ...utils.space import space_id
from .. import i18n
from ..page.component import bind, html_component
from ..page.modules import call
from ..page.theme import asset
from ..services.auth import Identity, identity
from ..services.catalog import ModelEntry, find_own_model
from ..services.client import ClientGoneError
from ..services.client_id import event_request
from ..services.context import AppContext
from ..services.sign_in import add_sign_in_routes
from .strings import PUSH, PUSHING

log = logging.getLogger(__name__)

MAX_CONCURRENT_PUSHES = 8  # pushes that are under way; more wait, first come, first served
MAX_PUSHES_PER_USER = 2  # pushes of one visitor, those that wait included
POLL_SECONDS = 0.1  # seconds between two looks at a push
HEARTBEAT_SECONDS = (
    1.0  # seconds after which the page is told something anyway: so a closed one is noticed
)

Frame = dict[str, Any]


def build_push_dialog(context: AppContext) -> None:
    """Build the dialog inside the Blocks that are open now.

    It opens on the event `charrnn-push-model`, whose `detail` has the `key` and the `title`
    of a model, and maybe the `slug` that its name on the Hub is made of.
    """
    hub.quiet()
    pushes = Pushes(context, by_button=add_sign_in_routes())
    dialog = html_component(
        "push_dialog/push_dialog",
        asset("push_dialog/push_dialog.html"),
        {"state": "idle"},
        server_functions=[
            bind(function, pushes)
            for function in (Pushes.account_status, Pushes.list_files, Pushes.stop_push)
        ],
        words=[PUSH],
        by_button=pushes.by_button,
        elem_id="push",
    )
    pushing = dialog.push(
        pushes.push,
        None,
        dialog,
        show_progress="hidden",
        concurrency_limit=None,
        trigger_mode="multiple",  # the page asks once at a time; one that broke off may linger here
        api_visibility="private",
    )
    pushing.then(None, js=call("notePushSettled"), api_visibility="private")
    pushing.failure(
        None, js=call("notePushSettled"), api_visibility="private"
    )  # as where the line breaks


class Pushes:
    """What `push_dialog.js` asks for. A push is known by a word that the browser makes up, so that
    it can stop its own."""

    def __init__(self, context: AppContext, *, by_button: bool) -> None:
        self.by_button = by_button  # whether visitors can sign in here
        self._context = context
        self._works: dict[str, _Push] = {}  # by those words, in the order they came

    async def account_status(self, _: object, request: gr.Request) -> Frame:
        """Return whether there is a token to push with (`signedIn`), whose it is (`account`), and
        by which `sign_in_method` to get one. Called from `push_dialog.js`."""
        me = self._identity(request)
        finding = self._context.limiters.finding
        try:
            name = await finding.run(self._context.client(request), partial(_account, me))
        except UserError:  # the dialog does without
            name = None
        return {"way": me.sign_in_method, "signedIn": me.signed_in, "account": name}

    async def list_files(self, asked: Frame, request: gr.Request) -> Frame:
        """Return exactly the `files` that a push would upload (`{key, repo, licence}`), or the
        `problem` in words. Called from `push_dialog.js`."""
        asked, locale = asked if isinstance(asked, dict) else {}, i18n.locale_of(request)

        context, client = self._context, self._context.client(request)
        find = partial(find_own_model, context, str(asked.get("key")), event_request(request))

        def listed(model: ModelEntry) -> Frame:
            files = hub.preview_push(
                model.directory,
                str(asked.get("repo")),
                license=_licence(asked.get("licence")),
                space=space_id(),
            )
            return {"files": [{"name": file.name, "size": file.size} for file in files]}

        try:
            model = await context.limiters.finding.run(client, find)
            return await context.limiters.preparing.run(client, partial(listed, model))
        except ClientGoneError:
            return {}
        except Exception as error:  # noqa: BLE001  # said on the page
            return {"problem": _problem(error, locale)}

    def stop_push(self, word: object) -> bool:
        """Stop the push that is known by this word; return whether there is one.

        Called from `push_dialog.js`.
        """
        work = self._works.get(str(word))
        if work is not None:
            work.halted.set()
        return work is not None

    async def push(self, event: gr.EventData, request: gr.Request) -> AsyncIterator[Frame]:
        """Push a model (`{word, key, repo, licence, private}`), and yield how far that is."""
        asked, locale, me = _Asked.of(event), i18n.locale_of(request), self._identity(request)
        word, visitor = asked.word, self._context.client_id(request)
        if word in self._works:
            return
        if (refused := self._refused(me, visitor)) is not None:
            said, place = refused
            problem = {"message": i18n.translate(PUSHING[said], locale), "place": place}
            yield {"word": word, "state": "failed", "problem": problem}
            return
        assert me.token is not False
        work = self._works[word] = _Push(self._context, asked, request, me.token, visitor)
        try:
            async for frame in self._frames(word, work):
                yield {"word": word, "url": work.url, **frame}
        finally:  # the page may have been closed: then nobody wants it any more
            work.halted.set()
            del self._works[word]

    def _refused(self, me: Identity, visitor: str) -> tuple[str, str] | None:
        """Why somebody cannot push now, as a word's key, and the place that it is about."""
        if me.token is False:
            return "signed-out" if me.sign_in_method == "button" else "nobody", "who"
        if sum(work.visitor == visitor for work in self._works.values()) >= MAX_PUSHES_PER_USER:
            return "enough", "push"
        return None

    async def _frames(self, word: str, work: _Push) -> AsyncIterator[Frame]:
        beats = asyncio.get_running_loop().time
        while (place := list(self._works).index(word) - MAX_CONCURRENT_PUSHES) >= 0:
            # With the time, since Gradio tells the page of nothing that is as it was.
            yield {"state": "waiting", "place": place + 1, "at": round(beats())}
            await asyncio.sleep(POLL_SECONDS)
            if work.halted.is_set():
                yield {"state": "stopped", "late": False}
                return
        result = _in_a_thread(work.outcome)
        told, said_at = None, 0.0
        while not result.done():
            if told != (now := (*work.sent, work.rest)) or beats() - said_at >= HEARTBEAT_SECONDS:
                told, said_at = now, beats()
                frame = {"sent": now[0], "total": now[1], "rest": now[2], "at": said_at}
                yield {"state": "pushing", **frame}
            await asyncio.wait({result}, timeout=POLL_SECONDS)
        yield result.result()

    def _identity(self, request: gr.Request) -> Identity:
        me = identity(event_request(request))
        if me.sign_in_method == "button" and not self.by_button:
            return Identity()  # a Space where nobody can sign in
        return me


@dataclass(frozen=True)
class _Asked:
    """What the `push` event asks for; a caller of our own making may leave anything out."""

    word: str
    key: str
    repo: str
    licence: str | None
    private: bool

    @classmethod
    def of(cls, event: gr.EventData) -> _Asked:
        """Read it out of the event."""
        word, key, repo, licence, private = (
            getattr(event, name, None) for name in ("word", "key", "repo", "licence", "private")
        )
        return cls(
            str(word), str(key), str(repo or "").strip(), _licence(licence), private is not False
        )


class _Push:
    """One push: what was asked for, how far it is, and whether it is wanted still."""

    def __init__(
        self,
        context: AppContext,
        asked: _Asked,
        request: gr.Request,
        token: str | None,
        visitor: str,
    ) -> None:
        self.visitor = visitor
        self.halted = threading.Event()
        self.sent: tuple[int, int | None] = (0, None)  # bytes, and of how many
        self.rest: int | None = None  # seconds for which the Hub wants to be left alone
        self.url = f"{endpoint()}/{asked.repo}"
        self._context, self._asked, self._request, self._token = context, asked, request, token

    def outcome(self) -> Frame:
        """Push, and say what came of it, in a frame for the page."""
        asked = self._asked
        try:
            pushed = hub.push(
                find_own_model(self._context, asked.key, self._request).directory,
                asked.repo,
                private=asked.private,
                token=self._token,
                license=asked.licence,
                space=space_id(),
                progress=self._progress,
                waiting=self._waiting,
                cancelled=self.halted.is_set,
            )
        except Exception as error:  # noqa: BLE001  # said on the page
            unsure = isinstance(error, hub.CommitUnconfirmedError)
            if self.halted.is_set() and isinstance(error, UserError):
                late = unsure or self.sent[0] == self.sent[1]  # the Hub had been told of the commit
                return {"state": "stopped", "late": late}
            problem = _problem(error, i18n.locale_of(self._request))
            return {"state": "failed", "problem": problem, "unsure": unsure}
        return {
            "state": "done",
            "repo": asked.repo,
            "url": pushed.url,
            "private": asked.private,
            "created": pushed.created,
            "cardKept": pushed.card_kept,
        }

    def _progress(self, done: int, total: int | None) -> None:
        self.sent = (done, total)

    def _waiting(self, seconds: int | None) -> None:
        self.rest = seconds


def _account(me: Identity) -> str | None:
    if me.account is not None or not me.signed_in:
        return me.account
    try:
        return account(me.token)
    except UserError:  # the dialog does without
        return None


def _licence(typed: object) -> str | None:
    return str(typed or "").strip() or None


def _problem(error: Exception, locale: str) -> dict[str, str]:
    """What went wrong, in words, and the `place` on the dialog that it is about."""
    if not isinstance(error, UserError):
        log.error("a push went wrong: %s", traceback_without_message(error))
        return {"message": i18n.translate_message(i18n.INTERNAL_ERROR, locale), "place": "push"}
    place = "push" if isinstance(error, hub.HubUnavailableError) else error.field
    known = {"model": "name", "licence": "licence"}
    return {
        "message": i18n.translate_error(error, locale),
        "place": known.get(str(place), "push"),
    }


def _in_a_thread(work: Callable[[], Frame]) -> asyncio.Future[Frame]:
    """What `work` returns. Its thread does not keep the program from ending, as a pool's would."""
    result: Future[Frame] = Future()

    def settle() -> None:
        try:
            result.set_result(work())
        except Exception as error:  # noqa: BLE001  # raised again by whoever waits
            result.set_exception(error)

    threading.Thread(target=settle, daemon=True).start()
    return asyncio.wrap_future(result)
