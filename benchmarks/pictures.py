"""Take the pictures of docs/understanding.md: the app in its own process, Chromium, real clicks.

    python benchmarks/pictures.py

Needs Tiny Shakespeare in the cache of downloads (`charrnn.text.datasets.load("tiny-shakespeare")`).
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from measure import ROOT, answers

sys.path.insert(0, str(ROOT / "tests" / "support"))
import find_chromium
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

_WINDOW: ViewportSize = {"width": 1180, "height": 860}
_TIMEOUT_MS = 120_000


def main() -> None:
    """Take all pictures, or those that are named."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", choices=[*PICTURES, []], metavar="NAME")
    names = arguments.parse_args().names or list(PICTURES)
    with tempfile.TemporaryDirectory() as directory, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        settings = {"GRADIO_SERVER_PORT": str(port), "CHARRNN_RUNS": directory}
        app = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=os.environ | settings,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            while not answers(url):
                time.sleep(0.1)
            take(url, names)
        finally:
            app.terminate()
            app.wait()


def take(url: str, names: list[str]) -> None:
    """Take the pictures, each of a page of its own."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=find_chromium.find(), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in names:
            page = browser.new_page(viewport=_WINDOW, locale="en-US", color_scheme="light")
            page.set_default_timeout(_TIMEOUT_MS)
            expect.set_options(timeout=_TIMEOUT_MS)
            page.goto(url)
            PICTURES[name](page)
            page.wait_for_timeout(500)  # transitions end
            path = ROOT / "docs" / f"understanding-{name}.png"
            page.screenshot(path=path, full_page=True)
            print(path.relative_to(ROOT), f"{path.stat().st_size / 1000:.0f} kB", flush=True)
            page.close()


def surprise(page: Page) -> None:
    """The held-out part of The Tide Clock, where the model was most surprised."""
    _inspect(page, "tide-clock", "surprise")
    page.locator(".inspect-surprises button").first.click()
    expect(page.locator(".inspect-place .explain")).not_to_be_empty()


def draw(page: Page) -> None:
    """A character of a generated text that was unlikely, its draw and the state after it."""
    _generate(page, "The Tide Clock", seed=7, length=200)
    page.locator(".generate-page").focus()
    for _ in range(31):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".next-char-draw")).to_contain_text("falls on")
    expect(page.locator(".next-char-state i.changed").first).to_be_visible()


def step(page: Page) -> None:
    """One step of The Tide Clock's model as equations."""
    _inspect(page, "tide-clock", "step")
    for _ in range(3):
        page.locator(".step-next").click()
    expect(page.locator(".step-status")).not_to_be_empty()
    expect(page.locator(".step-cell div > *").first).to_be_visible()


def unit(page: Page) -> None:
    """Unit 171 of the memory cell, in the held-out part of Tiny Shakespeare."""
    _inspect(page, "tiny-shakespeare", "hidden_units")
    page.locator(".unit-quantity").select_option("C")
    page.locator(".unit-number input").fill("171")
    page.locator(".unit-number input").press("Enter")
    expect(page.locator(".unit-value")).to_contain_text("Unit 171")
    page.get_by_role("button", name="position in the line").click()
    expect(page.locator(".unit-findings li").first).to_be_visible()


def reach(page: Page) -> None:
    """How far back the gradient reaches in the model of Tiny Shakespeare."""
    _inspect(page, "tiny-shakespeare", "reach")
    expect(page.locator(".reach-fades")).not_to_be_empty()
    expect(page.locator(".reach-status")).to_be_empty()
    expect(page.locator(".reach-forgotten")).not_to_be_empty()


def copied(page: Page) -> None:
    """What the model of song lyrics writes, its copies underlined."""
    _generate(page, "Songs", seed=0, length=300)
    expect(page.locator(".novelty-verdict")).to_contain_text("stand")
    page.locator("#generate-novelty li button").first.click()
    expect(page.locator("#generate-novelty mark")).to_be_visible()


def _inspect(page: Page, model: str, mode: str) -> None:
    page.locator("#tab-inspect-button").click()
    expect(page.locator(".inspect-model option")).not_to_have_count(0)
    page.locator(".inspect-model").select_option(model)
    page.locator(".inspect-source").select_option("held-out")
    expect(page.locator(".inspect-text span").first).to_be_visible()
    page.locator(f'.inspect-modes [value="{mode}"]').check(force=True)


def _generate(page: Page, model: str, *, seed: int, length: int) -> None:
    page.locator("#tab-generate-button").click()
    page.get_by_label("Model", exact=True).first.click()
    page.get_by_role("option", name=model).click()
    expect(page.locator(".next-char-name").first).not_to_be_empty()
    page.locator("#generate-seed").get_by_role("textbox").fill(str(seed))
    page.locator("#generate-length input[type=number]").fill(str(length))
    page.wait_for_timeout(1000)  # the prefix of the model comes
    page.locator('.generate [data-do="generate"]').click()
    expect(page.locator(".generate-status")).to_contain_text("characters/s")


PICTURES: dict[str, Callable[[Page], None]] = {
    function.__name__: function for function in (surprise, draw, step, unit, reach, copied)
}

if __name__ == "__main__":
    main()
