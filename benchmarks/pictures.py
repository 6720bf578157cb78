"""Take the pictures of the documents: the app in its own process, Chromium, real clicks.

    python benchmarks/pictures.py                          # all, in English
    python benchmarks/pictures.py --language zh step unit  # two of them, in Chinese

Needs Tiny Shakespeare in the cache of downloads (`charrnn.text.datasets.load("tiny-shakespeare")`).
The picture of training takes a minute.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from measure import ROOT, answers
from PIL import Image

sys.path.insert(0, str(ROOT / "tests" / "support"))
import find_chromium
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

_WINDOW: ViewportSize = {"width": 1180, "height": 1040}
_TIMEOUT_MS = 300_000
_LOCALES = {"en": "en-US", "zh": "zh-CN"}
_COLORS = 256


def main() -> None:
    """Take all pictures, or those that are named."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", choices=[*PICTURES, []], metavar="NAME")
    arguments.add_argument("--language", choices=_LOCALES, default="en")
    given = arguments.parse_args()
    with running_app() as url, running_browser() as browser:
        for name in given.names or PICTURES:
            take(browser, url, name, given.language)


@contextmanager
def running_app() -> Iterator[str]:
    """Run the app without any runs of before; gives its address."""
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
            yield url
        finally:
            app.terminate()
            app.wait()


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run Chromium."""
    expect.set_options(timeout=_TIMEOUT_MS)
    with sync_playwright() as play:
        yield play.chromium.launch(
            executable_path=find_chromium.find(), args=["--no-sandbox", "--disable-gpu"]
        )


def take(browser: Browser, url: str, name: str, language: str) -> None:
    """Take one picture, of a page of its own."""
    page = browser.new_page(
        viewport=_WINDOW, locale=_LOCALES[language], color_scheme="light", reduced_motion="reduce"
    )
    page.set_default_timeout(_TIMEOUT_MS)
    page.goto(url)
    PICTURES[name](page)
    page.wait_for_timeout(500)  # the last drawing ends
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    suffix = "" if language == "en" else f".{language}"
    path = ROOT / "docs" / f"{name}{suffix}.png"
    page.screenshot(path=path, full_page=name not in _FIRST_SCREENS)
    with Image.open(path) as picture:  # half the size, and no eye sees it
        picture.convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path.relative_to(ROOT), f"{path.stat().st_size / 1000:.0f} kB", flush=True)
    page.close()


def start_from_nothing(page: Page) -> None:
    """Choose random weights, so that noise becomes words."""
    page.locator("#start-model").select_option("")
    expect(page.locator("#train-model")).not_to_contain_text("512")


def train(page: Page) -> None:
    """A minute on the text that is proposed, from nothing: The Tide Clock, or songs in Chinese."""
    expect(page.locator(".report-preview")).not_to_be_empty()
    page.wait_for_timeout(2000)  # the proposal goes by the language of the browser
    start_from_nothing(page)
    page.locator('#train-recipe input[value="coffee"]').check(force=True)
    page.locator("#train-go").click()
    finished = page.locator('.run[data-state="finished"]')
    expect(finished).to_have_count(0)  # the example is gone
    expect(finished).to_have_count(1)


def generate(page: Page) -> None:
    """What the model of The Tide Clock writes with the seed 7, and what it knew in one place."""
    _draw(page, 65)


def inspect(page: Page) -> None:
    """The held-out part of The Tide Clock, and where the model was very surprised."""
    _inspect(page, "tide-clock", "surprise")
    page.locator(".inspect-surprises button").nth(2).click()
    expect(page.locator(".inspect-place .explain")).not_to_be_empty()


def models(page: Page) -> None:
    """The models that come with charrnn."""
    page.locator("#tab-models-button").click()
    expect(page.locator(".models-bundled .model-card:not(.skeleton)").first).to_be_visible()


def surprise(page: Page) -> None:
    """The held-out part of The Tide Clock, where the model was most surprised."""
    _inspect(page, "tide-clock", "surprise")
    page.locator(".inspect-surprises button").first.click()
    expect(page.locator(".inspect-place .explain")).not_to_be_empty()


def draw(page: Page) -> None:
    """A character of a generated text that was unlikely, its draw and the state after it."""
    _draw(page, 31)


def _draw(page: Page, from_the_end: int) -> None:
    _generate(page, re.compile("The Tide Clock|潮汐钟"), seed=7, length=200)
    page.locator(".generate-page").focus()
    for _ in range(from_the_end):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".next-char-draw")).not_to_be_empty()
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
    expect(page.locator(".unit-value")).to_contain_text("171")
    page.locator('.unit-find [data-concept="line-position"]').click()
    expect(page.locator(".unit-findings li").first).to_be_visible()


def reach(page: Page) -> None:
    """How far back the gradient reaches in the model of Tiny Shakespeare."""
    _inspect(page, "tiny-shakespeare", "reach")
    expect(page.locator(".reach-fades")).not_to_be_empty()
    expect(page.locator(".reach-status")).to_be_empty()
    expect(page.locator(".reach-forgotten")).not_to_be_empty()


def copied(page: Page) -> None:
    """What the model of song lyrics writes, its copies underlined."""
    _generate(page, re.compile("^(Songs|歌) "), seed=0, length=300)
    page.locator("#generate-novelty li button").first.click()
    expect(page.locator("#generate-novelty mark")).to_be_visible()


def _inspect(page: Page, model: str, mode: str) -> None:
    page.locator("#tab-inspect-button").click()
    expect(page.locator(".inspect-model option")).not_to_have_count(0)
    page.locator(".inspect-model").select_option(model)
    page.locator(".inspect-source").select_option("held-out")
    read = {"tide-clock": "7,575", "tiny-shakespeare": "20,000"}[model]
    expect(page.locator(".inspect-status")).to_contain_text(read)
    expect(page.locator(".inspect-surprises li")).to_have_count(5)
    page.locator(f'.inspect-modes [value="{mode}"]').check(force=True)


def _generate(page: Page, model: re.Pattern[str], *, seed: int, length: int) -> None:
    page.locator("#tab-generate-button").click()
    expect(page.locator(".next-char-name").first).not_to_be_empty()
    page.locator("#generate-checkpoint input").first.click()
    page.get_by_role("option", name=model).click()
    expect(page.locator(".next-char-name").first).not_to_be_empty()
    page.locator("#generate-seed").get_by_role("textbox").fill(str(seed))
    page.locator("#generate-length input[type=number]").fill(str(length))
    page.wait_for_timeout(1000)  # the prefix of the model comes
    page.locator('.generate [data-do="generate"]').click()
    expect(page.locator(".generate-status")).to_contain_text(re.compile("characters/s|字符/秒"))


_UNDERSTANDING = (surprise, draw, step, unit, reach, copied)
_FIRST_SCREENS = {"train", "generate", "inspect", "models"}
PICTURES: dict[str, Callable[[Page], None]] = {
    **{function.__name__: function for function in (train, generate, inspect, models)},
    **{f"understanding-{function.__name__}": function for function in _UNDERSTANDING},
}

if __name__ == "__main__":
    main()
