"""The processes that train: `Runs` starts a worker for each run, a few at a time."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import UserError
from .recipes import Plan
from .runs import Run

logger = logging.getLogger(__name__)


class Runs:
    """The runs of an app. At most `workers` of them train at once; the others queue."""

    def __init__(self, root: Path, *, workers: int = 1) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:  # a worker forked from a server that has torch imported starts at once
            self._context.set_forkserver_preload(["charrnn.runs"])
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="run")
        self._waiting: list[str] = []
        self._running: list[Run] = []
        self._lock = threading.Lock()
        self._served = threading.Condition(self._lock)
        for left in (*root.glob("*/wish.run"), *root.glob("*/begun")):  # by an app that is gone
            Run(left.parent).note_death()

    def warm_up(self) -> None:
        """Start the fork server now, so that the first click need not wait for it."""
        with _environment():
            self._context.Process(target=_nothing).start()

    def start(self, plan: Plan) -> Run:
        """Create a run and have it trained as soon as a worker is free."""
        run = Run.create(self.root, plan)
        with self._lock:
            self._enqueue(run, resume=False)
        return run

    def keep_training(self, run_id: str) -> Run:
        """Let a run that has ended go on; UserError if it has not ended."""
        run = self.find(run_id)
        with self._served:
            if not run.live:  # its worker may have ended this moment: let it be seen off first
                self._served.wait_for(lambda: all(one.id != run_id for one in self._running))
            if run.live or run_id in self._waiting:
                raise UserError("This run is still going on.", field="run")
            run.lengthen()
            self._enqueue(run, resume=True)
        return run

    def find(self, run_id: str) -> Run:
        """The run of that id; UserError if there is none."""
        return Run.find(self.root, run_id)

    def queue_position(self, run_id: str) -> int:
        """A waiting run's place in the queue, from 1; 0 for one that does not wait."""
        with self._lock:
            return self._waiting.index(run_id) + 1 if run_id in self._waiting else 0

    def close(self) -> None:
        """Stop what is running, call off what waits, and wait for it."""
        with self._lock:
            ours = [*self._running, *(self.find(run_id) for run_id in self._waiting)]
        for run in ours:
            run.stop()
        self._pool.shutdown(wait=True)

    def _enqueue(self, run: Run, *, resume: bool) -> None:
        """Called with the lock held."""
        run.enqueue()
        self._waiting.append(run.id)
        self._pool.submit(self._serve, run, resume)

    def _serve(self, run: Run, resume: bool) -> None:
        """In a thread of the pool: one worker process, from its start to its end."""
        with self._lock:
            self._waiting.remove(run.id)
            self._running.append(run)
        try:
            if not run.begin():
                return
            worker = self._context.Process(target=_work, args=(run.directory, resume))
            with _environment():
                worker.start()
            worker.join()
            if run.note_death():
                logger.error("the worker of run %s… died: %s", run.id[:4], worker.exitcode)
        except Exception:  # nobody looks at what becomes of this thread
            logger.exception("no worker could be started for run %s…", run.id[:4])
            run.note_death()
        finally:
            with self._served:
                self._running.remove(run)
                self._served.notify_all()


@contextmanager
def _environment() -> Iterator[None]:
    """What the fork server, started with the first process, has in its environment.

    PYTHONPATH: where this package is, since the server looks nowhere else for what to preload.
    GOMP_SPINCOUNT: OpenMP's threads wait for their next piece of work by spinning, by default so
    long that training beside another busy process comes down to a hundredth of its speed; a
    thousand turns cost nothing when alone (measured: benchmarks/LOG.md).
    """
    package = str(Path(__file__).resolve().parents[1])
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "GOMP_SPINCOUNT")}
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (package, before["PYTHONPATH"])))
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _work(directory: Path, resume: bool) -> None:
    """In the worker process."""
    for _ in Run(directory).work(resume=resume):
        pass


def _nothing() -> None:
    """Run in a process of its own only to have one started."""
