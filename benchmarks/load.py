"""Load that one sender puts on the app, and what everybody else notices of it.

    python benchmarks/load.py [CASE ...] [--before DIRECTORY] [--dry]

Each case starts the app of this checkout, and that of `DIRECTORY` (an older one) before it, in a
process of its own. A second process sends requests from 127.0.0.2 for 30 seconds at most, and gives
up. Meanwhile and for five seconds after, a visitor at 127.0.0.1 uses the page, and a probe asks for
`/gradio_api/app_id` every 50 ms.

Three figures are kept, with their goals: the longest time that the probe waited for an answer
(1 s); the app's memory at its highest, above what it had before (1 GB); and the longest time that
the visitor waited for a page, for a text of 1,000 characters, or for the end of a run (5 s).

All requests go to this machine. Their number, their size and their time are bounded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from measure import ROOT, answers, keep, table
from visitors import Page

ATTACK_SECONDS = 30.0  # after which the sender gives up
AFTER_SECONDS = 5.0  # in which everything is measured once the sender is gone
PROBE_SECONDS = 0.05  # between two probes
ANSWER_SECONDS = 60.0  # after which a request of the visitor counts as unanswered
GOALS = ("1 s", "1,000 MB", "5 s")


@dataclass
class Seen:
    """What the probe and the visitor noticed during one case, in seconds and megabytes."""

    silence: float = 0.0
    memory: float = 0.0
    wait: float = 0.0
    waits: dict[str, float] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)  # of the sender, by kind

    def waited(self, what: str, seconds: float) -> None:
        """Note how long the visitor waited."""
        self.waits[what] = max(self.waits.get(what, 0.0), seconds)
        self.wait = max(self.wait, seconds)

    def answered(self, kind: object) -> None:
        """Count an answer that the sender got."""
        self.answers[str(kind)] = self.answers.get(str(kind), 0) + 1


@dataclass
class Sender:
    """The one whose requests are the load."""

    http: httpx.AsyncClient
    config: dict[str, Any]
    url: str
    seen: Seen

    async def post(self, route: str, **request: Any) -> None:
        """Send a request and count its answer."""
        try:
            answer = await self.http.post(route, **request)
            self.seen.answered(answer.status_code)
        except httpx.HTTPError as error:
            self.seen.answered(type(error).__name__)

    async def call(self, endpoint: str, *data: object) -> None:
        """Call a named endpoint and read its answer to the end."""
        try:
            joined = await self.http.post(f"/call/{endpoint}", json={"data": list(data)})
            if joined.status_code != 200:
                self.seen.answered(joined.status_code)
                return
            async with self.http.stream(
                "GET", f"/call/{endpoint}/{joined.json()['event_id']}"
            ) as stream:
                last = ""
                async for line in stream.aiter_lines():
                    last = line.removeprefix("event: ") if line.startswith("event: ") else last
            self.seen.answered(last or "nothing")
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            self.seen.answered(type(error).__name__)

    def page(self) -> Page:
        """The page's own requests, as this sender."""
        return Page(self.http, self.config, self.url)

    async def look(self, text: str) -> None:
        """Ask for the likeliest next characters, as the panel on Generate does."""
        page = self.page()
        body = {
            "component_id": page.named["generate-next-char"],
            "fn_name": "next_characters",
            "data": {"checkpoint": "tide-clock", "text": text},
            "session_hash": secrets.token_hex(5),
        }
        await self.post("/component_server", json=body)

    async def change_form(self, **values: object) -> None:
        """Have the Train form looked over, as after a change in it."""
        page = self.page()
        event = page.event("train-corpus", "change")
        ids = {page.named.get(name.replace("_", "-")): value for name, value in values.items()}
        data = [ids.get(i, page.values.get(i)) for i in event["inputs"]]
        body = {"data": data, "fn_index": event["id"], "session_hash": secrets.token_hex(5)}
        await self.post("/run/predict", json=body)

    async def three_alphas(self) -> None:
        """Ask for a text at three α with the large model, as the page does."""
        page = self.page()
        event, session = page.event("generate-page", "generate"), secrets.token_hex(5)
        body = {
            "data": [
                "The ",
                page.values[page.named["generate-page"]],
                {"mode": "sample", "alpha": 1.0},
                2000,
                "",
            ],
            "event_data": {"action": "three-alphas", "checkpoint": "large"},
            "fn_index": event["id"],
            "trigger_id": page.named["generate-page"],
            "session_hash": session,
        }
        joined = await self.http.post("/queue/join", json=body)
        self.seen.answered(joined.status_code)
        if joined.status_code != 200:
            return
        query = {"session_hash": session}
        async with self.http.stream("GET", "/queue/data", params=query) as stream:
            async for line in stream.aiter_lines():
                if '"process_completed"' in line:
                    break


async def many(calls: int, call: Callable[[], Awaitable[None]]) -> None:
    """Make `calls` calls at once."""
    await asyncio.gather(*(call() for _ in range(calls)))


