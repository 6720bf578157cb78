"""What the benchmarks share: pairs measured in turns, the machine, and tables that are kept.

These machines swing, often by a factor of two, so nothing is compared but what was measured by
turns in one process, and nothing is quoted but medians: of the figures, and of the ratios of
figures that were measured next to each other.
"""

from __future__ import annotations

import platform
import re
import statistics
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "benchmarks"
DATA = ROOT.parent / "shared" / "data"
_RULE = "\n\n---\n\n"  # between the tables of two processors
sys.path.insert(0, str(ROOT))

from charrnn.utils.process import configure_thread_pools, disable_malloc_trim  # noqa: E402

configure_thread_pools()  # as the command line and the page's workers do
disable_malloc_trim()


def by_turns(
    candidates: Mapping[str, Callable[[], object]],
    *,
    rounds: int = 11,
    seconds: float = 0.15,
) -> dict[str, list[float]]:
    """Seconds per call of each candidate, once a round, in turns; each is warmed up first.

    `seconds` is how long a candidate is called for in a round.
    """
    calls = {}
    for name, function in candidates.items():
        function()
        began = time.perf_counter()
        function()
        calls[name] = max(1, round(seconds / max(time.perf_counter() - began, 1e-9)))
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, function in candidates.items():
            began = time.perf_counter()
            for _ in range(calls[name]):
                function()
            times[name].append((time.perf_counter() - began) / calls[name])
    return times


def answers(url: str) -> bool:
    """Whether the app is up."""
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except OSError:
        return False


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """How many times as long `slow` takes: the median over the rounds."""
    return statistics.median(s / f for s, f in zip(slow, fast, strict=True))


def processor() -> str:
    """Which processor this is, how wide its vectors are, and of which generation: a rented machine
    may tell the maker's name and no more."""
    import torch

    told = [torch.backends.cpu.get_cpu_capability()]
    info = Path("/proc/cpuinfo")
    has = dict(re.findall(r"(.+?)\s*: (.*)", info.read_text())) if info.is_file() else {}
    if "cpu family" in has:
        told.append(f"family {has['cpu family']} model {has['model']}")
    name = has.get("model name") or platform.processor() or platform.machine()
    return f"{name} ({', '.join(told)})"


def machine() -> str:
    """Processor, cores that may be used, and torch's version."""
    import torch

    return f"{processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}"


def keep(name: str, title: str, blocks: Sequence[str], *, of_others: bool = False) -> None:
    """Write a table (or several) to benchmarks/`name`.md, with date, machine and command.

    With `of_others`, what stands there of other processors stays, below.
    """
    path = HERE / f"{name}.md"
    before = path.read_text(encoding="utf-8").split("\n\n", 1)[1] if path.is_file() else ""
    others = [part.strip() for part in before.split(_RULE) if f", {processor()}, " not in part]
    made = f"{date.today().isoformat()}, {machine()}; `python benchmarks/{name}.py`."
    mine = "\n\n".join([*blocks, made])
    print(mine)
    parts = [mine, *(part for part in others if of_others and part)]
    path.write_text(f"# {title}\n\n" + _RULE.join(parts) + "\n", encoding="utf-8")


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def shakespeare() -> str:
    """Tiny Shakespeare: from ../shared/data, or downloaded."""
    path = DATA / "tinyshakespeare.txt"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    from charrnn.text import datasets

    return datasets.load("tiny-shakespeare").text


def time_machine() -> str:
    """The Time Machine: from ../shared/data, or downloaded."""
    path = DATA / "timemachine.txt"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    from charrnn.text import datasets

    return datasets.load("time-machine").text
