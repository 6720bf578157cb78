"""The texts that come with the package, and fetching the others, from a server on loopback."""

import dataclasses
import hashlib
import http.server
import os
import socket
import threading
from pathlib import Path
from pydoc_data.topics import topics

import pytest
from conftest import SHARED

from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.text import datasets
from charrnn.text.datasets import DATASETS, download, find_dataset, is_local, load

BOOK = b"The Time Traveller came back.\n" * 9_000
SHA1 = hashlib.sha1(BOOK).hexdigest()
EMBEDDED = [entry.name for entry in DATASETS if entry.embedded]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no proxy between the tests and their server."""
    monkeypatch.setenv("CHARRNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "cache"


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves a book well, badly or not at all, by path."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/silent":
            self.server.over.wait()
            return
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        if self.path != "/unknown-length":
            self.send_header("Content-Length", str(len(BOOK)))
        self.end_headers()
        if self.path == "/other":
            self.wfile.write(bytes(len(BOOK)))
        elif self.path == "/cut":
            self.wfile.write(BOOK[:5000])
        elif self.path == "/stalls":
            self.wfile.write(BOOK[:5000])
            self.wfile.flush()
            self.server.over.wait()
        else:
            self.wfile.write(BOOK)

    def log_message(self, *_args):
        """Say nothing."""


@pytest.fixture
def server(cache):
    """A server on loopback; `asked` lists the paths that were asked of it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.over = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def serve(server, monkeypatch):
    """Point the entry of The Time Machine at a path of the server, expecting the book."""

    def point(path):
        url = f"http://127.0.0.1:{server.server_port}{path}"
        entry = dataclasses.replace(find_dataset("time-machine"), url=url, sha1=SHA1)
        monkeypatch.setattr(datasets, "DATASETS", (*DATASETS[:3], entry, *DATASETS[4:]))
        return url

    return point


def test_the_entries_stand_in_the_order_of_the_page():
    assert [entry.name for entry in DATASETS] == [
        "tide-clock", "songs", "python-manual", "time-machine", "tiny-shakespeare"
    ]  # fmt: skip
    assert EMBEDDED == ["tide-clock", "songs", "python-manual"]


def test_an_unknown_name_is_refused_with_the_names_that_there_are():
    for function in (find_dataset, load, is_local):
        with pytest.raises(UserError, match=r"no text called 'moby'.*tide-clock, songs") as refusal:
            function("moby")
        assert refusal.value.field == "corpus"


@pytest.mark.parametrize("name", EMBEDDED)
def test_an_embedded_text_needs_no_network(name, monkeypatch):
    monkeypatch.setattr(download, "fetch", None)
    entry = find_dataset(name)
    text = load(name)
    assert is_local(name)
    assert (text.name, text.encoding, text.line_ends) == (entry.title, "UTF-8", "LF")
    assert len(text.text) == entry.characters > 10_000


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_prefixes_of_an_embedded_text_are_in_it(name):
    text = load(name)
    assert text.prefixes == find_dataset(name).prefixes
    assert len(text.prefixes) == 2
    for prefix in text.prefixes:
        assert text.text.count(prefix) > 3


@pytest.mark.parametrize("name", EMBEDDED)
def test_an_embedded_text_is_clean(name):
    report = Corpus.from_text(load(name)).report()
    assert "\ufffd" not in dict(report.rare)
    assert report.lines > 500


def test_the_songs_are_chinese_and_the_story_is_english():
    songs, story = load("songs").text, load("tide-clock").text
    assert sum("\u4e00" <= character <= "\u9fff" for character in songs) > 0.8 * len(songs)
    assert sum(character.isascii() for character in story) > 0.98 * len(story)


def test_pythons_manual_is_all_its_topics_in_order():
    manual = load("python-manual").text
    assert manual == "\n".join(topics[name] for name in sorted(topics))
    assert find_dataset("python-manual").characters == len(manual)


@pytest.mark.parametrize(
    ("name", "filename"),
    [("time-machine", "timemachine.txt"), ("tiny-shakespeare", "tinyshakespeare.txt")],
)
def test_the_known_classics_are_what_the_entries_say(name, filename, cache):
    path = SHARED / filename
    if not path.is_file():
        pytest.skip(f"needs ../shared/data/{filename}")
    cache.mkdir()
    (cache / f"{name}.txt").write_bytes(path.read_bytes())
    assert is_local(name)  # so its SHA-1 is right
    text = load(name)
    assert len(text.text) == find_dataset(name).characters
    for prefix in text.prefixes:
        assert text.text.count(prefix) > 3


