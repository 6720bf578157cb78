"""A request that is asked again because its answer was lost is done once."""

import asyncio

import pytest
from conftest import awaited

from charrnn.ui.services.idempotency import (
    HEADER,
    MAX_RESPONSE_BYTES,
    MAX_RESPONSES,
    IdempotencyMiddleware,
)

WORD = b"4711"


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


async def ask(once, *parts, word=WORD, method="POST", lost=False):
    """What is answered; where the line is down, as uvicorn does, what is sent goes nowhere."""
    waiting, heard = list(parts or ({"type": "http.request", "body": b"{}"},)), []

    async def receive():
        part = waiting.pop(0)
        return await part if asyncio.isfuture(part) else part

    async def send(message):
        if not lost:
            heard.append(message)

    headers = [(HEADER, word)] if word else []
    scope = {"type": "http", "method": method, "path": "/queue/join", "headers": headers}
    await once(scope, receive, send)
    return b"".join(message.get("body", b"") for message in heard)


def test_what_is_asked_again_is_done_once_and_hears_the_same():
    async def story():
        once = IdempotencyMiddleware(app := App())
        assert await ask(once, lost=True) == b""
        assert await ask(once) == await ask(once) == app.body
        assert app.asked == 1
        assert await ask(once, word=b"another") == app.body
        assert await ask(once, word=None) == await ask(once, word=None) == app.body
        assert await ask(once, method="PUT") == app.body
        assert app.asked == 5

    awaited(story())


def test_it_waits_for_the_first_that_is_not_done_yet():
    async def story():
        once = IdempotencyMiddleware(app := App())
        app.go.clear()
        asking = [asyncio.create_task(ask(once, lost=number == 0)) for number in range(3)]
        await asyncio.sleep(0.01)
        assert app.asked == 1
        app.go.set()
        assert await asyncio.gather(*asking) == [b"", app.body, app.body]
        assert app.asked == 1

    awaited(story())


@pytest.mark.parametrize(
    "said", [{"status": 503}, {"body": bytes(MAX_RESPONSE_BYTES + 1)}], ids=["refused", "long"]
)
def test_what_is_refused_or_too_long_to_keep_is_done_anew(said):
    async def story():
        once = IdempotencyMiddleware(app := App(**said))
        assert await ask(once) == await ask(once) == app.body
        assert app.asked == 2

    awaited(story())


def test_what_fails_is_done_anew_and_whoever_waited_for_it_does_it():
    async def story():
        once = IdempotencyMiddleware(app := App(fails=True))
        app.go.clear()
        first, second = (asyncio.create_task(ask(once)) for _ in range(2))
        await asyncio.sleep(0.01)
        app.go.set()
        with pytest.raises(ValueError, match="a defect"):
            await first
        with pytest.raises(ValueError, match="a defect"):
            await second
        assert app.asked == 2
        app.fails = False
        assert await ask(once) == app.body

    awaited(story())


def test_nobody_waits_for_one_that_has_come_in_part():
    async def story():
        once = IdempotencyMiddleware(app := App())
        rest = asyncio.get_running_loop().create_future()
        half = {"type": "http.request", "body": b"{", "more_body": True}
        first = asyncio.create_task(ask(once, half, rest))
        await asyncio.sleep(0.01)
        assert await ask(once) == app.body
        rest.set_result({"type": "http.request", "body": b"}"})
        assert await first == b"", "it was done meanwhile"
        assert app.asked == 1

    awaited(story())


def test_the_oldest_are_forgotten():
    async def story():
        once = IdempotencyMiddleware(app := App())
        for number in range(MAX_RESPONSES + 1):
            await ask(once, word=b"%d" % number)
        await ask(once, word=b"1")
        assert app.asked == MAX_RESPONSES + 1
        await ask(once, word=b"0")
        assert app.asked == MAX_RESPONSES + 2

    awaited(story())
