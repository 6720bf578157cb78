"""What the JSON of a request may be: how large, of how many parts, and about which functions."""

import asyncio
import json
import re
import tracemalloc
from types import SimpleNamespace

import pytest
from conftest import awaited
from hypothesis import given
from hypothesis import strategies as st

from charrnn.ui.server import body_budget, json_bodies
from charrnn.ui.server.asgi import RequestUserError
from charrnn.ui.server.body_budget import BodyBudget
from charrnn.ui.server.json_bodies import JsonBodyMiddleware
from charrnn.ui.server.json_scan import JsonScanner

MB = 1 << 20
CHUNK = 1 << 16


def function(api_name, *fields):
    return SimpleNamespace(
        api_name=api_name, inputs=[SimpleNamespace(elem_id=field) for field in fields]
    )


def offering(*names):
    named = [SimpleNamespace(__name__=name) for name in names]
    return SimpleNamespace(server_fns=named)


BLOCKS = SimpleNamespace(
    fns={0: function("train"), 1: function("look", "paste"), 2: function("models", None)},
    blocks={7: offering("poll", "star"), 8: SimpleNamespace()},
)


class Request:
    """A request that sends `chunks`, and what became of it."""

    def __init__(self, path, *chunks, headers=(), gone=False, stalls=False):
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": f"/gradio_api/{path}",
            "query_string": b"",
            "headers": list(headers),
            "app": SimpleNamespace(get_blocks=lambda: BLOCKS),
        }
        self.chunks, self.gone, self.stalls = list(chunks), gone, stalls
        self.read = 0  # chunks that were asked for
        self.passed = None  # the body that the app was given
        self.status, self.answer = None, None

    async def receive(self):
        if self.read == len(self.chunks) and self.gone:
            return {"type": "http.disconnect"}
        if self.read >= len(self.chunks):
            await asyncio.Event().wait()
        self.read += 1
        more = self.gone or self.stalls or self.read < len(self.chunks)
        return {"type": "http.request", "body": self.chunks[self.read - 1], "more_body": more}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.answer = json.loads(message["body"])

    async def app(self, scope, receive, send):
        message = await receive()
        assert not message["more_body"]
        self.passed = message["body"]
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        assert lengths == [str(len(self.passed)).encode()]

    async def through(self, bodies=None):
        """Send it through the middleware."""
        bodies = bodies or JsonBodyMiddleware(self.app, long_texts={"train", "paste"})
        bodies.app = self.app
        await bodies(self.scope, self.receive, self.send)
        return self