def test_a_text_is_fetched_once_and_then_kept(serve, server, cache):
    serve("/book")
    assert not is_local("time-machine")
    first = load("time-machine")
    assert first.text == BOOK.decode()
    assert first.name == "The Time Machine"
    assert first.prefixes == find_dataset("time-machine").prefixes
    assert is_local("time-machine")
    assert load("time-machine") == first
    assert server.asked == ["/book"]
    assert os.listdir(cache) == ["time-machine.txt"]


@pytest.mark.parametrize(("path", "total"), [("/book", len(BOOK)), ("/unknown-length", None)])
def test_progress_is_told_up_to_the_end(serve, path, total):
    serve(path)
    told = []
    load("time-machine", progress=lambda *step: told.append(step))
    assert told[-1] == (len(BOOK), total)
    assert {step[1] for step in told} == {total}
    assert [step[0] for step in told] == sorted({step[0] for step in told})


def test_a_kept_text_that_was_damaged_is_fetched_again(serve, server, cache):
    serve("/book")
    load("time-machine")
    (cache / "time-machine.txt").write_bytes(BOOK[:-1])
    assert not is_local("time-machine")
    assert load("time-machine").text == BOOK.decode()
    assert is_local("time-machine")
    assert server.asked == ["/book", "/book"]


def test_without_a_cache_to_write_to_the_text_is_still_there(serve, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CHARRNN_CACHE", str(tmp_path / "file" / "cache"))
    serve("/book")
    assert load("time-machine").text == BOOK.decode()
    assert not is_local("time-machine")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/other", "a different file from the one expected"),
        ("/missing", "404 Not Found"),
        ("/cut", "was lost after 5,000 bytes"),
    ],
)
def test_a_failed_download_is_said_and_nothing_is_kept(serve, cache, path, why):
    serve(path)
    with pytest.raises(UserError) as refusal:
        load("time-machine")
    message = str(refusal.value)
    assert message.startswith("The Time Machine could not be downloaded (")
    assert why in message
    assert "Use a text that needs no network (tide-clock, songs, python-manual" in message
    assert "\n" not in message
    assert refusal.value.field == "corpus"
    assert not is_local("time-machine")
    assert not cache.exists()


def test_without_a_network_the_embedded_texts_are_offered(cache, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    entry = dataclasses.replace(find_dataset("tiny-shakespeare"), url=f"http://127.0.0.1:{port}/")
    monkeypatch.setattr(datasets, "DATASETS", (*DATASETS[:4], entry))
    with pytest.raises(
        UserError, match=r"Tiny Shakespeare could not .*\(no connection to 127"
    ) as e:
        load("tiny-shakespeare")
    assert "tide-clock, songs, python-manual" in str(e.value)


@pytest.mark.parametrize("path", ["/silent", "/stalls"])
def test_a_server_that_stalls_is_given_up(serve, path):
    with pytest.raises(download.DownloadError, match=r"did not respond within 0\.1 seconds"):
        download.fetch(serve(path), sha1=SHA1, timeout=0.1)


def test_a_server_that_takes_too_long_altogether_is_given_up(serve):
    with pytest.raises(download.DownloadError, match="too slow"):
        download.fetch(serve("/book"), sha1=SHA1, deadline=0)


def test_a_server_that_sends_too_much_is_given_up(serve, monkeypatch):
    monkeypatch.setattr(download, "MAX_DOWNLOAD_BYTES", 100_000)
    told = []
    with pytest.raises(download.DownloadError, match="sent more than"):
        download.fetch(serve("/book"), sha1=SHA1, progress=lambda n, _: told.append(n))
    assert max(told) <= 100_000 < len(BOOK)


def test_a_progress_that_stops_the_download_is_heard(serve, cache):
    def stop(_so_far, _total):
        raise KeyboardInterrupt

    serve("/book")
    with pytest.raises(KeyboardInterrupt):
        load("time-machine", progress=stop)
    assert not is_local("time-machine")


def test_the_cache_lies_where_it_is_told_or_at_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CHARRNN_CACHE", "")
    assert download.cache_directory() == tmp_path / ".cache" / "charrnn"
    monkeypatch.setenv("CHARRNN_CACHE", str(tmp_path / "elsewhere"))
    assert download.cache_directory() == tmp_path / "elsewhere"


def test_without_a_home_the_cache_is_temporary(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("CHARRNN_CACHE", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    assert download.cache_directory().name == "charrnn"
