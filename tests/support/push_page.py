"""The dialog that pushes a model, and how to use it.

A test module takes the fixtures by assignment, `app = push_page.app` and so on with `root` and
`shared_pages`. Its tests share the pages that `open_page` opens; `visit` loads one that is the
test's own.
"""

import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT
from huggingface_hub import constants
from launching import launched
from shared_pages import sharing

from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.text import read_text

expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect

SHIPPED = ROOT / "checkpoints" / "tide-clock"
OPEN = "detail => window.dispatchEvent(new CustomEvent('charrnn-push-model', { detail }))"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def app(root):
    """The address of an app with one model on its shelf, that has all that a run leaves."""
    shutil.copytree(SHIPPED, root / "shelf" / "letters")
    with launched(root) as url:
        yield url


@pytest.fixture(scope="module")
def shared_pages(app, profiles):
    with sharing(app, profiles, load=lambda page: None, reset=reset) as pages:
        yield pages


@pytest.fixture
def open_page(hub, shared_pages):
    """Opens the page as a new visitor finds it: `open_page(locale=…, width=…, height=…)`."""
    yield shared_pages.take
    shared_pages.put_back()


def reset(page):
    """Close the dialog, also if a test failed while it pushed, and forget what was typed."""
    dialog, cancel = page.locator("#push dialog"), page.locator(".push-cancel")
    if dialog.get_attribute("aria-busy") == "true":
        cancel.click()
        expect(dialog).to_have_attribute("aria-busy", "false")
    if dialog.is_visible():
        cancel.click()
    open_dialog(page)
    page.locator("#push-name").fill("")
    page.locator("#push-license").fill("")
    page.locator(".push-private input").check()
    cancel.click()
    page.evaluate("() => [localStorage, sessionStorage].forEach((storage) => storage.clear())")


@pytest.fixture
def run(root, _trained):
    """The id of a run that has saved a model."""
    made = Run.create(root / "runs", make_plan(read_text("what the model was trained on\n" * 200)))
    shutil.copytree(_trained, made.directory / "checkpoint")
    return made.id


def log_in(hub, user="ada"):
    """As `hf auth login` does, on the machine of the app."""
    token = hub.token(user)
    Path(constants.HF_TOKEN_PATH).write_text(token)
    return token


def wait_for_script(page):
    """Wait until the dialog's script has run. Before that, nothing opens the dialog."""
    expect(page.locator("#push-title")).not_to_be_empty()


def open_dialog(page, key="letters", title="Letters"):
    wait_for_script(page)
    page.evaluate(OPEN, {"key": key, "title": title})
    expect(page.get_by_role("dialog")).to_be_visible()


def name(page):
    return page.get_by_label(re.compile("^Name on the Hub|^在 Hub 上的名称"))


def license_field(page):
    return page.get_by_label("License of the model")


def listed(page):
    """The files on the list, once they stand there for what is typed."""
    expect(page.locator(".push-total")).to_contain_text(re.compile("in total|共 "))
    return page.locator(".push-files li span:first-child").all_inner_texts()


def button(page, text):
    return page.get_by_role("dialog").get_by_role("button", name=text, exact=True)


def press(page):
    """Push what is listed."""
    listed(page)
    button(page, "Push").click()


def pushed(page):
    """Wait until it is done."""
    expect(page.locator(".push-link")).to_be_visible(timeout=20_000)


def problem(page, place):
    return page.locator(f'.push .problem[data-place="{place}"]')
