"""How a worker process is started, and what it does.

It is forked from a server that has torch imported, so that it starts at once; where there is no
such server, it starts anew.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from .guard import GuardedRun
from .limits import Limits
from .process import CONSIDERATE, be_considerate, keep_memory, step_back
from .turns import Orphanage

_STARTING = threading.Lock()  # the environment is the whole process's


class Starter:
    """Starts processes."""

    def __init__(self) -> None:
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:  # a worker forked from a server that has torch imported starts at once
            self._context.set_forkserver_preload(["charrnn.guard"])

    def start(self, task: Any, *arguments: Any) -> Any:
        """A process that does a task, started."""
        process = self._context.Process(target=task, args=arguments)
        with _STARTING, _environment(), _deaf_to_interrupts():
            process.start()
        return process


def work(directory: Path, resume: bool, app: str, limits: Limits) -> None:
    """In the worker process. Ctrl+C is for the app, which then asks its workers to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_memory()
    step_back()
    run = GuardedRun(directory, limits)
    run.cut_off = Orphanage(directory.parent / app)
    run.bound()
    for _ in run.work(resume=resume, app=app):
        pass


def nothing() -> None:
    """Run in a process of its own only to have one started."""


@contextmanager
def _environment() -> Iterator[None]:
    """What the fork server, started with the first process, has in its environment.

    PYTHONPATH: where this package is, since the server looks nowhere else for what to preload.
    And what makes the threads of its processes get along with others.
    """
    package = str(Path(__file__).resolve().parents[1])
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", *CONSIDERATE)}
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (package, before["PYTHONPATH"])))
    be_considerate()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes started now never hear Ctrl+C, which a terminal sends to all of a program's.

    A worker ignores it by itself, but only once it has begun; until then this does.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # to start it later would let interrupts in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
