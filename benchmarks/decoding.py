"""How long it takes to read 40 MB that fit an encoding badly or not at all, and for how long it
keeps other threads from running.

    python benchmarks/decoding.py

Each file is read in a process of its own, with the interpreter's switch interval that the app has.
"""

from __future__ import annotations

import argparse
import codecs
import io
import random
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from measure import keep, table

_BYTES = 40_000_000
_PAUSE_SECONDS = 0.002  # of the thread that notes when it could not run
_TIMEOUT_SECONDS = 120


def repeated(unit: bytes, size: int = _BYTES) -> bytes:
    return (unit * (size // len(unit) + 1))[:size]


def any_of(alphabet: range, size: int = 1_000_000) -> bytes:
    return bytes(random.Random(0).choices(alphabet, k=size))


def zipped(count: int, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            archive.writestr(f"{number}.txt", content)
    return file.getvalue()


CASES: dict[str, Callable[[], bytes]] = {
    "English": lambda: repeated(b"The tide clock was right, the almanac was wrong.\n"),
    "one line of ASCII": lambda: repeated(b"a"),
    "only line feeds": lambda: repeated(b"\n"),
    "only carriage returns": lambda: repeated(b"\r"),
    "a combining mark after each letter": lambda: repeated("e\u0301".encode()),
    "control characters": lambda: repeated("a\x80".encode()),
    "GB18030": lambda: repeated("分开，不分开。\n".encode("gb18030")),
    "ED A0 80": lambda: repeated(b"\xed\xa0\x80", _BYTES - _BYTES % 3),
    "ED A0 80, cut": lambda: repeated(b"\xed\xa0\x80"),
    "ED A0 80 in lines": lambda: repeated(b"\xed\xa0\x80\n"),
    "CESU-8": lambda: repeated(b"\xed\xa0\xbd\xed\xb8\x80", _BYTES - _BYTES % 6),
    "valid and invalid UTF-8 by turns": lambda: repeated("é".encode() + b"\xff"),
    "UTF-8 with 0.9 % of FF": lambda: repeated("é".encode() * 110 + b"\xff"),
    "cut characters of UTF-8": lambda: repeated(b"\xe2\x82"),
    "NUL": lambda: repeated(b"\0"),
    "FF": lambda: repeated(b"\xff"),
    "ASCII, and one FF at the end": lambda: repeated(b"a") + b"\xff",
    "UTF-16 of lone surrogates": lambda: codecs.BOM_UTF16_LE + repeated(b"\x00\xd8"),
    "UTF-16 of odd length": lambda: codecs.BOM_UTF16_LE + repeated(b"a\0")[:-1],
    "UTF-32 beyond Unicode": lambda: codecs.BOM_UTF32_LE + repeated(b"\xff"),
    "random bytes above 7F": lambda: repeated(any_of(range(128, 256))),
    "random bytes above 1F": lambda: repeated(any_of(range(32, 256))),
    "GB18030, cut characters": lambda: repeated(b"\x81\x30"),
    "Shift JIS with wrong bytes": lambda: repeated("日本語".encode("cp932") + b"\xfd\xfe"),
    "EUC-JP with wrong bytes": lambda: repeated("日本語".encode("euc_jp") + b"\x80"),
    "ISO-2022-JP with wrong bytes": lambda: repeated(b"\x1b$B\xff"),
    "a zip of 90 MB of ED A0 80": lambda: zipped(1, repeated(b"\xed\xa0\x80", 90_000_000)),
    "a zip of 150 MB of ASCII": lambda: zipped(1, repeated(b"a", 150_000_000)),
    "a zip of 990 files of 40 kB": lambda: zipped(
        990, repeated("Un élève répétait sa leçon.\n".encode("cp1252"), 40_000)
    ),
    "a zip of 990 files of 40 kB above 7F": lambda: zipped(990, any_of(range(128, 256), 40_000)),
}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--case", choices=CASES)
    told = asked.parse_args()
    if told.case:
        print(*read(told.case), sep="\t")
        return
    rows = [(name, *_apart(name)) for name in CASES]
    header = ("40 MB of", "seconds", "longest hold", "memory", "outcome")
    keep("decoding", "Decoding texts that fit no encoding well", [table(header, rows)])


def _apart(name: str) -> list[str]:
    """`read` in a process of its own."""
    command = [sys.executable, __file__, "--case", name]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_SECONDS
    )
    return done.stdout.strip().split("\t")


def read(name: str) -> tuple[str, str, str, str]:
    """Processor time, the longest time that another thread had to wait, memory, and the outcome."""
    from charrnn.errors import UserError
    from charrnn.text import decode

    data = CASES[name]()
    sys.setswitchinterval(0.0005)
    waits: list[float] = []
    over = threading.Event()

    def note_waits() -> None:
        before = time.perf_counter()
        while not over.wait(_PAUSE_SECONDS):
            now = time.perf_counter()
            waits.append(now - before - _PAUSE_SECONDS)
            before = now

    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before, watcher = _peak(), threading.Thread(target=note_waits)
    watcher.start()
    began = time.thread_time()
    try:
        outcome = decode(data, name="it").encoding
    except UserError as error:
        outcome = error.message
    seconds = time.thread_time() - began
    over.set()
    watcher.join()
    memory = (_peak() - before) >> 10
    return f"{seconds:.2f} s", f"{max(waits):.2f} s", f"{memory} MB", outcome


def _peak() -> int:
    """The most memory of this process so far, in kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
