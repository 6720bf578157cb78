"""The app: `build` makes the page, `launch_options` are the arguments to launch it with."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from ..errors import UserError
from ..runs.limits import Limits
from . import i18n
from .api import TEXT_ENDPOINTS, endpoints
from .api_dialog import build_api_dialog
from .generate import GenerateTab, generate_tab
from .generate.strings import GENERATE
from .i18n import SHARED, t
from .i18n.terms import DEFINITIONS
from .inspect import inspect_tab
from .models import models_tab
from .page.browser_state import READ_STATE_JS, SAVE_MODEL_JS, SAVE_RUN_JS, BrowserState
from .page.component import html_component
from .page.contract import element_id
from .page.modules import call, head, module_routes
from .page.theme import asset, styles, theme
from .push_dialog import build_push_dialog
from .push_dialog.strings import ACCOUNT
from .server.client_id import ClientCookieMiddleware
from .server.event_queue import EventQueue, sweeping_mailboxes
from .server.file_routes import file_routes
from .server.idempotency import IdempotencyMiddleware
from .server.json_bodies import JsonBodyMiddleware
from .server.lifespans import combine, wrap_outermost
from .server.open_streams import StreamLimitMiddleware
from .server.page_query import OnePageMiddleware
from .server.per_user_limiter import exception_handlers as limit_handlers
from .server.request_rules import max_text_body_bytes
from .server.routes import RouteAllowlistMiddleware
from .server.same_origin import SameOriginMiddleware
from .server.security_headers import SecurityHeadersMiddleware
from .server.sessions import MAX_SESSIONS, lean_sessions
from .server.sign_in import oauth_exception_handlers
from .services.context import AppContext
from .services.upload_folder import UploadQuotaMiddleware, sweep_upload_folder
from .train import TrainTab, train_tab
from .train.form_labels import form_words
from .train.form_layout import PASTE
from .train.settings_form import custom_words
from .train.strings import TRAIN

__all__ = ["AppContext", "build", "launch_options"]

_UPLOAD_RETENTION_SECONDS = 24 * 3600
_CLEANUP_INTERVAL_SECONDS = 3600
# Gradio's queue starts every event at once. Handlers wait in `services.limiters`, where each user
# has a share, so that no kind of event blocks another.
_MAX_CONCURRENT_EVENTS = 1024  # most of them only wait
_MAX_QUEUED_EVENTS = 4096  # beyond that


def build(context: AppContext) -> gr.Blocks:
    """Build the page, not yet launched."""
    page: gr.Blocks
    with gr.Blocks(
        title="charrnn",
        fill_width=True,
        delete_cache=(_CLEANUP_INTERVAL_SECONDS, _UPLOAD_RETENTION_SECONDS),
    ) as page:
        endpoints(context)  # first: no event of the page may take one of their names
        header = html_component(
            "page/header",
            asset("page/header.html"),
            words=(SHARED, ACCOUNT, DEFINITIONS),
        )
        with gr.Tabs(selected="train") as tabs:
            with gr.Tab(t("tab-train"), id="train", elem_id=element_id("tab-train")):
                train = train_tab(context)
            with gr.Tab(
                t("tab-generate"), id="generate", elem_id=element_id("tab-generate")
            ) as generate_page:
                generate = generate_tab(context)
            with gr.Tab(t("tab-inspect"), id="inspect", elem_id=element_id("tab-inspect")):
                inspect_tab(context)
            with gr.Tab(t("tab-models"), id="models", elem_id=element_id("tab-models")):
                models_tab(context, tabs)
        build_push_dialog(context)
        build_api_dialog({**train.fields, **generate.fields}, train.setting_names)

        _wire_browser_state(context, page, header, train, generate, tabs, generate_page)
        header.navigate(None, None, tabs, js=call("showTabOfAddress"), api_visibility="private")
    context.runs.retention.extra_tasks.append(sweep_upload_folder)
    page.queue(default_concurrency_limit=None)
    page._queue = EventQueue(page, context.client_id, _MAX_QUEUED_EVENTS)
    return page


def _wire_browser_state(
    context: AppContext,
    page: gr.Blocks,
    header: gr.HTML,
    train: TrainTab,
    generate: GenerateTab,
    tabs: gr.Tabs,
    generate_page: gr.Tab,
) -> None:
    """Connect the dropdown of models with the other tabs and with what the browser remembers.

    Every event sends the whole `BrowserState`, so their order does not matter. There is one
    exception: `header.js` waits for the dropdown's first options before it selects a model, since
    their update could arrive later and select another one.
    """
    private: dict[str, Any] = {"api_visibility": "private"}
    quiet: dict[str, Any] = {"show_progress": "hidden"} | private
    browser_state, dropdown = generate.browser_state, generate.checkpoint

    async def limited(request: gr.Request, update: Callable[[], Any]) -> Any:
        try:
            return await context.limiters.listing.run(context.client(request), update)
        except UserError as error:
            message = i18n.translate_error(error, i18n.locale_of(request))
            raise gr.Error(message, print_exception=False) from error

    async def choose_model(browser_state: object, request: gr.Request) -> Any:
        state = BrowserState.from_json(browser_state)
        return await limited(request, lambda: generate.update_models(state, request, state.used))

    async def use_model(browser_state: object, request: gr.Request) -> tuple[Any, Any]:
        return gr.Tabs(selected="generate"), await choose_model(browser_state, request)

    async def refresh_models(browser_state: object, request: gr.Request) -> Any:
        return await limited(
            request,
            lambda: generate.update_models(BrowserState.from_json(browser_state), request, None),
        )

    async def select_first_model(browser_state: object, request: gr.Request) -> Any:
        return await limited(
            request, lambda: generate.initial_models(BrowserState.from_json(browser_state), request)
        )

    train.generate_with.click(None, None, None, js=call("useShownModel"), **private)
    header.use(use_model, browser_state, [tabs, dropdown], js=READ_STATE_JS, **quiet).success(
        None, dropdown, js=SAVE_MODEL_JS, **private
    )
    header.choose(choose_model, browser_state, dropdown, js=READ_STATE_JS, **quiet).success(
        None, dropdown, js=SAVE_MODEL_JS, **private
    )
    generate.from_hub.show_models(None, None, tabs, js=call("browseModels"), **private)
    train.run_id.change(None, train.run_id, js=SAVE_RUN_JS, **private)
    generate_page.select(refresh_models, browser_state, dropdown, js=READ_STATE_JS, **quiet)
    selecting = page.load(select_first_model, browser_state, dropdown, js=READ_STATE_JS, **quiet)
    selecting.then(None, js=call("noteDropdownReady"), **private)
    selecting.failure(None, js=call("noteDropdownReady"), **private)  # lost connections too


def launch_options(context: AppContext | None = None) -> dict[str, Any]:
    """Return the arguments of Gradio's `launch`: theme, languages, middleware and limits."""
    limits = context.limits if context else Limits()
    tables = (GENERATE, SHARED, TRAIN, form_words(), custom_words())
    quota = [Middleware(UploadQuotaMiddleware, context=context)] if context else []
    streams = [Middleware(StreamLimitMiddleware, client_id=context.client_id)] if context else []
    cookie = [Middleware(ClientCookieMiddleware, client_ids=context.client_ids)] if context else []
    client_id = {"client_id": context.client_id} if context else {}
    return {
        "theme": theme(),
        "css": styles(),
        "head": head(),
        "i18n": i18n.translations(*tables),
        "footer_links": [],
        "run_history": False,
        "ssr_mode": False,
        "mcp_server": False,  # Gradio's own; see mcp_server
        "show_error": False,
        "max_file_size": limits.upload_bytes,
        "max_threads": _MAX_CONCURRENT_EVENTS,
        "state_session_capacity": MAX_SESSIONS,
        "blocked_paths": [str(context.runs.root.resolve())] if context else None,
        "app_kwargs": {
            "routes": [*file_routes(limits), *module_routes(), *_mcp_routes(context)],
            "middleware": [
                Middleware(RouteAllowlistMiddleware),
                Middleware(
                    JsonBodyMiddleware,
                    long_texts={*TEXT_ENDPOINTS, PASTE},
                    text_bytes=max_text_body_bytes(limits.upload_bytes),
                    **client_id,
                ),
                Middleware(IdempotencyMiddleware, **client_id),
                *quota,
                *streams,
                *cookie,
                Middleware(OnePageMiddleware),
            ],
            "exception_handlers": oauth_exception_handlers() | limit_handlers(),
            "lifespan": combine(
                lean_sessions,
                sweeping_mailboxes,
                wrap_outermost(SecurityHeadersMiddleware, SameOriginMiddleware),
            ),
        },
    }


def _mcp_routes(context: AppContext | None) -> list[BaseRoute]:
    """Return the routes of the MCP server, or none where the package `mcp` is not installed."""
    if context is None or find_spec("mcp") is None:
        return []
    from . import mcp_server

    return mcp_server.routes(context)
