"""The real app in a process of its own, and real browser pages that look at it.

A test module asks for it with `pytest_plugins = ["page"]`. Every page that `visit` opens is held
to two rules when the test ends: nothing on the console, and no request that left this machine.
"""

import itertools
import os
import subprocess
import sys
import time
import urllib.request

import find_chromium
import pytest
from conftest import ROOT, SUPPORT
from launching import address, port

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Pages of one visitor share a process, and none is kept in reserve: half of a page's cost.
    "--process-per-site",
    "--renderer-process-limit=1",
]
PATIENCE_SECONDS = 90  # pages are slow beside other tests; only a test that fails waits so long
ABORTED = ("AbortError", "errored out")  # what Gradio says of its open requests at a reload
# Gradio asks how far an upload is, also when it has just ended: that is a 404, whose response it
# throws.
UPLOAD_PROGRESS, THROWN_RESPONSE = "/gradio_api/upload_progress", "Response"
LOCAL = ("http://127.0.0.1", "data:", "blob:")
# A clock of Gradio's, which says for how long an event has run, asks for a frame sixty times a
# second for as long as a page is open: half of what an idle page costs. Here it gets two.
SLOW_CLOCK = """{
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (act) => {
    if (!String(act).includes("performance.now()")) return request(act);
    return setTimeout(() => request(act), 500);
  };
}"""


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


class Server:
    """The app with short runs (`quick_app`), which keeps its runs in `place`; it can be killed, and
    started again."""

    def __init__(self, place):
        self.place, self.runs, self.process = place, place / "runs", None
        self.url = address()
        self._told = {
            "GRADIO_SERVER_PORT": str(port()),
            "GRADIO_SERVER_NAME": "127.0.0.1",
            "CHARRNN_RUNS": str(self.runs),
            "CHARRNN_WORKERS": "1",
            "CHARRNN_CACHE": str(place / "cache"),
            "PYTHONPATH": str(ROOT),
        }

    def start(self):
        with (self.place / "log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(SUPPORT / "quick_app.py")],
                cwd=ROOT,
                env=os.environ | self._told,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 180  # other tests may keep the cores busy
        while not answers(self.url):
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, "the page was not ready within three minutes"
            time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    @property
    def log(self):
        return (self.place / "log").read_text()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The app, which runs."""
    server = Server(tmp_path_factory.mktemp("app"))
    try:
        server.start()
        yield server
        assert "Traceback" not in server.log
    finally:
        server.stop()


@pytest.fixture(scope="module")
def app(server):
    """The address of the app."""
    return server.url


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window. Playwright's event loop runs in this thread from now on: what
    needs one of its own finds it in another thread (`conftest.awaited`)."""
    api = pytest.importorskip("playwright.sync_api", exc_type=ImportError)
    program = find_chromium.find()
    if program is None:
        pytest.skip("needs chromium")
    api.expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with api.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=program, args=QUIET)
        yield chromium
        chromium.close()


class Profiles:
    """Browser profiles, of which one that has loaded the page before loads it in half the time, be
    it another app's: `profiles(locale, number)` is that visitor's, with nothing remembered."""

    def __init__(self, browser):
        self._browser, self._kept = browser, {}
        self._taken = set()

    def __call__(self, locale, number):
        if (locale, number) not in self._kept:
            profile = self._browser.new_context(locale=locale, reduced_motion="reduce")
            profile.set_default_timeout(PATIENCE_SECONDS * 1000)
            profile.add_init_script(SLOW_CLOCK)
            # An empty page keeps the process alive that loads the others.
            profile.new_page().goto(address() + "/robots.txt")
            self._kept[locale, number] = profile
        return self._kept[locale, number]

    def take(self, locale):
        """The first profile that no page is open in."""
        profiles = (self(locale, number) for number in itertools.count())
        profile = next(profile for profile in profiles if profile not in self._taken)
        self._taken.add(profile)
        return profile

    def give_back(self, profile, origin):
        """Another test may take the profile."""
        forget(profile, origin)
        self._taken.discard(profile)


@pytest.fixture(scope="session")
def profiles(browser):
    return Profiles(browser)


def forget(profile, origin):
    """Leave in a profile nothing of a test but what has been loaded."""
    profile.unroute_all(behavior="ignoreErrors")
    first, *pages = profile.pages
    for page in pages:
        page.close()
    profile.clear_permissions()
    profile.set_extra_http_headers({})
    profile.set_offline(False)
    storage = {"origin": origin, "storageTypes": "local_storage,cookies"}
    session = profile.new_cdp_session(first)
    session.send("Storage.clearDataForOrigin", storage)
    session.detach()


def wait_until_drawn(page):
    """Wait until the run card has been drawn. A run that ended early may have no samples, so their
    rows are nothing to wait for."""
    page.wait_for_function("document.querySelector('.run-heading')?.textContent")


def paste(field, text):
    """Put a text into a field at once, as pasting does. `fill` types it into an editor, which takes
    half a minute of computing for 100,000 characters."""
    field.evaluate(
        """(field, text) => {
          field.value = text;
          const inputType = "insertFromPaste";
          field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType }));
        }""",
        text,
    )


class Pages:
    """Pages of the app, each of a new visitor, and what is wrong with them: what they write on the
    console, and which of their requests leave this machine."""

    def __init__(self, app, profiles):
        self._app, self._profiles, self._used = app, profiles, []
        self._complaints, self._closing = [], False

    def new(self, *, locale="en-US", width=1148, height=900, scheme="light"):
        """A page that has loaded nothing yet."""
        self._used.append(self._profiles.take(locale))
        page = self._used[-1].new_page()
        show(page, width=width, height=height, scheme=scheme)
        page.on("console", self._read)
        page.on("pageerror", lambda error: self._hear(str(error)))
        page.on("request", lambda request: self._see(request.url))
        return page

    def open(self, address="", **how):
        """A page with the app in it."""
        page = self.new(**how)
        page.goto(self._app + address)
        wait_until_drawn(page)
        return page

    def _read(self, message):
        if message.type == "error" and UPLOAD_PROGRESS not in message.location["url"]:
            self._hear(message.text)

    def _hear(self, message):
        # A page that is closed has lost its connection, and may still say so.
        ignored = message == THROWN_RESPONSE or any(word in message for word in ABORTED)
        if not self._closing and not ignored:
            self._complaints.append(message)

    def _see(self, url):
        if not url.startswith(LOCAL):
            self._complaints.append(f"asked {url}")

    def close(self):
        """Close all pages; the next ones are of new visitors again."""
        self._closing = True
        for profile in self._used:
            self._profiles.give_back(profile, self._app)
        self._closing = False
        self._used.clear()

    def check(self):
        """Fail if anything was wrong since the last time."""
        complaints, self._complaints = self._complaints, []
        assert complaints == []


def show(page, *, width, height, scheme):
    """Give a page a size in pixels and a color scheme, `light` or `dark`."""
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)


@pytest.fixture
def pages(app, profiles):
    """The pages of one test."""
    pages = Pages(app, profiles)
    yield pages
    pages.close()
    pages.check()


@pytest.fixture
def visit(pages):
    """Opens the app as a new visitor: `visit(address="", locale=…, width=…, scheme=…)`."""
    return pages.open
