"""The processes that train: `Runs` starts a worker for each run, a few at a time."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from .errors import UserError
from .process import CONSIDERATE, be_considerate, keep_memory
from .recipes import Plan
from .runs import Run
from .turns import Presence

logger = logging.getLogger(__name__)

_STARTING = threading.Lock()  # the environment is the whole process's


class Runs:
    """The runs of an app. At most `workers` of them train at once; the others queue.

    Several apps may keep their runs in one `root`: each sees to those that it has queued, and to
    those that were left by apps that are gone.
    """

    def __init__(self, root: Path, *, workers: int = 1) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:  # a worker forked from a server that has torch imported starts at once
            self._context.set_forkserver_preload(["charrnn.runs"])
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="run")
        self._waiting: list[tuple[Run, bool]] = []  # and whether it is to be resumed
        self._running: dict[str, Any] = {}  # the process of each run by its id, None at first
        self._closed = False
        self._lock = threading.Lock()
        self._served = threading.Condition(self._lock)
        self._presence = Presence(root)
        self._see_off_the_dead()

    def warm_up(self) -> None:
        """Start the fork server now, so that the first click need not wait for it."""
        self._process(_nothing)

    def start(self, plan: Plan) -> Run:
        """Create a run and have it trained as soon as a worker is free."""
        run = Run.create(self.root, plan)
        with self._lock:
            self._enqueue(run, again=False)
        return run

    def keep_training(self, run_id: str) -> Run:
        """Let a run that has ended go on; UserError if it has not ended."""
        run = self.find(run_id)
        with self._served:
            if not run.live:  # its worker may have ended this moment: let it be seen off first
                self._served.wait_for(lambda: run_id not in self._running, timeout=10)
            if run.live or run_id in self._running:
                raise UserError("This run is still going on.", field="run")
            # It may have been called off while it waited, and loses its old place in the queue.
            self._waiting = [waiting for waiting in self._waiting if waiting[0].id != run_id]
            self._enqueue(run, again=True)
        return run

    def find(self, run_id: str) -> Run:
        """The run of that id; UserError if there is none."""
        return Run.find(self.root, run_id)

    def queue_position(self, run_id: str) -> int:
        """A waiting run's place in the queue, from 1; 0 for one that does not wait."""
        with self._lock:
            waiting = [run for run, _ in self._waiting]
        ids = [run.id for run in waiting]
        if run_id not in ids:
            return 0
        ahead, own = waiting[: ids.index(run_id)], waiting[ids.index(run_id)]
        return 1 + sum(run.waits for run in ahead) if own.waits else 0

    def close(self, *, patience: float = 20) -> None:
        """Stop what is running, call off what waits, and wait for it.

        A worker that has not stopped after `patience` seconds is killed: what it saved before is
        safe. So is one whose end somebody does not want to wait for, with another Ctrl+C.
        """
        with self._lock:
            self._closed = True
            ours = [*(self.root / run_id for run_id in self._running)]
            ours += [run.directory for run, _ in self._waiting]
        try:
            for directory in ours:
                try:
                    Run(directory).stop()
                except OSError:
                    logger.exception("run %s… could not be asked to stop", directory.name[:4])
            with self._served:
                self._served.wait_for(self._idle, timeout=patience)
        finally:
            with self._served:
                self._waiting.clear()
                while self._running:
                    for worker in self._running.values():
                        if worker is not None:
                            worker.kill()
                    self._served.wait(0.1)
            self._pool.shutdown(wait=True)
            self._presence.end()

    def _idle(self) -> bool:
        return not self._running and not self._waiting

    def _enqueue(self, run: Run, *, again: bool) -> None:
        """Called with the lock held."""
        if self._closed:
            raise UserError("The app is closing.", field="run")
        run.enqueue(self._presence.name, again=again)
        self._waiting.append((run, again))
        self._pool.submit(self._serve)

    def _serve(self) -> None:
        """In a thread of the pool: one worker process, from its start to its end."""
        with self._served:
            if not self._waiting:  # its run was called off, and has got another place since
                return
            run, resume = self._waiting.pop(0)
            self._running[run.id] = None
        try:
            try:
                self._train(run, resume)
            finally:
                if run.note_death(self._presence.name):
                    logger.error("the worker of run %s… died", run.id[:4])
        except Exception:  # nobody looks at what becomes of this thread
            logger.exception("something is wrong with run %s…", run.id[:4])
        finally:
            with self._served:
                del self._running[run.id]
                self._served.notify_all()

    def _train(self, run: Run, resume: bool) -> None:
        if run.begin(self._presence.name):
            worker = self._process(_work, run.directory, resume, self._presence.name)
            with self._lock:
                self._running[run.id] = worker
            worker.join()

    def _process(self, task: Any, *arguments: Any) -> Any:
        process = self._context.Process(target=task, args=arguments)
        with _STARTING, _environment(), _deaf_to_interrupts():
            process.start()
        return process

    def _see_off_the_dead(self) -> None:
        """Write the `end` of each run that died together with its app, and could not go on."""
        for request in self.root.glob("*/run.json"):
            run = Run(request.parent)
            try:
                if run.asked and not run.ended:
                    run.note_death(self._presence.name)
            except (OSError, ValueError):  # one run that cannot be read or written is no reason
                logger.exception("run %s… could not be seen off", run.id[:4])


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


def _work(directory: Path, resume: bool, app: str) -> None:
    """In the worker process. Ctrl+C is for the app, which then asks its workers to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_memory()
    for _ in Run(directory).work(resume=resume, app=app):
        pass


def _nothing() -> None:
    """Run in a process of its own only to have one started."""
