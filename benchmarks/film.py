"""Film ten seconds of training, from nothing, for the README: the app, Chromium, a real run.

    python benchmarks/film.py

Writes `docs/training.gif`, which is as fast as the run was.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from measure import ROOT
from pictures import running_app, running_browser, start_from_nothing
from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

_WINDOW: ViewportSize = {"width": 1120, "height": 1040}
_WIDTH = 840
_COLORS = 48
_FRAME_SECONDS = 0.5
_BEFORE_SECONDS = 1.2  # of the page before the run, and of what it wrote at the end
_AFTER_SECONDS = 5.0
_MAX_BYTES = 1_500_000


@dataclass(frozen=True)
class Frame:
    """A picture of the page, and when it was taken."""

    seconds: float
    picture: Image.Image


def main() -> None:
    """Film a run, and keep the film."""
    with running_app() as url, running_browser() as browser:
        page = browser.new_page(viewport=_WINDOW, locale="en-US", color_scheme="light")
        page.goto(url)
        expect(page.locator("#train-go")).to_be_enabled()
        expect(page.locator(".report-preview")).not_to_be_empty()
        start_from_nothing(page)
        page.wait_for_timeout(1000)  # the last drawing ends
        frames = film(page)
    path = ROOT / "docs" / "training.gif"
    save(frames, path)
    print(path.relative_to(ROOT), f"{path.stat().st_size / 1000:.0f} kB, {len(frames)} frames")
    assert path.stat().st_size < _MAX_BYTES


def film(page: Page) -> list[Frame]:
    """Start a run, and take pictures of the page until it has ended."""
    first = Frame(time.monotonic() - _BEFORE_SECONDS, _picture(page))
    page.locator("#train-go").click()
    frames = [first]
    expect(page.locator('.run[data-state="finished"]')).to_have_count(0)  # the example is gone
    while not page.locator('.run[data-state="finished"]').count():
        began = time.monotonic()
        frames.append(Frame(began, _picture(page)))
        page.wait_for_timeout(max(0.0, began + _FRAME_SECONDS - time.monotonic()) * 1000)
    page.wait_for_timeout(1000)  # the last sample, and the sentence below it
    return [*frames, Frame(time.monotonic(), _picture(page))]


def _picture(page: Page) -> Image.Image:
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        height = round(picture.height * _WIDTH / picture.width)
        return picture.convert("RGB").resize((_WIDTH, height), Image.Resampling.LANCZOS)


def save(frames: list[Frame], path: Path) -> None:
    """Write the pictures as a GIF that begins again at its end, all with the colors of the last."""
    palette = frames[-1].picture.quantize(_COLORS, dither=Image.Dither.NONE)
    pictures = [
        frame.picture.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames
    ]
    times = [frame.seconds for frame in frames]
    shown = [after - before for before, after in pairwise(times)]
    pictures[0].save(
        path,
        save_all=True,
        append_images=pictures[1:],
        duration=[round(seconds * 1000) for seconds in [*shown, _AFTER_SECONDS]],
        loop=0,
    )


if __name__ == "__main__":
    main()
