"""Run training in worker processes: `RunManager` starts one for each run, a few at a time.

The other runs wait in a fair queue (`charrnn.runs.fair_queue`). The workers share the CPU cores,
are monitored (`charrnn.runs.monitor`) and obey limits (`charrnn.runs.limits`).
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
from ..training.machine_speed import machine_speed
from ..utils.process import available_cores
from ..utils.regular_files import DamagedRunUserError
from . import zerogpu
from .admission import check_client, check_plan
from .app_lock import AppLock
from .disk_quotas import DiskQuotas
from .end_reasons import EndReason
from .fair_queue import FairQueue, QueuedRun, estimate_waits
from .launcher import WorkerLauncher, noop
from .limits import Limits
from .manifest import disk_errors_as_user_errors
from .monitor import WorkerMonitor, expected_seconds
from .plan import RunPlan
from .retention import RetentionTask, all_runs, delete, is_starred, star
from .run import Run
from .worker import run_worker, write_cpu_share

logger = logging.getLogger(__name__)

_CHECK_SECONDS = 0.5  # between two checks of the workers
_KILL_SECONDS = 10.0  # for which workers are killed, including those that start meanwhile


@dataclass
class _TrainingRun:
    """A run in training: its user and its worker process (None before its start)."""

    run: Run
    client_id: str
    worker: Any = None
    monitor: WorkerMonitor | None = None
    cause: EndReason | UserError | None = None  # why it was killed, or could not start


class RunManager:
    """The runs of an app. At most `workers` of them train at once; the others wait in a queue.

    With no workers, runs are queued and never start. Several apps may share one `root`: each
    handles the runs that it queued, and the runs of apps that have died.
    """

    def __init__(self, root: Path, *, workers: int = 1, limits: Limits | None = None) -> None:
        self.root = root
        self.limits = limits or Limits()
        root.mkdir(parents=True, exist_ok=True)
        self._launcher = WorkerLauncher()
        self._workers = workers
        self._queue = FairQueue()
        self._training: dict[str, _TrainingRun] = {}  # by run id
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._queued = threading.Semaphore(0)  # the number of queued runs
        self._app_lock = AppLock(root)
        self.disk_quotas = DiskQuotas(root, self.limits)
        self.retention = RetentionTask(root, self.limits.keep_hours)
        self._reap_orphans()
        threading.Thread(target=self._monitor_loop, name="monitor", daemon=True).start()
        # Daemons: one may wait for a GPU without end, and must not keep the program from ending.
        for _ in range(workers):
            threading.Thread(target=self._worker_loop, name="trainer", daemon=True).start()

    def warm_up(self) -> None:
        """Start the fork server now, so that the first run does not wait for it."""
        self._launcher.start(noop)

    def start(self, plan: RunPlan, client_id: str = "", run_id: str | None = None) -> Run:
        """Create a run and queue it for training.

        `client_id` is the user whose quota it counts against. `run_id` is the id that the client
        proposes; it is used if it is free (`Run.create`). Raises UserError, naming a field, for a
        run that exceeds the limits.
        """
        self._ensure_app_lock()
        check_plan(plan, self.limits)
        with self._lock:
            check_client(client_id, self._client_ids(), self.limits)
        run = self.disk_quotas.create_run(plan, client_id, run_id)
        try:
            with self._lock:
                self._enqueue(run, client_id, resume=False)
        except Exception:  # else it would seem to wait forever
            shutil.rmtree(run.directory, ignore_errors=True)
            raise
        return run

    def resume(self, run_id: str, client_id: str = "") -> Run:
        """Queue a run that has ended, to go on from where it was saved.

        Raises UserError if the run has not ended, or if there is no room for it.
        """
        self._ensure_app_lock()
        run = self.find(run_id)
        if not run.is_active:
            self.disk_quotas.reserve_for_resume(run, client_id)
        with self._changed:
            if not run.is_active:  # its worker may have just ended: wait until that is recorded
                self._changed.wait_for(lambda: run_id not in self._training, timeout=10)
            if run.is_active or run_id in self._training:
                raise UserError(
                    "This run is still waiting or training: stop it, or wait until it has ended.",
                    field="run",
                )
            # If it was stopped while it was queued, it loses its old place in the queue.
            self._queue.remove(run_id)
            self._enqueue(run, client_id, resume=True)
        return run

    def find(self, run_id: str) -> Run:
        """Return the run with this id. Raises UserError if there is none."""
        return Run.find(self.root, run_id)

    @property
    def is_idle(self) -> bool:
        """Whether no run is queued or in training."""
        return not self._training and not self._queue

    @property
    def queued_runs(self) -> list[QueuedRun]:
        """The queued runs, in the order in which they will be trained."""
        with self._lock:
            return [one for one in self._queue if one.run.is_queued]

    def queue_position(self, run_id: str) -> tuple[int, float | None]:
        """Return a queued run's position, from 1, and its estimated wait in seconds.

        The wait is None if it is unknown. The position is 0 for a run that is not queued.
        """
        queue = self.queued_runs
        places = [one.run.id for one in queue]
        if run_id not in places:
            return 0, None
        with self._lock:
            free = [0.0] * (self._workers - len(self._training))
            left = [
                training.monitor.remaining_seconds if training.monitor else None
                for training in self._training.values()
            ]
        place = places.index(run_id)
        lengths = [one.expected_seconds for one in queue[: place + 1]]
        wait = estimate_waits([*left, *free], lengths)[place]
        return place + 1, None if wait is None else float(round(wait))

    def star(self, run_id: str, on: bool) -> None:
        """Star a run, which keeps it from expiring, or remove its star.

        Raises UserError if starred runs take too much room already.
        """
        star(self.root, self.find(run_id), on, self.limits)

    def is_starred(self, run: Run) -> bool:
        """Return whether a run is starred."""
        return is_starred(run)

    def delete(self, run_id: str) -> None:
        """Delete a run for good, even if it is starred or damaged; a queued run is stopped first.

        Raises UserError if there is no such run, and while it trains.
        """
        run = self.find(run_id)
        try:
            if run.state == "queued":
                run.stop()
            over = not run.is_active
        except DamagedRunUserError:
            over = False
        if over:
            with self._changed:  # its worker may have just ended: wait until that is recorded
                self._changed.wait_for(lambda: run_id not in self._training, timeout=10)
        delete(run)

    def close(self, *, timeout_seconds: float = 20) -> None:
        """Stop all runs, queued and in training, and wait for their workers.

        A worker that has not stopped after `timeout_seconds`, or when Ctrl+C ends the wait, is
        killed: what it saved before is safe. A run that waits for a GPU is marked as interrupted.
        """
        with self._lock:
            self._closed.set()
            ours = [training.run.directory for training in self._training.values()]
            ours += [one.run.directory for one in self._queue]
        try:
            for directory in ours:
                try:
                    Run(directory).stop(closing=True)
                except (OSError, UserError):
                    logger.exception("run %s… could not be stopped", directory.name[:4])
            with self._changed:
                self._changed.wait_for(lambda: self.is_idle, timeout=timeout_seconds)
        finally:
            with self._changed:
                self._queue.clear()
                until = time.monotonic() + _KILL_SECONDS
                while self._training and time.monotonic() < until:
                    for training in self._training.values():
                        if training.worker is not None:
                            training.worker.kill()
                    self._changed.wait(0.1)
                left = [training.run for training in self._training.values()]
            for run in left:
                try:
                    run.record_missing_end(self._app_lock.name, closing=True)
                except (OSError, UserError):  # the next app will write its end
                    logger.exception("the end of run %s… could not be written", run.id[:4])
            for _ in range(self._workers):  # each ends its loop
                self._queued.release()
            self._app_lock.end()

    def _ensure_app_lock(self) -> None:
        """Take the app's lock again if the directory of runs was removed meanwhile."""
        with disk_errors_as_user_errors(), self._lock:
            self._app_lock.renew()

    def _client_ids(self) -> list[str]:
        """Return the user of each run, queued or in training. Called with the lock held."""
        self._queue.prune()
        return [one.client_id for one in [*self._queue, *self._training.values()]]

    def _enqueue(self, run: Run, client_id: str, *, resume: bool) -> None:
        """Put a run into the queue. Called with the lock held."""
        if self._closed.is_set():
            raise UserError("The app is shutting down: try again later.", field="run")
        check_client(client_id, self._client_ids(), self.limits)
        run.enqueue(self._app_lock.name, resume=resume)
        # The context holds the request of the user, with the token: kept only for ZeroGPU.
        context = copy_context() if zerogpu.requested(run) else Context()
        self._queue.add(QueuedRun(run, client_id, resume, expected_seconds(run), context))
        self._queued.release()

    def _worker_loop(self) -> None:
        """Train one run after the other until the manager closes. Runs in a thread of its own."""
        while True:
            self._queued.acquire()
            if self._closed.is_set() and not self._queue:
                return
            try:
                self._run_next()
            except Exception:  # the other runs need this thread
                logger.exception("the next run could not be trained")

    def _run_next(self) -> None:
        """Train the next run of the queue, from the start of its worker to its end."""
        with self._changed:
            waiting = self._queue.pop()
            if waiting is None:  # its run was stopped, and may be queued again
                return
            run = waiting.run
            training = self._training[run.id] = _TrainingRun(run, waiting.client_id)
        try:
            try:
                self._train(training, waiting)
            except UserError as error:  # there was no GPU
                training.cause = training.cause or error
            finally:
                closing = self._closed.is_set() and training.cause is None
                cause = training.cause or EndReason.CRASHED
                if run.record_missing_end(self._app_lock.name, cause=cause, closing=closing):
                    logger.error("the worker of run %s… died", run.id[:4])
        except Exception:  # this thread goes on with the next run
            logger.exception("run %s… could not be trained", run.id[:4])
        finally:
            with self._changed:
                del self._training[run.id]
                self._rebalance_cpu()
                self._changed.notify_all()

    def _train(self, training: _TrainingRun, waiting: QueuedRun) -> None:
        run = training.run
        if not run.mark_started(self._app_lock.name):
            return
        with self._lock:
            self._rebalance_cpu()
        task = (run.directory, waiting.resume, self._app_lock.name)
        if zerogpu.requested(run):
            limits = zerogpu.limits_on_gpu(self.limits, run)
            for worker in zerogpu.train_on_gpu(waiting.context, *task, limits):
                self._attach_worker(training, worker, limits)
        else:
            worker = self._launcher.start(run_worker, *task, self.limits)
            self._attach_worker(training, worker, self.limits)
            worker.join()

    def _attach_worker(self, training: _TrainingRun, worker: Any, limits: Limits) -> None:
        with self._lock:
            training.monitor = WorkerMonitor(training.run, worker.pid, limits)
            training.worker = worker

    def _rebalance_cpu(self) -> None:
        """Write the share of the CPU cores of each run in training. Called with the lock held."""
        if self._training:
            share = max(1, available_cores() // len(self._training))
            for training in self._training.values():
                try:
                    write_cpu_share(training.run.directory, share)
                except OSError:  # on a full disk; the worker keeps its share
                    logger.exception(
                        "the CPU share of run %s… could not be written", training.run.id[:4]
                    )

    def _monitor_loop(self) -> None:
        """Check the workers and delete what has expired, until the manager closes. For a thread."""
        while not self._closed.wait(_CHECK_SECONDS):
            with self._lock:
                monitored = [
                    training for training in self._training.values() if training.monitor is not None
                ]
            for training in monitored:
                try:
                    self._check(training)
                except Exception:  # the other runs are still checked
                    logger.exception("run %s… could not be checked", training.run.id[:4])
            if not monitored:
                machine_speed.refresh()
            self.retention.run_if_due()

    def _check(self, training: _TrainingRun) -> None:
        assert training.monitor is not None
        why = training.monitor.check()
        if why is not None and training.worker.is_alive():
            logger.error("run %s… is killed: %s", training.run.id[:4], why.value)
            training.cause = why
            training.worker.kill()

    def _reap_orphans(self) -> None:
        """Mark runs whose app process died as interrupted."""
        for run in all_runs(self.root):
            try:
                if run.was_requested and not run.has_ended:
                    run.record_missing_end(self._app_lock.name)
            except DamagedRunUserError as error:  # the page shows that
                logger.warning("run %s…: %s", run.id[:4], error.message)
            except OSError:  # the other runs are still handled
                logger.exception("the end of run %s… could not be written", run.id[:4])