async def scores(sender: Sender) -> None:
    """300 texts of 200,000 characters to score."""
    text = "It was the tide that told the time. " * 5_556
    await many(300, lambda: sender.call("score", "tide-clock", text))


async def looks(sender: Sender) -> None:
    """260 requests for the likeliest next characters, after 100,000 characters each."""
    text = "It was the tide that told the time. " * 2_778
    await many(260, lambda: sender.look(text + secrets.token_hex(4)))


async def prefix(sender: Sender) -> None:
    """Four prefixes of 40 MB."""
    text = "It was the tide that told the time. " * 1_111_112
    await many(4, lambda: sender.call("generate", "tide-clock", text, 10, "sample", 1.0, 0))


async def plans(sender: Sender) -> None:
    """80 looks at the form with a pasted text of 900,000 characters each."""
    text = "It was the tide that told the time. " * 25_000
    await many(80, lambda: sender.change_form(train_corpus="own", train_paste=text))


async def columns(sender: Sender) -> None:
    """50 texts at three α with a model of 36 MB."""
    await many(50, sender.three_alphas)


async def brackets(sender: Sender) -> None:
    """A body of 57 MB that is JSON of nothing but brackets, to a server function."""
    body = b"[" + b"[]," * 19_000_000 + b"[]]"
    await sender.post(
        "/component_server", content=body, headers={"content-type": "application/json"}
    )


async def pattern(sender: Sender) -> None:
    """A server function whose name has 5 MB."""
    body = {
        "component_id": sender.page().named["generate-next-char"],
        "fn_name": "(a|b)" * 1_000_000,
        "data": {},
        "session_hash": "x",
    }
    await sender.post("/component_server", json=body)


async def surrogates(sender: Sender) -> None:
    """A file of 39 MB in which no three bytes are a character, looked at six times."""
    upload = await sender.http.post(
        "/upload", files={"files": ("broken.txt", b"\xed\xa0\x80" * 13_000_000)}
    )
    sender.seen.answered(upload.status_code)
    if upload.status_code == 200:
        file = {"path": upload.json()[0], "meta": {"_type": "gradio.FileData"}}
        await many(6, lambda: sender.change_form(train_corpus="own", train_files=[file]))


async def letter(sender: Sender) -> None:
    """A file of 15 MB of one Chinese letter, looked at six times."""
    upload = await sender.http.post(
        "/upload", files={"files": ("letter.txt", "\u4e2d".encode() * 5_000_000)}
    )
    sender.seen.answered(upload.status_code)
    if upload.status_code == 200:
        file = {"path": upload.json()[0], "meta": {"_type": "gradio.FileData"}}
        await many(6, lambda: sender.change_form(train_corpus="own", train_files=[file]))


CASES = {
    case.__name__: case
    for case in (scores, looks, prefix, plans, columns, brackets, pattern, surrogates, letter)
}


@asynccontextmanager
async def measured(url: str, process: int, seen: Seen) -> AsyncIterator[None]:
    """Probe the app and use its page for as long as the block lasts, and five seconds more."""
    idle = memory(process)
    async with httpx.AsyncClient(base_url=f"{url}/gradio_api", timeout=ANSWER_SECONDS) as http:
        page = Page(http, (await http.get(f"{url}/config")).json(), url)
        await page.generate()  # the model is read once, before anything is measured
        over = asyncio.Event()
        tasks = [
            asyncio.create_task(probe(http, seen, over)),
            asyncio.create_task(use(page, seen, over)),
            asyncio.create_task(weigh(process, idle, seen)),
        ]
        try:
            yield
            await asyncio.sleep(AFTER_SECONDS)
            over.set()
            await asyncio.wait(tasks[:2], timeout=ANSWER_SECONDS)  # for the last answers
        finally:
            for task in tasks:
                task.cancel()


async def probe(http: httpx.AsyncClient, seen: Seen, over: asyncio.Event) -> None:
    """Ask for the smallest answer again and again, and note the longest wait."""
    while not over.is_set():
        began = time.perf_counter()
        try:
            (await http.get("/app_id")).raise_for_status()
        except httpx.HTTPError as error:
            seen.answered(f"probe: {type(error).__name__}")
        seen.silence = max(seen.silence, time.perf_counter() - began)
        await asyncio.sleep(PROBE_SECONDS)


async def use(page: Page, seen: Seen, over: asyncio.Event) -> None:
    """Do what a visitor does: open the page, have 1,000 characters written, stop a run."""

    async def stop() -> None:
        (await page.http.post("/call/stop", json={"data": ["0" * 32]})).raise_for_status()

    uses = {"page": page.open, "text": page.generate, "stop": stop}
    while not over.is_set():
        for name, used in uses.items():
            began = time.perf_counter()
            try:
                await used()
            except (httpx.HTTPError, RuntimeError) as error:
                seen.answered(f"visitor: {name}: {type(error).__name__}")
            seen.waited(name, time.perf_counter() - began)


