"""How soon the Inspect tab answers: the app in a process of its own, Chromium, real events.

    python benchmarks/inspect_page.py

Reading: from the paste of a passage of Tiny Shakespeare to its tinted characters, with the shipped
LSTM 512. Each passage is another one, so that no reading comes from a cache. Step by step: from
the click on a character near the end of the text to the numbers of its step. The longest task is
the one that held the page's thread the longest meanwhile; browsers report those above 50 ms.
"""

from __future__ import annotations

import argparse
import statistics

from measure import keep, shakespeare, table
from pictures import running_app, running_browser
from playwright.sync_api import Page, expect

LENGTHS = (20_000, 100_000)
_ROUNDS = 7
_STEPS = 9  # places whose steps are timed,
_BLOCK = 70  # characters apart

# Notes the longest task of the page's thread, in milliseconds.
_WATCH_TASKS = """window.longestTask = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries())
    window.longestTask = Math.max(window.longestTask, duration);
}).observe({ type: "longtask" });"""
# Returns the longest task since the last call.
_LONGEST_TASK = "() => [window.longestTask, (window.longestTask = 0)][0]"
# Pastes a text; returns the milliseconds until it is tinted from its beginning on.
_PASTE = """(field, [text, status]) => new Promise((done) => {
  const began = performance.now();
  const statusLine = document.querySelector(".inspect-status");
  const area = document.querySelector(".inspect-text");
  const start = text.slice(0, 40).replaceAll("\\n", "");
  const look = () => {
    const isRead = statusLine.textContent === status;
    const isDrawn = area.textContent.replaceAll("⏎", "").replaceAll("\\n", "").startsWith(start);
    if (isRead && isDrawn && area.querySelector("span")) done(performance.now() - began);
    else requestAnimationFrame(look);
  };
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const isTaken = !field.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData, cancelable: true }),
  );
  if (!isTaken) {
    field.value = text; // as the browser does with a text that the page leaves to it
    field.dispatchEvent(new InputEvent("input", { inputType: "insertFromPaste" }));
  }
  look();
})"""
# Clicks on a character; returns the milliseconds until the numbers of its step are drawn.
_STEP = """(character) => new Promise((done) => {
  const began = performance.now();
  const cell = document.querySelector(".step-cell div");
  const before = cell.textContent;
  const look = () => {
    if (cell.textContent !== before) done(performance.now() - began);
    else requestAnimationFrame(look);
  };
  character.click();
  look();
})"""


def main() -> None:
    """Measure all, and write the table."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    text, rows = shakespeare(), []
    with running_app() as url, running_browser() as browser:
        page = browser.new_page(viewport={"width": 1180, "height": 1040})
        page.add_init_script(_WATCH_TASKS)
        page.goto(url)
        page.locator("#tab-inspect-button").click()
        expect(page.locator(".inspect-model option")).not_to_have_count(0)
        page.locator(".inspect-model").select_option("tiny-shakespeare")
        page.locator(".inspect-source").select_option("own")
        for length in LENGTHS:
            _longest_task(page)  # of what came before
            seconds = [_paste(page, passage) for passage in passages(text, length)]
            what = f"a text of {length:,} characters is tinted"
            rows.append(_row(what, seconds, _longest_task(page)))
        _paste(page, passages(text, LENGTHS[0])[0] + "Ada")
        _longest_task(page)
        rows.append(_row("a step near place 20,000 is shown", _steps(page), _longest_task(page)))
    header = ("what", "median", "fastest", "slowest", "longest task")
    keep("inspect_page", "The Inspect tab's response times", [table(header, rows)])


Row = tuple[str, str, str, str, str]


def passages(text: str, length: int) -> list[str]:
    """Passages of a text, each of the given length and from another place on."""
    apart = (len(text) - length) // _ROUNDS
    return [text[start : start + length] for start in range(0, apart * _ROUNDS, apart)]


def _row(what: str, seconds: list[float], longest_task: float) -> Row:
    figures = (statistics.median(seconds), min(seconds), max(seconds))
    median, fastest, slowest = (f"{figure:.2f} s" for figure in figures)
    task = f"{longest_task:.0f} ms" if longest_task else "below 50 ms"
    return what, median, fastest, slowest, task


def _longest_task(page: Page) -> float:
    """Return the milliseconds of the page's longest task since the last call; 0 below 50."""
    page.wait_for_timeout(1000)  # what follows the last answer counts, too
    milliseconds: float = page.evaluate(_LONGEST_TASK)
    return milliseconds


def _paste(page: Page, text: str) -> float:
    """Paste a text in place of the one before; returns the seconds until it is tinted."""
    field = page.locator(".inspect-own textarea")
    clear = page.locator(".inspect-own > div button").last
    if clear.is_visible():
        clear.click()
    page.wait_for_timeout(1500)  # so that the app is idle again
    status = f"{len(text):,} characters"
    milliseconds: float = field.evaluate(_PASTE, [text, status])
    return milliseconds / 1000


def _steps(page: Page) -> list[float]:
    page.locator('.inspect-modes [value="step"]').check(force=True)
    page.locator(".inspect-text").evaluate("area => (area.scrollTop = area.scrollHeight)")
    page.wait_for_timeout(500)
    characters = page.locator(".inspect-text span")
    last = characters.count() - 1
    seconds = []
    for number in range(_STEPS):  # each in another block of steps, which come together
        character = characters.nth(last - _BLOCK * number)
        seconds.append(character.evaluate(_STEP) / 1000)
        page.wait_for_timeout(300)
    return seconds


if __name__ == "__main__":
    main()
