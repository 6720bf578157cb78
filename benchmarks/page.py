"""How soon the page answers: the app in a process of its own, Chromium, real clicks.

    python benchmarks/page.py

Ready: from `python app.py` to the first answer. First perplexity: from the click on Train to a
number on the card. First character: from the click on Generate to a character on the page, the
checkpoint having been used before. Streaming: what drawing up the frames of a page costs over
writing the same characters.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from measure import ROOT, answers, by_turns, keep, ratio

sys.path.insert(0, str(ROOT / "tests" / "support"))
import find_chromium
from playwright.sync_api import Page, expect, sync_playwright

import charrnn
from charrnn.generation import iter_characters
from charrnn.generation.config import GenerationConfig
from charrnn.ui.generate import stream

TIMES = 7
LENGTH = 2000
CLICKED = """(button, [sign, patience]) => new Promise((done, fail) => {
  const began = performance.now();
  const look = () => {
    const passed = performance.now() - began;
    if (eval(sign)) done(passed);
    else if (passed > patience) fail(`never came: ${sign}`);
    else setTimeout(look, 4);
  };
  button.click();
  look();
})"""
PATIENCE = 20_000  # ms


def main() -> None:
    """Measure, and keep the figures."""
    with tempfile.TemporaryDirectory() as directory, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        told = {"GRADIO_SERVER_PORT": str(port), "CHARRNN_RUNS": directory}
        began = time.perf_counter()
        app = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=os.environ | told,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            while not answers(url):
                time.sleep(0.02)
            ready = time.perf_counter() - began
            perplexity, character = in_the_browser(url)
        finally:
            app.terminate()
            app.wait()
    keep(
        "page",
        "Response times of the page",
        [
            f"Ready after {ready:.1f} s. First perplexity {statistics.median(perplexity):.2f} s "
            f"after the click (median of {len(perplexity)}; the slowest {max(perplexity):.2f} s). "
            f"First character {1000 * statistics.median(character):.0f} ms after the click (median "
            f"of {len(character)}; the slowest {1000 * max(character):.0f} ms).",
            streaming(),
        ],
    )


def in_the_browser(url: str) -> tuple[list[float], list[float]]:
    """Seconds to the first perplexity, and to the first character, of some clicks each."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=find_chromium.find(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector(".run-rows li")
        page.wait_for_timeout(2000)
        perplexity = [first_perplexity(page) for _ in range(3)]
        page.get_by_role("tab", name="Generate").click()
        character = [first_character(page) for _ in range(TIMES)][1:]  # the first one warms up
        browser.close()
    return perplexity, character


def first_perplexity(page: Page) -> float:
    """Seconds from the click on Train to a number, then stop."""
    button = page.get_by_role("button", name="Train on")
    expect(button).to_be_enabled()
    sign = (
        "document.querySelector('.run')?.dataset.state === 'running' && "
        "/[0-9]/.test(document.querySelector('.run-main b')?.textContent)"
    )
    took = float(button.evaluate(CLICKED, [sign, PATIENCE])) / 1000
    page.get_by_role("button", name="Stop and keep").click()
    page.wait_for_selector(".run[data-state=stopped]", timeout=30_000)
    return took


def first_character(page: Page) -> float:
    """Seconds from the click on Generate to a character after the prefix; waits for the end."""
    shown = "document.querySelector('.generate-text').textContent"
    prefix = page.locator("#generate-prefix textarea").input_value()
    before = page.evaluate(shown)
    page.wait_for_timeout(300)
    button = page.get_by_role("button", name="Generate", exact=True)
    expect(button).to_be_enabled()
    sign = f"{shown}.length > {len(prefix)} && {shown} !== {json.dumps(before)}"
    took = float(button.evaluate(CLICKED, [sign, PATIENCE])) / 1000
    expect(button).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(500)
    return took


def streaming() -> str:
    """What frames cost."""
    checkpoint = charrnn.load(ROOT / "checkpoints" / "tide-clock")
    config = GenerationConfig(LENGTH, seed=0)
    times = by_turns(
        {
            "frames": lambda: list(
                stream.stream_passage(checkpoint, stream.new_passage("The "), config)
            ),
            "bare": lambda: list(
                iter_characters(checkpoint, "The ", GenerationConfig(LENGTH, seed=0))
            ),
        }
    )
    return f"Frames of a page cost {100 * (ratio(times['frames'], times['bare']) - 1):.0f} %."


if __name__ == "__main__":
    main()
