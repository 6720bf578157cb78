"""The readers of strangers' files, fuzzed for a minute: read, or refused in words, in bounded time
and memory.

The cases are the same at every run, as many as there is time for: CHARRNN_FUZZ_SECONDS, or else
`benchmarks/fuzz.py`, goes on for longer.
"""

import itertools
import mmap
import os
import random
import struct
import time
from collections import Counter

import fuzzing
import pytest
from fuzz_checkpoints import assemble

from charrnn.errors import UserError

SECONDS = float(os.environ.get("CHARRNN_FUZZ_SECONDS", 60))
LEAST = 60  # cases, however slow the machine is
SHARES = {"checkpoint": 0.45, "corpus": 0.45, "saved": 0.1}


@pytest.mark.timeout(SECONDS + 240)
@pytest.mark.parametrize("reader", fuzzing.READERS)
def test_whatever_is_read_is_read_or_refused_in_words(reader, tmp_path):
    end = time.monotonic() + SECONDS * SHARES[reader]
    outcomes: Counter[str] = Counter()
    wrong = []
    for number, one, verdict in fuzzing.run(
        reader,
        0,
        itertools.count(),
        tmp_path,
        until=lambda: time.monotonic() > end and outcomes.total() >= LEAST,
    ):
        outcomes[verdict.outcome] += 1
        if verdict.problem:
            wrong.append(f"{reader} case {number} ({one.what}): {verdict.problem}")
    assert not wrong, "\n".join(wrong[:20])
    assert outcomes["read"] and outcomes["refused"], "neither is worth anything alone"


def test_a_case_can_be_made_again_from_its_number():
    for reader in fuzzing.READERS:
        for number in range(12):
            assert fuzzing.case(reader, 7, number) == fuzzing.case(reader, 7, number)


def judged(monkeypatch, tmp_path, read):
    monkeypatch.setattr(fuzzing, "_corpus", lambda one, place: read())
    return fuzzing.judge(fuzzing.Case("corpus", "of a test", b""), tmp_path)


def refuse(message):
    raise UserError(message)


def fill(size):
    with mmap.mmap(-1, size) as kept:  # new memory, whatever this process has to spare
        for page in range(0, size, mmap.PAGESIZE):
            kept[page] = 1


def compute(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        random.random()


@pytest.mark.parametrize(
    ("read", "problem"),
    [
        (lambda: None, ""),
        (lambda: refuse("No."), ""),
        (lambda: {}["x"], "KeyError"),
        (lambda: struct.unpack("<Q", b""), "unpack requires"),
        (lambda: compute(2.2), "took 2."),
        (lambda: refuse("x" * 700), "700 characters"),
    ],
)
def test_the_judge_sees_what_should_not_be(read, problem, monkeypatch, tmp_path):
    found = judged(monkeypatch, tmp_path, read).problem
    assert problem in found and bool(problem) == bool(found)


def test_the_judge_sees_a_reader_that_takes_too_much_memory(monkeypatch, tmp_path):
    verdict = judged(monkeypatch, tmp_path, lambda: fill(260 << 20))
    if verdict.memory is None:
        pytest.skip("this system does not tell how much memory a process takes")
    assert verdict.problem == f"took {verdict.memory >> 20} MB" and verdict.memory > 250 << 20


def test_a_header_that_is_assembled_by_hand_is_what_safetensors_reads(tmp_path):
    from safetensors import safe_open

    header = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    (tmp_path / "w.safetensors").write_bytes(assemble(header, struct.pack("<2f", 1, 2), padding=3))
    with safe_open(tmp_path / "w.safetensors", "pt") as file:
        assert file.get_tensor("w").tolist() == [1.0, 2.0]
