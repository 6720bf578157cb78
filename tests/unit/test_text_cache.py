"""Uploaded files are read once, however often the form or a caller asks for their text."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from charrnn.errors import UserError
from charrnn.runs.limits import Limits
from charrnn.text import Text
from charrnn.ui.services import text_cache
from charrnn.ui.services.text_cache import TextCache
from charrnn.ui.train.request import OWN, TrainRequest
from charrnn.utils.yield_points import at_yield_points


@pytest.fixture
def read(monkeypatch):
    """The files that were read, with nothing in the cache at first."""
    noted = []

    def read_files(files, real=text_cache.read_files, **more):
        noted.append([file.name for file in files])
        return real(files, **more)

    monkeypatch.setattr(text_cache, "read_files", read_files)
    monkeypatch.setattr(text_cache, "_uploads", TextCache(1 << 20))
    return noted


@pytest.fixture
def notes(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("The tide clock was right.\n" * 20)
    return file


def text_of(file, **more):
    return TrainRequest(corpus=OWN, files=(str(file),), **more).load_text()


def test_a_file_is_read_once(read, notes):
    assert text_of(notes) is text_of(notes)
    assert read == [["notes.txt"]]


def test_another_encoding_is_another_text(read, notes):
    notes.write_bytes("Élève\n".encode("cp1252") * 9)
    assert text_of(notes, encoding="cp1252").text != text_of(notes, encoding="koi8-r").text


def test_a_file_that_has_changed_is_read_again(read, notes):
    before = text_of(notes)
    changed = notes.stat().st_mtime_ns + 1_000_000_000
    notes.write_text(before.text.upper())  # as long as before
    os.utime(notes, ns=(changed, changed))
    assert text_of(notes).text == before.text.upper()


@pytest.mark.parametrize(
    ("data", "limits", "said"),
    [
        (b"\xed\xa0\x80\n" * 100, Limits(), "could not be detected"),
        (b"one more letter\n" * 20, Limits(characters=100), "320 characters"),
        (b"%PDF-1.7", Limits(), "a PDF"),
    ],
)
def test_an_error_is_cached_too(read, notes, data, limits, said):
    notes.write_bytes(data)
    for _ in range(2):
        with pytest.raises(UserError, match=said) as refusal:
            text_of(notes, limits=limits)
        assert refusal.value.field in ("corpus", "encoding")
        assert refusal.value.__context__ is None, "it would hold the contents of the file"
    assert len(read) == 1


def test_the_least_recently_used_texts_are_dropped_first(tmp_path):
    files = [tmp_path / str(number) for number in range(3)]
    cache, asked = TextCache(25_000), []

    def text(file):
        return cache.get([file], None, lambda: asked.append(file) or Text("a" * 9_000, file.name))

    first, second, third = files
    for file in (first, second, first, third, first, second):
        text(file)
    assert asked == [first, second, third, second], "the one that was used last stayed"


def test_a_text_that_is_larger_than_the_cache_is_read_but_not_kept(tmp_path):
    cache, asked = TextCache(1_000), []
    for _ in range(2):
        text = cache.get([tmp_path], None, lambda: asked.append(1) or Text("a" * 5_000, "x"))
        assert len(text.text) == 5_000
    assert len(asked) == 2


def test_concurrent_requests_share_one_read(tmp_path):
    cache, begun, go, asked = TextCache(1 << 20), threading.Event(), threading.Event(), []

    def slow():
        asked.append(1)
        begun.set()
        go.wait(60)
        return Text("a text", "x")

    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(cache.get, [tmp_path], None, slow) for _ in range(4)]
        begun.wait(60)
        go.set()
        assert len({id(look.result()) for look in looks}) == 1
    assert len(asked) == 1


def test_a_read_that_fails_is_tried_again(tmp_path):
    cache, outcomes = TextCache(1 << 20), [OSError("the disk is gone"), Text("a text", "x")]

    def read():
        if isinstance(outcome := outcomes.pop(0), Exception):
            raise outcome
        return outcome

    with pytest.raises(OSError, match="gone"):
        cache.get([tmp_path], None, read)
    assert cache.get([tmp_path], None, read).text == "a text"


def test_a_request_that_waits_for_a_cancelled_read_reads_itself(tmp_path):
    cache, begun, go = TextCache(1 << 20), threading.Event(), threading.Event()

    def given_up():
        begun.set()
        go.wait(60)
        raise KeyboardInterrupt

    def waiting():
        assert begun.wait(60)
        with at_yield_points(go.set):
            return cache.get([tmp_path], None, lambda: Text("a text", "x"))

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(cache.get, [tmp_path], None, given_up)
        assert pool.submit(waiting).result().text == "a text"
        assert isinstance(one.exception(), KeyboardInterrupt)
