"""Measure how fast this machine trains: a few steps of a small LSTM, in a fraction of a second."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import torch

from ..model import ModelConfig
from ..utils.process import available_cores
from ..utils.yield_points import yield_point
from . import TrainingConfig
from .events import Clock
from .step import TrainStep

BENCHMARK_SIZES = 256, 64  # hidden units and symbols of the LSTM whose speed is measured
_REMEASURE_SECONDS = 60.0  # after which the speed may be measured again
_MAX_MEASUREMENTS = 8


def is_busy() -> bool:
    """Check whether the machine was busy in the last minute, where the system tells."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > available_cores() / 2


def measure_speed() -> float:
    """Time a few training steps of the benchmark LSTM; return characters per second.

    They are computed in a thread that ends: OpenMP keeps the threads that a thread has computed
    with, and with more threads than cores it makes others slow.
    """
    with ThreadPoolExecutor(max_workers=1) as one_thread:
        return one_thread.submit(copy_context().run, _time_training_steps).result()


def _time_training_steps() -> float:
    threads = torch.get_num_threads()
    hidden, symbols = BENCHMARK_SIZES
    model = ModelConfig(hidden_size=hidden, input="embedding", embedding_size=64)
    training = TrainingConfig(seconds=1, batch_size=16, steps=64)
    try:
        with torch.random.fork_rng(devices=[]):
            train_step = TrainStep(model, training, symbols)
            X = torch.zeros(16, 64, dtype=torch.int64)
            times = []
            for _ in range(6):
                yield_point()
                began = time.perf_counter()
                train_step.train_on(X, X, learning_rate=0.0, last=False)
                times.append(time.perf_counter() - began)
    finally:
        torch.set_num_threads(threads)
    return X.numel() / min(times)


class MachineSpeed:
    """How many characters a second the LSTM of `BENCHMARK_SIZES` trains on, on all cores.

    It is the best of up to `_MAX_MEASUREMENTS` quick measurements. Only `refresh` measures again,
    so that a question about a run has the same answer as the run a moment later.
    """

    def __init__(
        self,
        measure: Callable[[], float] = measure_speed,
        is_busy: Callable[[], bool] = is_busy,
        clock: Clock = time.monotonic,
    ) -> None:
        """Measure with `measure`, and again unless `is_busy`; `clock` returns seconds."""
        self._measure, self._is_busy, self._clock = measure, is_busy, clock
        self._speeds: list[float] = []
        self._measured_at = 0.0

    def __call__(self) -> float:
        """Return characters per second; measure them if that has not been done yet."""
        if not self._speeds:
            self._add_measurement()
        return max(self._speeds)

    def refresh(self) -> None:
        """Measure again, in case the machine was busy the last time, if it is not busy now.

        This does nothing before the first measurement, or soon after the last one.
        """
        is_old = self._clock() - self._measured_at > _REMEASURE_SECONDS
        if 0 < len(self._speeds) < _MAX_MEASUREMENTS and is_old and not self._is_busy():
            self._add_measurement()

    def _add_measurement(self) -> None:
        self._measured_at = self._clock()
        self._speeds.append(self._measure())


machine_speed = MachineSpeed()
