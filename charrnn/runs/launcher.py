"""Start worker processes (`charrnn.runs.worker`).

A worker is forked from a server that has imported torch already, so it starts at once. Where fork
servers do not exist, as on Windows, a new process is spawned.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from typing import Any

from ..utils.process import THREAD_POOL_VARIABLES, configure_thread_pools, without_secrets

# What workers need: without `torch._dynamo`, which torch's optimizers import when the first of them
# is made, every run would start two seconds later. The last two make model cards; to import them
# takes half a second, which would be the run's.
_PRELOADED_MODULES = ["charrnn.runs.worker", "torch._dynamo", "huggingface_hub.repocard", "jinja2"]
_ENVIRONMENT_LOCK = threading.Lock()  # the environment belongs to the whole process


class WorkerLauncher:
    """Starts processes from a fork server, or by spawning."""

    def __init__(self) -> None:
        self._forks = "forkserver" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if self._forks else "spawn")
        if self._forks:  # the server imports torch, so that its workers start at once
            self._context.set_forkserver_preload(_PRELOADED_MODULES)

    def start(self, task: Any, *arguments: Any) -> Any:
        """Start a process that calls `task` with these arguments, and return it."""
        process = self._context.Process(target=task, args=arguments)
        with _ENVIRONMENT_LOCK:
            with _environment(), _sigint_blocked():
                if self._forks:
                    forkserver.ensure_running()
                else:
                    process.start()
            if self._forks:  # the worker inherits the server's environment
                with _sigint_blocked():
                    process.start()
        return process


def noop() -> None:
    """Do nothing, in a process that is started to warm up the fork server."""


@contextmanager
def _environment() -> Iterator[None]:
    """Set the environment of the fork server, or of a process that is spawned.

    PYTHONPATH contains the directory of this package, from which the server preloads modules.
    `THREAD_POOL_VARIABLES` keeps its threads from slowing down other processes. Tokens and secrets
    are removed: a process that trains never needs them.
    """
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    changes: dict[str, str | None] = {"PYTHONPATH": path}
    changes |= dict.fromkeys(os.environ.keys() - without_secrets().keys())
    before = {name: os.environ.get(name) for name in (*changes, *THREAD_POOL_VARIABLES)}
    configure_thread_pools()
    _set(changes)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    """Set environment variables, and remove those that are None."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Start processes within this block with SIGINT blocked.

    A terminal sends Ctrl+C to all processes of a program. A worker ignores SIGINT by itself, but
    only once it runs Python code; until then this does.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # started later, it would unblock SIGINT
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
