"""Yield points: long computations can be paused and ended by their caller, and compute the same."""

import io
import threading
import zipfile

import pytest
from conftest import small_model

from charrnn.checkpoint import Checkpoint
from charrnn.evaluation import score
from charrnn.generation import stream, top_candidates
from charrnn.runs.plan import make_plan
from charrnn.text import read_files, read_text
from charrnn.utils.yield_points import at_yield_points, yield_point
from charrnn.vocabulary import Vocabulary

TEXT = "abcdefgh " * 1000
CHECKPOINT = Checkpoint(small_model(), Vocabulary.from_text("abcdefgh"))


def archive(path):
    """A .zip of many small texts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for number in range(20):
            opened.writestr(f"{number}.txt", "a text\n")
    path.write_bytes(file.getvalue())
    return path


COMPUTATIONS = {
    "reading a short prefix": lambda _: "".join(stream(CHECKPOINT, TEXT[:50], 20, seed=0)),
    "reading a long prefix": lambda _: "".join(stream(CHECKPOINT, TEXT, 20, seed=0)),
    "the likeliest characters": lambda _: top_candidates(CHECKPOINT, TEXT),
    "scoring": lambda _: score(CHECKPOINT, TEXT),
    "scoring in windows": lambda _: score(CHECKPOINT, TEXT, window=300),
    "planning": lambda _: make_plan(read_text(TEXT), recipe="custom").corpus.sha256(),
    "reading an archive": lambda tmp_path: read_files([archive(tmp_path / "texts.zip")]),
}


class GoneError(Exception):
    """Nobody wants the result any more."""


@pytest.mark.parametrize("compute", COMPUTATIONS.values(), ids=COMPUTATIONS)
def test_a_computation_ends_at_the_yield_point_where_its_caller_says_so(compute, tmp_path):
    reached = []

    def end():
        reached.append(1)
        if len(reached) == 3:
            raise GoneError

    with at_yield_points(end), pytest.raises(GoneError):
        compute(tmp_path)
    assert len(reached) == 3


@pytest.mark.parametrize("compute", COMPUTATIONS.values(), ids=COMPUTATIONS)
def test_a_computation_that_is_paused_computes_the_same(compute, tmp_path):
    reached = []
    with at_yield_points(lambda: reached.append(1)):
        paused = compute(tmp_path)
    assert paused == compute(tmp_path) and reached


def test_what_happens_at_yield_points_is_the_thread_s_own_and_ends_with_the_block():
    reached = []
    with at_yield_points(lambda: reached.append("here")):
        yield_point()
        other = threading.Thread(target=yield_point)
        other.start()
        other.join()
        with at_yield_points(lambda: reached.append("within")):
            yield_point()
        yield_point()
    yield_point()
    assert reached == ["here", "here", "within", "here"]
