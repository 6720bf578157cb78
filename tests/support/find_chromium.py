"""Where a Chromium for the browser tests is: prints its path, or exits with 1 if there is none."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

NAMES = (  # the first is the same without what only a window needs, which takes a fifth of the time
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


def find() -> str | None:
    """The system's Chromium, or else the one that Playwright has installed."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


if __name__ == "__main__":
    found = find()
    print(found or "no Chromium found")
    sys.exit(0 if found else 1)
