"""A request that is retried under its idempotency key, runs once."""

import asyncio

import pytest
from conftest import awaited

from charrnn.ui.server.idempotency import (
    HEADER,
    MAX_RESPONSE_BYTES,
    MAX_RESPONSES,
    IdempotencyMiddleware,
)

KEY = b"4711" * 4


class App:
    """Counts what it is asked; `go` lets it answer."""

    def __init__(self, *, status=200, body=b'{"event_id": "a"}', fails=False):
        self.status, self.body, self.fails = status, body, fails
        self.asked = 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, scope, receive, send):
        while (message := await receive())["type"] == "http.request":
            if not message.get("more_body"):
                break
        else:
            return  # as Gradio does where nobody is there any more
        self.asked += 1
        await self.go.wait()
        if self.fails:
            raise ValueError("a defect")
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        for part in (self.body[:4], self.body[4:]):
            more = part == self.body[:4]
            await send({"type": "http.response.body", "body": part, "more_body": more})


async def ask(
    middleware, *parts, key=KEY, method="POST", path="/queue/join", client="", lost=False
):
    """What is answered; where the line is down, as uvicorn does, what is sent goes nowhere."""
    waiting, heard = list(parts or ({"type": "http.request", "body": b"{}"},)), []

    async def receive():
        part = waiting.pop(0)
        return await part if asyncio.isfuture(part) else part

    async def send(message):
        if not lost:
            heard.append(message)

    headers = [(b"client", client.encode()), *([(HEADER, key)] if key else [])]
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    await middleware(scope, receive, send)
    return b"".join(message.get("body", b"") for message in heard)


def test_a_retried_request_runs_once_and_gets_the_same_response():
    async def story():
        middleware = IdempotencyMiddleware(app := App())
        assert await ask(middleware, lost=True) == b""
        assert await ask(middleware) == await ask(middleware) == app.body
        assert app.asked == 1
        assert await ask(middleware, key=b"another" * 4) == app.body
        assert await ask(middleware, key=None) == await ask(middleware, key=None) == app.body
        assert await ask(middleware, method="PUT") == app.body
        assert app.asked == 5

    awaited(story())


def test_a_key_counts_for_one_path_and_one_client():
    async def story():
        middleware = IdempotencyMiddleware(app := App(), lambda request: request.headers["client"])
        first = {"path": "/queue/join", "client": "address:home/ada"}
        others = ({"path": "/run/score"}, {"client": "address:home/bob"}, {"client": "name:ada"})
        await ask(middleware, **first)
        for asked, other in enumerate(others, start=2):
            await ask(middleware, **first | other)
            assert app.asked == asked
        await ask(middleware, **first)
        await ask(middleware, **first | {"client": "address:phone/ada"})
        assert app.asked == 4, "the same browser, also at another address"

    awaited(story())


@pytest.mark.parametrize("key", [b"1", b"0" * 15, b"0" * 65])
def test_a_key_that_two_clients_may_choose_by_chance_or_that_is_too_long_is_ignored(key):
    async def story():
        middleware = IdempotencyMiddleware(app := App())
        assert await ask(middleware, key=key) == await ask(middleware, key=key) == app.body
        assert app.asked == 2

    awaited(story())


def test_a_retry_waits_for_the_first_request_that_is_still_running():
    async def story():
        middleware = IdempotencyMiddleware(app := App())
        app.go.clear()
        asking = [asyncio.create_task(ask(middleware, lost=number == 0)) for number in range(3)]
        await asyncio.sleep(0.01)
        assert app.asked == 1
        app.go.set()
        assert await asyncio.gather(*asking) == [b"", app.body, app.body]
        assert app.asked == 1

    awaited(story())


@pytest.mark.parametrize(
    "said", [{"status": 503}, {"body": bytes(MAX_RESPONSE_BYTES + 1)}], ids=["refused", "long"]
)
def test_a_response_that_is_an_error_or_too_long_is_not_stored(said):
    async def story():
        middleware = IdempotencyMiddleware(app := App(**said))
        assert await ask(middleware) == await ask(middleware) == app.body
        assert app.asked == 2

    awaited(story())


def test_a_request_that_fails_runs_again_for_a_retry_that_waited():
    async def story():
        middleware = IdempotencyMiddleware(app := App(fails=True))
        app.go.clear()
        first, second = (asyncio.create_task(ask(middleware)) for _ in range(2))
        await asyncio.sleep(0.01)
        app.go.set()
        with pytest.raises(ValueError, match="a defect"):
            await first
        with pytest.raises(ValueError, match="a defect"):
            await second
        assert app.asked == 2
        app.fails = False
        assert await ask(middleware) == app.body

    awaited(story())


def test_a_retry_does_not_wait_for_a_request_that_arrived_in_part():
    async def story():
        middleware = IdempotencyMiddleware(app := App())
        rest = asyncio.get_running_loop().create_future()
        half = {"type": "http.request", "body": b"{", "more_body": True}
        first = asyncio.create_task(ask(middleware, half, rest))
        await asyncio.sleep(0.01)
        assert await ask(middleware) == app.body
        rest.set_result({"type": "http.request", "body": b"}"})
        assert await first == b"", "it was done meanwhile"
        assert app.asked == 1

    awaited(story())


def test_the_oldest_responses_are_dropped():
    async def story():
        middleware = IdempotencyMiddleware(app := App())
        for number in range(MAX_RESPONSES + 1):
            await ask(middleware, key=b"%016d" % number)
        await ask(middleware, key=b"%016d" % 1)
        assert app.asked == MAX_RESPONSES + 1
        await ask(middleware, key=b"%016d" % 0)
        assert app.asked == MAX_RESPONSES + 2

    awaited(story())
