"""Many visitors at once: the app in a process of its own, and callers who do as the page does.

    python benchmarks/visitors.py

Two runs train for as long as it takes; 20 visitors generate, each again as soon as the last text is
there; one more uses the page. First character: from asking to a character of the text. Whoever asks
runs on the same machine, and takes some of its time.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
from measure import ROOT, answers, keep, table

VISITORS, AT_ONCE = 20, 50
SECONDS = 20.0  # of each part
OPENING = 3.0  # seconds in which all of them have opened the page
LENGTH = 1000
GOALS = {"first character": 300, "page": 200}  # ms at the 95th percentile
RUN = {"cell": "lstm", "hidden_size": 256, "batch_size": 32, "steps": 64, "seconds": 600}
Times = list[float]


def main() -> None:
    """Measure, and keep the figures."""
    with tempfile.TemporaryDirectory() as directory, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        told = {"GRADIO_SERVER_PORT": str(port), "CHARRNN_RUNS": str(Path(directory) / "runs")}
        app = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=os.environ | told | {"CHARRNN_WORKERS": "2"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            while not answers(url):
                time.sleep(0.1)
            blocks = asyncio.run(measured(url, Path(directory) / "runs"))
        finally:
            app.terminate()
            app.wait()
    if "--dry" in sys.argv:
        print(*blocks, sep="\n\n")
    else:
        keep("visitors", "Many visitors at once", blocks)


async def measured(url: str, runs: Path) -> list[str]:
    """All parts, one after the other, as text for the table."""
    async with AsyncExitStack() as open_clients:

        async def visitor() -> Page:
            """Open the page as a browser of its own, with a cookie of its own."""
            return await open_page(await open_clients.enter_async_context(client(url)), url)

        page = await visitor()
        others = [await visitor() for _ in range(AT_ONCE)]
        await page.generate()  # the model is read once
        watchers = [asyncio.create_task(page.train()) for _ in range(2)]
        while len(paces(runs)) < 2:
            await asyncio.sleep(0.2)
        rows = []
        quiet = await used(page, [])
        for name, times in quiet.items():
            rows.append(row(name, "two runs train", times))
        alone = speeds(runs)
        first: Times = []
        busy = await used(page, [visits(one, first) for one in others[:VISITORS]], first.clear)
        crowded = speeds(runs)
        crowd = f"and {VISITORS} visitors generate"
        rows.append(row("first character", crowd, first, GOALS["first character"]))
        for name, times in busy.items():
            rows.append(row(name, crowd, times, GOALS["page"]))
        began = time.perf_counter()
        at_once = await asyncio.gather(*(one.generate() for one in others), return_exceptions=True)
        took = time.perf_counter() - began
        answered = [one for one in at_once if isinstance(one, float)]
        rows.append(row("first character", f"and {AT_ONCE} ask at the same moment", answered))
        for watcher in watchers:
            watcher.cancel()
    facts = (
        f"{AT_ONCE} at the same moment: {AT_ONCE - len(answered)} refused, all texts of {LENGTH} "
        f"characters there after {took:.1f} s. {VISITORS} visitors were written "
        f"{len(first) * LENGTH / SECONDS:,.0f} characters/s together. The two runs trained on "
        f"{sum(alone):,.0f} characters/s together when nobody generated, and on "
        f"{sum(crowded):,.0f} meanwhile."
    )
    header = ["what", "while", "times", "median, ms", "95th percentile, ms", "goal, ms"]
    return [table(header, rows), facts]


def client(url: str) -> httpx.AsyncClient:
    """An HTTP client with a cookie jar of its own."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.AsyncClient(base_url=f"{url}/gradio_api", timeout=60, limits=limits)


async def open_page(http: httpx.AsyncClient, url: str) -> Page:
    """The page as a new visitor opens it."""
    page = Page(http, (await http.get(f"{url}/config")).json(), url)
    await page.open()
    return page