async def weigh(process: int, idle: float, seen: Seen) -> None:
    """Note the app's memory at its highest."""
    while True:
        seen.memory = max(seen.memory, memory(process) - idle)
        await asyncio.sleep(0.1)


def memory(process: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1e3


def make_large_model(directory: Path) -> None:
    """Save an LSTM of 36 MB whose weights are random."""
    from charrnn.checkpoint import Checkpoint, save
    from charrnn.model import CharRNN, ModelConfig
    from charrnn.vocabulary import Vocabulary

    vocabulary = Vocabulary.from_text("The tide clock was slow that morning.\n")
    config = ModelConfig(cell="lstm", hidden_size=1_450)
    save(Checkpoint(CharRNN(config, len(vocabulary)), vocabulary, {"name": "Large"}), directory)


def run_case(name: str, app: Path) -> Seen:
    """Start the app, put one load on it, and return what was noticed."""
    seen = Seen()
    with tempfile.TemporaryDirectory() as place, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        shutil.copytree(app, copy := Path(place) / "app", ignore=shutil.ignore_patterns(".*"))
        make_large_model(copy / "checkpoints" / "large")
        told = {
            "GRADIO_SERVER_PORT": str(port),
            "CHARRNN_RUNS": str(Path(place) / "runs"),
            "CHARRNN_UPLOAD_MB": "40",
            "CHARRNN_WORKERS": "1",
            "GRADIO_TEMP_DIR": str(Path(place) / "files"),
        }
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=copy,
            env=os.environ | told,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            while not answers(url):
                time.sleep(0.1)
            asyncio.run(attack(name, url, process.pid, seen))
        finally:
            process.kill()
            process.wait()
    return seen


async def attack(case: str, url: str, process: int, seen: Seen) -> None:
    """Measure everything while another process sends one case's requests.

    In this process the sender would hold up the probe, and what is measured would be its own wait.
    """
    async with measured(url, process, seen):
        sender = await asyncio.create_subprocess_exec(
            sys.executable, __file__, case, "--send-to", url, stdout=asyncio.subprocess.PIPE
        )
        answers, _ = await sender.communicate()
        seen.answers |= json.loads(answers)


async def send(case: str, url: str) -> dict[str, int]:
    """Send one case's requests; return how often the sender got each kind of answer."""
    seen = Seen()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2", limits=limits)
    async with httpx.AsyncClient(
        base_url=f"{url}/gradio_api", transport=transport, timeout=ATTACK_SECONDS
    ) as http:
        sender = Sender(http, (await http.get(f"{url}/config")).json(), url, seen)
        try:
            await asyncio.wait_for(CASES[case](sender), ATTACK_SECONDS)
        except TimeoutError:
            seen.answered("gave up")
        except httpx.HTTPError as error:
            seen.answered(type(error).__name__)
    return seen.answers


def row(case: str, when: str, seen: Seen) -> list[str]:
    """Return a row of the table: what was noticed during one case."""
    said = ", ".join(f"{count} × {kind}" for kind, count in sorted(seen.answers.items()))
    waits = ", ".join(f"{what} {seconds:.1f}" for what, seconds in seen.waits.items())
    figures = [f"{seen.silence:.2f}", f"{seen.memory:,.0f}", f"{seen.wait:.1f} ({waits})"]
    return [(CASES[case].__doc__ or case).rstrip("."), when, *figures, said]


HEADER = [
    "load from one sender",
    "app",
    f"longest silence of /app_id, s (goal {GOALS[0]})",
    f"memory above idle, MB (goal {GOALS[1]})",
    f"longest wait of another visitor, s (goal {GOALS[2]})",
    "answers to the sender",
]


def main() -> None:
    """Measure the cases that were named, or all, and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=", ".join(CASES))
    parser.add_argument("--before", type=Path, help="an older checkout, to be measured as well")
    parser.add_argument("--send-to", help=argparse.SUPPRESS)  # the process that only sends
    parser.add_argument("--dry", action="store_true", help="print the table, keep nothing")
    given = parser.parse_args()
    if given.send_to:
        print(json.dumps(asyncio.run(send(given.cases[0], given.send_to))))
        return
    apps = {"before": given.before, "now": ROOT} if given.before else {"now": ROOT}
    rows = []
    for case in given.cases:
        for when, app in apps.items():
            rows.append(row(case, when, run_case(case, app)))
            print(rows[-1], file=sys.stderr)
    blocks = [table(HEADER, rows)]
    if given.before:
        blocks.insert(0, f'"before" is commit {commit(given.before)}.')
    if given.dry:
        print("\n\n".join(blocks))
    else:
        keep("load", "Load from a single sender", blocks)


def commit(checkout: Path) -> str:
    """Return the short name of the commit that a checkout is at."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
