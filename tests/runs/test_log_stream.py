"""What visitors send can neither forge a line of the server's log nor reach a terminal."""

import io
import logging
import sys
import traceback
from contextlib import contextmanager

import gradio as gr
import httpx2 as httpx
import pytest

from charrnn.utils import log_stream
from charrnn.utils.log_stream import LogStream

FORGED = "2026-01-01 ERROR all runs deleted"
WORDS = f"x\x1b]0;owned\x07\r\n{FORGED}\x9b31m\u202e\ud800"


@contextmanager
def logged():
    """What standard output and standard error of this process get, as a log."""
    both = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", both)
        patch.setattr(sys, "stderr", both)
        log_stream.protect_output()
        yield both


def check(log, *, entries=1):
    """That the words are there, on lines that are marked as the rest of an entry."""
    lines = log.getvalue().splitlines()
    assert [line.startswith("  | ") for line in lines if FORGED in line] == [True] * entries
    assert all(line.isprintable() for line in lines)


def raising():
    raise ValueError(WORDS)


def by_print():
    print("it is", WORDS)


def by_traceback():
    try:
        raising()
    except ValueError:
        traceback.print_exc()


def by_logging():
    handler = logging.StreamHandler()
    handler.emit(logging.makeLogRecord({"msg": WORDS, "levelname": "INFO"}))


@pytest.mark.parametrize("way", [by_print, by_traceback, by_logging])
def test_text_of_a_user_stays_within_its_entry(way):
    with logged() as log:
        way()
    check(log)


def test_ordinary_entries_are_written_as_they_are():
    with logged() as log:
        print("* Running on http://127.0.0.1:7860", "正在运行", flush=True)
        sys.stderr.writelines(["one\n", "two\n"])
        assert not sys.stdout.isatty()
    assert log.getvalue() == "* Running on http://127.0.0.1:7860 正在运行\none\ntwo\n"


def test_a_long_entry_is_cut():
    with logged() as log:
        sys.stdout.write("a" * 1_000_000)
    assert len(log.getvalue()) < 11_000
    assert log.getvalue().endswith("a … and 990,000 more characters\n")


def test_streams_are_wrapped_once():
    with logged():
        before = sys.stderr
        log_stream.protect_output()
        assert sys.stderr is before and isinstance(before, LogStream)


def test_what_gradio_says_of_a_file_that_was_never_uploaded():
    """Its message repeats the path, whatever stands in it."""
    with gr.Blocks() as page:
        file = gr.File()
        file.change(lambda file: None, file, None, queue=False)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True)
    given = {"path": WORDS[:-1], "meta": {"_type": "gradio.FileData"}}
    with logged() as log:
        told = {"fn_index": 0, "data": [given], "session_hash": "a"}
        httpx.post(f"{url}gradio_api/run/predict", json=told, timeout=60)
    page.close()
    check(log)