def row(name: str, meanwhile: str, times: Times, goal: int | None = None) -> list[str]:
    """A line of the table."""
    ranked = sorted(times) or [float("nan")]
    middle, late = ranked[len(ranked) // 2], ranked[min(len(ranked) - 1, len(ranked) * 95 // 100)]
    ms = [f"{1000 * value:.0f}" for value in (middle, late)]
    return [name, meanwhile, str(len(times)), *ms, str(goal or "–")]


def paces(runs: Path) -> list[list[dict[str, Any]]]:
    """The progress of each run that has told some."""
    told = []
    for journal in sorted(runs.glob("*/events.jsonl")):
        events = [json.loads(line) for line in journal.read_text().splitlines()]
        told.append([event for event in events if event["event"] == "progress"])
    return [events for events in told if len(events) > 2]


def speeds(runs: Path) -> list[float]:
    """Characters a second that each run has trained on in the last part."""
    rates = []
    for events in paces(runs):
        last = events[-1]
        since = next(one for one in events if one["seconds"] > last["seconds"] - SECONDS * 0.8)
        done = last["characters_seen"] - since["characters_seen"]
        rates.append(done / (last["seconds"] - since["seconds"]))
    return rates


async def visits(page: Page, first: Times) -> None:
    """A visitor who generates again and again."""
    session = secrets.token_hex(5)
    while True:
        first.append(await page.generate(session))


async def used(
    page: Page, crowd: list[Awaitable[None]], forget: Callable[[], None] = lambda: None
) -> dict[str, Times]:
    """The page used by one person for a while, beside a crowd; `forget` what came before."""
    tasks = [asyncio.ensure_future(one) for one in crowd]
    if crowd:
        await asyncio.sleep(OPENING)
        forget()
    uses: dict[str, Callable[[], Awaitable[float]]] = {
        "opening the page": page.open, "looking over the form": page.look_over,
        "the ten likeliest": page.likely, "the run card": page.card,
    }  # fmt: skip
    times: dict[str, Times] = {name: [] for name in uses}
    began = time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        for name, use in uses.items():
            times[name].append(await use())
            await asyncio.sleep(0.1)
    for task in tasks:
        if task.done():
            task.result()
        task.cancel()
    return times


class Page:
    """What the page asks of the server, in seconds that an answer takes."""

    def __init__(self, http: httpx.AsyncClient, config: dict[str, Any], url: str) -> None:
        self.http, self.url = http, url
        self.run: str | None = None
        self.events = config["dependencies"]
        self.values = {c["id"]: c["props"].get("value") for c in config["components"]}
        self.named = {
            c["props"]["elem_id"]: c["id"]
            for c in config["components"]
            if c["props"].get("elem_id")
        }
        self.card_id = next(
            c["id"] for c in config["components"]
            if "poll" in (c["props"].get("server_fns") or ())
        )  # fmt: skip
        self.number = iter(range(10**9))
        self.session = secrets.token_hex(5)  # of who uses the page

    def event(self, element: str, name: str) -> dict[str, Any]:
        """The event of that name of a component."""
        wanted = [self.named[element], name]
        return next(e for e in self.events if wanted in [list(t) for t in e["targets"]])

    async def generate(self, session: str | None = None) -> float:
        """Ask for a text, wait until it is there, and say when its first character was.

        `session` is what Gradio knows an open page by.
        """
        event, session = self.event("generate-page", "generate"), session or secrets.token_hex(5)
        page, prefix = self.values[self.named["generate-page"]], "The tide clock "
        choice, seed = {"mode": "sample", "alpha": 1.0}, ""
        asked = {
            "data": [prefix, page, choice, LENGTH, seed],
            "event_data": {"action": "generate", "checkpoint": "tide-clock"},
            "fn_index": event["id"], "trigger_id": self.named["generate-page"],
            "session_hash": session,
        }  # fmt: skip
        began, first = time.perf_counter(), None
        joined = await self.http.post("/queue/join", json=asked)
        joined.raise_for_status()
        query = {"session_hash": session}
        async with self.http.stream("GET", "/queue/data", params=query) as told:
            async for line in told.aiter_lines():
                if first is None and '"process_generating"' in line:
                    first = time.perf_counter() - began
                if '"process_completed"' in line:
                    break
        if first is None:
            raise RuntimeError(f"nothing was written: {line}")
        return first

    async def train(self) -> None:
        """Train, and watch."""
        asked = {"data": ["tide-clock", "", "custom", RUN, next(self.number)]}
        event = (await self.http.post("/call/train", json=asked)).json()["event_id"]
        async with self.http.stream("GET", f"/call/train/{event}", timeout=None) as told:
            async for line in told.aiter_lines():
                if '"start"' in line and line.startswith("data:"):
                    self.run = json.loads(line[5:])[0]["run"]

    async def open(self) -> float:
        """The page itself."""
        began = time.perf_counter()
        (await self.http.get(self.url)).raise_for_status()
        return time.perf_counter() - began

    async def look_over(self) -> float:
        """What the form says when something in it has changed."""
        event = self.event("train-corpus", "change")
        data = [self.values.get(i) for i in event["inputs"]]
        return await self._asked("/run/predict", {"data": data, "fn_index": event["id"]})

    async def likely(self) -> float:
        """The panel of the ten likeliest characters."""
        data = {"checkpoint": "tide-clock", "text": f"The tide clock {next(self.number)}"}
        return await self._called("generate-next-char", "next_characters", data)

    async def card(self) -> float:
        """What is new on the run card, for who has heard of nothing yet."""
        return await self._called(self.card_id, "poll", {"run": self.run})

    async def _called(self, component: str | int, name: str, data: object) -> float:
        known = self.named[component] if isinstance(component, str) else component
        asked = {"component_id": known, "fn_name": name, "data": data}
        return await self._asked("/component_server", asked)

    async def _asked(self, route: str, body: dict[str, Any]) -> float:
        body = body | {"session_hash": self.session}
        began = time.perf_counter()
        (await self.http.post(route, json=body)).raise_for_status()
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