def send(path, body, **more):
    """A request with this body, in chunks as a server brings them."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    chunks = [body[i : i + CHUNK] for i in range(0, len(body), CHUNK)] or [b""]
    return awaited(Request(path, *chunks, **more).through())


def refused(status, path, body, **more):
    request = send(path, body, **more)
    assert (request.status, request.passed) == (status, None)
    assert set(request.answer) == {"detail", "error"}
    return request.answer["detail"]


# How large, and of how many parts


def test_a_body_of_millions_of_lists_is_refused_after_its_first_chunk():
    request = Request("queue/join", *[b"[]," * (CHUNK // 3)] * 900)  # 57 MB
    tracemalloc.start()
    awaited(request.through())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (request.status, request.read, request.passed) == (413, 1, None)
    assert "too many parts" in request.answer["detail"]
    assert peak < 5 * MB


@pytest.mark.parametrize("path", ["queue/join", "component_server", "run/predict", "mcp/", "reset"])
@pytest.mark.parametrize("many", [b"[],", b"{},", b",", b"[", b'"",', b'{"":{"":', b":", b'"\\"",'])
def test_many_parts_are_refused_on_every_route(path, many):
    assert "too many parts" in refused(413, path, many * (MB // 2 // len(many)))


def test_brackets_in_a_text_are_a_text():
    text = '[],{}:"\\' * (MB // 2)
    request = send("call/train", {"data": [None, text]})
    assert json.loads(request.passed) == {"data": [None, text]}


def test_a_long_number_and_much_white_space_are_refused():
    for body in (b'{"data": [1%s]}' % (b"0" * 2 * MB), b"{" + b" " * 2 * MB + b'"data": []}'):
        assert "too many parts" in refused(413, "call/train", body)
    assert "not JSON" in refused(400, "call/train", b'{"data": [1%s]}' % (b"0" * 9999))


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("call/train", {}),
        ("call/train/", {}),
        ("run/train", {}),
        ("run/predict", {"fn_index": 1}),
        ("queue/join", {"fn_index": 0}),
        ("queue/join", {"fn_index": 1}),
    ],
)
def test_a_long_text_goes_to_the_functions_that_take_one(path, call):
    body = {"data": ["a" * 15 * MB], "session_hash": "a", **call}
    assert json.loads(send(path, body).passed) == body
    said = refused(413, path, {"data": ["a" * 17 * MB], **call})
    assert said.startswith("This request is larger than 16 MB")


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("call/models", {}),
        ("call/v2/models", {}),
        ("run/train", {"fn_index": 2}),  # the number goes before the name
        ("queue/join", {"fn_index": 2}),
        ("component_server", {"component_id": 7, "fn_name": "star"}),
        ("cancel", {}),
    ],
)
def test_a_long_text_is_refused_for_all_other_functions(path, call):
    body = {"data": ["a" * (MB - 200)], "session_hash": "a", **call}
    assert json.loads(send(path, body).passed) == body
    said = refused(413, path, {"data": ["a" * MB], **call})
    assert said.startswith("This request is larger than 1 MB")


def test_where_uploads_are_small_texts_are_too():
    async def story(size):
        bodies = JsonBodyMiddleware(None, long_texts={"train"}, text_bytes=3 * MB)
        return await Request("call/train", json.dumps(["a" * size]).encode()).through(bodies)

    assert awaited(story(4 * MB)).answer["detail"].startswith("This request is larger than 3 MB")
    assert awaited(story(2 * MB)).status == 400, "and no object"


def test_a_body_that_says_it_is_too_large_is_not_read():
    request = Request("call/train", b"{}", headers=[(b"content-length", b"%d" % (17 * MB))])
    awaited(request.through())
    assert (request.status, request.read) == (413, 0)


def test_the_answer_is_in_the_user_s_language():
    said = refused(413, "cancel", b'"' + b"a" * 2 * MB, headers=[(b"accept-language", b"zh-CN")])
    assert said == "这个请求超过了 1 MB 的上限。较长的文本请改为上传文件。"


@pytest.mark.parametrize("path", ["queue/join", "component_server", "mcp/"])
@pytest.mark.parametrize(
    "deep", [b"[" * 9999, b"[" * 9999 + b"]" * 9999, b'{"a":' * 40 + b"1" + b"}" * 40]
)
def test_what_is_nested_deeply_is_refused(path, deep):
    said = refused(400, path, deep)
    assert "nested too deeply" in said or "not JSON" in said


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", '{"data": []}'.encode("utf-16"), b'{"data": ["\xed\xa0\x80"]}', b"nul", b"[1"],
)
def test_what_is_no_json_is_refused(body):
    assert "not JSON in UTF-8" in refused(400, "call/train", body)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null"])
def test_what_is_no_object_is_refused(body):
    assert "not a JSON object" in refused(400, "call/train", body)


@pytest.mark.parametrize("body", [b"{}", b'{"data": 1}', b'{"data": null}', b'{"data": {"0": 1}}'])
def test_a_call_without_a_list_of_values_is_refused(body):
    assert "needs a list named data" in refused(400, "call/train", body)


def test_odd_values_pass_as_they_are():
    body = (
        b'\xef\xbb\xbf{"data": ["\\ud800", 1e999, -0.0, "\\u4e2d\xe5\x8c\x97", 123456789012345678]}'
    )
    passed = send("call/train", body).passed
    assert json.loads(passed) == json.loads(body) and json.loads(passed)["data"][0] == "\ud800"


def test_of_a_duplicate_key_the_checked_value_is_passed_on():
    passed = send("call/train", b'{"data": [1], "data": [2]}').passed
    assert passed.count(b"data") == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.sampled_from('\\"[]{}'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.booleans(), st.lists(st.integers(1, 9), min_size=1))
def test_parts_are_counted_however_the_body_is_cut(value, escaped, lengths):
    text = json.dumps(value, ensure_ascii=escaped)
    body = text.encode("utf-8", "surrogatepass")
    scanner, start = JsonScanner(), 0
    while start < len(body):
        length = lengths[start % len(lengths)]
        scanner.feed(body[start : start + length])
        start += length
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    assert scanner.structure == sum(outside.count(part) for part in "[]{},:")
    assert scanner.outside_bytes == len(outside.encode())


# Memory and time for bodies


def test_a_body_that_does_not_arrive_times_out(monkeypatch):
    monkeypatch.setattr(json_bodies, "ARRIVAL_SECONDS", 0.05)
    request = Request("call/train", b'{"data"', stalls=True)
    awaited(request.through())
    assert (request.status, request.passed) == (408, None)


@pytest.mark.parametrize("limit", ["MAX_BYTES", "MAX_BYTES_PER_ADDRESS"])
def test_a_client_that_disconnects_during_its_body_leaves_nothing(limit, monkeypatch):
    monkeypatch.setattr(body_budget, limit, 20)
    bodies = JsonBodyMiddleware(None)
    for _ in range(3):
        request = awaited(Request("call/train", b'{"data": "', gone=True).through(bodies))
        assert (request.status, request.passed) == (None, None)
    request = awaited(Request("call/train", b'{"data": ["tide"]}').through(bodies))
    assert request.passed == b'{"data": ["tide"]}', "there is room for all of it"


@pytest.mark.parametrize(
    ("scarce", "other"),
    [("MAX_BYTES", "b"), ("MAX_BYTES_PER_ADDRESS", "address:a/2"), (None, "address:a/2")],
)
def test_waiting_bodies_share_the_memory_budget(monkeypatch, scarce, other):
    if scarce:
        monkeypatch.setattr(body_budget, scarce, 1000)
    budget = BodyBudget()
    with budget.account("address:a/1") as take:
        take(600)
        with budget.account("c") as of_another:
            of_another(300)
        if scarce:
            with pytest.raises(RequestUserError, match="try again") as error:  # noqa: SIM117
                with budget.account(other) as more:
                    more(600)
            assert error.value.status == 503
    with budget.account(other) as again:
        again(600)


# Functions, sessions


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("queue/join", {"data": []}),
        ("queue/join", {"data": [], "fn_index": 3}),
        ("queue/join", {"data": [], "fn_index": "0"}),
        ("queue/join", {"data": [], "fn_index": True}),
        ("queue/join", {"data": [], "fn_index": [0]}),
        ("run/nothing", {"data": []}),
        ("call/nothing", {"data": [], "fn_index": 0}),
        ("call/v2/nothing", {}),
        ("component_server", {"component_id": 7, "fn_name": "other"}),
        ("component_server", {"component_id": 7, "fn_name": ["star"]}),
        ("component_server", {"component_id": 7}),
        ("component_server", {"component_id": 8, "fn_name": "star"}),
        ("component_server", {"component_id": "7", "fn_name": "star"}),
        ("component_server", {"component_id": [7], "fn_name": "star"}),
        ("component_server/", {"component_id": 9, "fn_name": "star"}),
    ],
)
def test_an_unknown_function_is_refused(path, body):
    assert refused(404, path, body) == "There is no such function."


@pytest.mark.parametrize("key", ["session_hash", "event_id"])
@pytest.mark.parametrize("name", ["", "a" * 65, "a<gradio-sep>b", "a b", "é", "\n", 7, ["a"], {}])
def test_a_session_has_a_plain_id(key, name):
    for path, call in (
        ("queue/join", {"data": [], "fn_index": 0}),
        ("run/train", {"data": []}),
        ("call/train", {"data": []}),
        ("component_server", {"component_id": 7, "fn_name": "star"}),
        ("cancel", {}),
        ("reset", {}),
    ):
        assert refused(400, path, {**call, key: name}).startswith(f"{key} must have 1 to 64")
        assert send(path, {**call, key: "0b3f-x_Z"}).passed


def test_a_call_without_a_session_gets_a_new_one():
    first, second = (json.loads(send("run/train", {"data": []}).passed) for _ in range(2))
    assert len(first["session_hash"]) == 32
    assert first["session_hash"] != second["session_hash"]
    assert json.loads(send("call/train", {"data": []}).passed) == {"data": []}
