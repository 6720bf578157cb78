"""The processes that train: `Runs` starts a worker for each run, a few at a time.

The others wait in a line (`charrnn.runs.fair_queue`). The workers share the cores, are watched
(`charrnn.runs.monitor`) and keep to limits (`charrnn.runs.limits`).
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from contextvars import Context, copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..recipes import RunPlan
from ..utils.process import available_cores
from ..utils.regular_files import DamagedRunUserError
from . import zerogpu
from .admission import check_plan, check_visitor
from .disk_shares import DiskShares
from .end_reasons import EndReason
from .fair_queue import Line, Waiting, waits
from .launcher import Starter, nothing, work
from .limits import Limits
from .monitor import Watch, length
from .ownership import Presence
from .request import kept
from .retention import Sweeper, delete, is_starred, runs_in, star
from .run import Run
from .worker import give_share

logger = logging.getLogger(__name__)

_LOOK = 0.5  # seconds between two looks at the workers
_LAST = 10.0  # seconds in which what was killed has ended, and what was to begin may be killed


@dataclass
class _Seat:
    """A run that trains: who asked for it, and its worker, None at first and after."""

    run: Run
    visitor: str
    worker: Any = None
    watch: Watch | None = None
    cause: EndReason | UserError | None = None  # why it had to be killed, or could not begin


class Runs:
    """The runs of an app. At most `workers` of them train at once; the others wait in a line.

    Several apps may keep their runs in one `root`: each sees to those that it has queued, and to
    those that were left by apps that are gone.
    """

    def __init__(self, root: Path, *, workers: int = 1, limits: Limits | None = None) -> None:
        self.root = root
        self.limits = limits or Limits()
        root.mkdir(parents=True, exist_ok=True)
        self._processes = Starter()
        self._workers = workers
        self._line = Line()
        self._seats: dict[str, _Seat] = {}  # by the run's id
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._served = threading.Condition(self._lock)
        self._asked = threading.Semaphore(0)  # as many as are in the line
        self._presence = Presence(root)
        self.shares = DiskShares(root, self.limits)
        self.sweeper = Sweeper(root, self.limits.keep_hours)
        self._see_off_the_dead()
        threading.Thread(target=self._keep_watch, name="watch", daemon=True).start()
        # Nobody waits for these where the program ends: one may be waiting for a GPU, without end.
        for _ in range(workers):
            threading.Thread(target=self._serve_on, name="run", daemon=True).start()

    def warm_up(self) -> None:
        """Start the fork server now, so that the first click need not wait for it."""
        self._processes.start(nothing)

    def start(self, plan: RunPlan, visitor: str = "", run_id: str | None = None) -> Run:
        """Create a run and have it trained as soon as it is its turn; `visitor` is who asks, and
        `run_id` what they would call it, taken if nothing is called so (`Run.create`).

        Raises UserError, naming a field, for what is beyond the limits.
        """
        self._be_there()
        check_plan(plan, self.limits)
        with self._lock:
            check_visitor(visitor, self._visitors(), self.limits)
        run = self.shares.create_run(plan, visitor, run_id)
        try:
            with self._lock:
                self._enqueue(run, visitor, again=False)
        except Exception:  # or it would seem to wait, for ever
            shutil.rmtree(run.directory, ignore_errors=True)
            raise
        return run

    def keep_training(self, run_id: str, visitor: str = "") -> Run:
        """Let a run that has ended go on; UserError if it has not ended, or for want of room."""
        self._be_there()
        run = self.find(run_id)
        if not run.live:
            self.shares.reserve_again(run, visitor)
        with self._served:
            if not run.live:  # its worker may have ended this moment: let it be seen off first
                self._served.wait_for(lambda: run_id not in self._seats, timeout=10)
            if run.live or run_id in self._seats:
                raise UserError("This run is still going on.", field="run")
            # It may have been called off while it waited, and loses its old place in the line.
            self._line.leave(run_id)
            self._enqueue(run, visitor, again=True)
        return run

    def find(self, run_id: str) -> Run:
        """The run of that id; UserError if there is none."""
        return Run.find(self.root, run_id)

    def standing(self, run_id: str) -> tuple[int, float | None]:
        """A waiting run's place in the line, from 1, and about how many seconds it will wait,
        None where nobody can say; place 0 for a run that does not wait."""
        with self._lock:
            line = [one for one in self._line if one.run.waits]
            places = [one.run.id for one in line]
            if run_id not in places:
                return 0, None
            free = [0.0] * (self._workers - len(self._seats))
            left = [seat.watch.left if seat.watch else None for seat in self._seats.values()]
        place = places.index(run_id)
        lengths = [one.seconds for one in line[: place + 1]]
        wait = waits([*left, *free], lengths)[place]
        return place + 1, None if wait is None else float(round(wait))

    def star(self, run_id: str, on: bool) -> None:
        """Keep a run beyond its time, or not any longer. UserError if too much is kept already."""
        star(self.root, self.find(run_id), on, self.limits)

    def is_starred(self, run: Run) -> bool:
        """Whether a run is kept beyond its time."""
        return is_starred(run)

    def delete(self, run_id: str) -> None:
        """Remove a run for good, starred or damaged ones too; one that waits is called off.

        Raises UserError if there is none, and while it trains.
        """
        run = self.find(run_id)
        try:
            if run.state == "queued":
                run.stop()
            over = not run.live
        except DamagedRunUserError:
            over = False
        if over:
            with self._served:  # its worker may have ended this moment: let it be seen off first
                self._served.wait_for(lambda: run_id not in self._seats, timeout=10)
        delete(run)

    def close(self, *, patience: float = 20) -> None:
        """Stop what is running, call off what waits, and wait for it.

        A worker that has not stopped after `patience` seconds is killed: what it saved before is
        safe. So is one whose end somebody does not want to wait for, with another Ctrl+C. A run
        that waits for a GPU is left, as interrupted.
        """
        with self._lock:
            self._closed.set()
            ours = [seat.run.directory for seat in self._seats.values()]
            ours += [one.run.directory for one in self._line]
        try:
            for directory in ours:
                try:
                    Run(directory).stop(closing=True)
                except (OSError, UserError):
                    logger.exception("run %s… could not be asked to stop", directory.name[:4])
            with self._served:
                self._served.wait_for(self._idle, timeout=patience)
        finally:
            with self._served:
                self._line.clear()
                until = time.monotonic() + _LAST
                while self._seats and time.monotonic() < until:
                    for seat in self._seats.values():
                        if seat.worker is not None:
                            seat.worker.kill()
                    self._served.wait(0.1)
                left = [seat.run for seat in self._seats.values()]
            for run in left:
                try:
                    run.note_death(self._presence.name, closing=True)
                except (OSError, UserError):  # the next app will
                    logger.exception("run %s… could not be seen off", run.id[:4])
            self._asked.release(self._workers)
            self._presence.end()

    def _be_there(self) -> None:
        """Take this app's lock anew if the directory of the runs was removed meanwhile."""
        with kept(), self._lock:
            self._presence.renew()

    def _idle(self) -> bool:
        return not self._seats and not self._line

    def _visitors(self) -> list[str]:
        """The visitors of all runs that wait or train, one a run. Called with the lock held."""
        self._line.prune()
        return [one.visitor for one in [*self._line, *self._seats.values()]]

    def _enqueue(self, run: Run, visitor: str, *, again: bool) -> None:
        """Called with the lock held."""
        if self._closed.is_set():
            raise UserError("The app is closing.", field="run")
        check_visitor(visitor, self._visitors(), self.limits)
        run.enqueue(self._presence.name, again=again)
        # It holds the visitor's request, with their token: kept for what is counted to them alone.
        context = copy_context() if zerogpu.wanted(run) else Context()
        self._line.join(Waiting(run, visitor, again, length(run), context))
        self._asked.release()

    def _serve_on(self) -> None:
        """In a thread: one run after the other, until the end."""
        while True:
            self._asked.acquire()
            if self._closed.is_set() and not self._line:
                return
            try:
                self._serve()
            except Exception:  # the others still need this thread
                logger.exception("something is wrong with the line")

    def _serve(self) -> None:
        """One worker process, from its start to its end."""
        with self._served:
            waiting = self._line.next()
            if waiting is None:  # its run was called off, and has got another place since
                return
            run = waiting.run
            seat = self._seats[run.id] = _Seat(run, waiting.visitor)
        try:
            try:
                self._train(seat, waiting)
            except UserError as error:  # there was no GPU to be had
                seat.cause = seat.cause or error
            finally:
                closing = self._closed.is_set() and seat.cause is None
                cause = seat.cause or EndReason.CRASHED
                if run.note_death(self._presence.name, cause=cause, closing=closing):
                    logger.error("the worker of run %s… died", run.id[:4])
        except Exception:  # nobody looks at what becomes of this thread
            logger.exception("something is wrong with run %s…", run.id[:4])
        finally:
            with self._served:
                del self._seats[run.id]
                self._share_out()
                self._served.notify_all()

    def _train(self, seat: _Seat, waiting: Waiting) -> None:
        run = seat.run
        if not run.begin(self._presence.name):
            return
        with self._lock:
            self._share_out()
        task = (run.directory, waiting.again, self._presence.name)
        if zerogpu.wanted(run):
            limits = zerogpu.within(self.limits, run)
            for worker in zerogpu.lent(waiting.context, *task, limits):
                self._seated(seat, worker, limits)
        else:
            worker = self._processes.start(work, *task, self.limits)
            self._seated(seat, worker, self.limits)
            worker.join()

    def _seated(self, seat: _Seat, worker: Any, limits: Limits) -> None:
        with self._lock:
            seat.watch = Watch(seat.run, worker.pid, limits)
            seat.worker = worker

    def _share_out(self) -> None:
        """Tell each run that trains its share of the cores. Called with the lock held."""
        if self._seats:
            share = max(1, available_cores() // len(self._seats))
            for seat in self._seats.values():
                try:
                    give_share(seat.run.directory, share)
                except OSError:  # on a full disk; it goes on with what it has
                    logger.exception("run %s… could not be told its share", seat.run.id[:4])

    def _keep_watch(self) -> None:
        """In a thread: look at the workers, and now and then for what is old, until the end."""
        while not self._closed.wait(_LOOK):
            with self._lock:
                seats = [seat for seat in self._seats.values() if seat.watch is not None]
            for seat in seats:
                try:
                    self._look(seat)
                except Exception:  # one run that cannot be looked at is no reason to leave others
                    logger.exception("run %s… could not be looked at", seat.run.id[:4])
            self.sweeper.sweep_if_due()

    def _look(self, seat: _Seat) -> None:
        assert seat.watch is not None
        why = seat.watch.look()
        if why is not None and seat.worker.is_alive():
            logger.error("run %s… is ended: %s", seat.run.id[:4], why.value)
            seat.cause = why
            seat.worker.kill()

    def _see_off_the_dead(self) -> None:
        """Write the `end` of each run that died together with its app, and could not go on."""
        for run in runs_in(self.root):
            try:
                if run.asked and not run.ended:
                    run.note_death(self._presence.name)
            except DamagedRunUserError as error:  # the page shows it so
                logger.warning("run %s…: %s", run.id[:4], error.message)
            except OSError:  # one run that cannot be written is no reason to leave the others
                logger.exception("run %s… could not be seen off", run.id[:4])
