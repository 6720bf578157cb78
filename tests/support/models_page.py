"""The Models tab of an app with two small models, against a Hub on loopback, and how to use it.

A test module takes the fixtures by assignment, `app = models_page.app` and so on with `root` and
`shared_pages`. Its tests share the pages that `open_tab` opens; `tab` loads one that is the test's
own. Lists and curves of the Hub are not kept in this app, since each test has a Hub of its own.
"""

import re

import pytest
from conftest import small_model
from hub_answers import card
from launching import launched
from shared_pages import sharing

from charrnn.checkpoint import Checkpoint
from charrnn.checkpoint.files import write_checkpoint_dir
from charrnn.checkpoint.format import CARD
from charrnn.ui.models import hub_search
from charrnn.ui.services import hub_listing
from charrnn.vocabulary import Vocabulary

expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect

LETTERS = Vocabulary.from_text("the quick brown fox jumps over the lazy dog\n")
ROW = {
    "epoch": 1, "seconds": 1, "characters_seen": 9, "gradient_norm": 1, "clipped": 0,
    "learning_rate": 1, "characters_per_second": 1,
}  # fmt: skip


def put(directory, name, *, hidden_size=16, **results):
    """A model with all that a run leaves, in a directory."""
    about = {
        "name": name,
        "corpus": {"name": "The Lazy Dog", "characters": 1000},
        "prefixes": ["the"],
        "results": {"validation_perplexity": 3.25, "train_perplexity": 3.0} | results,
    }
    network = small_model(vocabulary_size=len(LETTERS), hidden_size=hidden_size)
    model = Checkpoint(network, LETTERS, about)
    log = [
        ROW | {"step": i, "train_perplexity": 20 / i, "validation_perplexity": 21 / i}
        for i in range(1, 7)
    ]
    write_checkpoint_dir(model, directory, log=log, samples=[], picture=False)
    return directory


def files(directory, title=None, perplexity=3.25):
    """What a directory holds, as on the Hub, under a card with another title."""
    found = {path.name: path.read_bytes() for path in directory.iterdir()}
    return found | ({} if title is None else {CARD: card(title, perplexity)})


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def app(root):
    """The address of an app that came with two models, whose runs are not told."""
    for name, results in (("fox", {}), ("dog", {"validation_perplexity": None})):
        (put(root / "shelf" / name, name.title(), **results) / "samples.json").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub_listing, "_TTL_SECONDS", -1.0)
        patch.setattr(hub_search, "_CURVE_TTL_SECONDS", -1.0)
        with launched(root) as url:
            yield url


@pytest.fixture
def made(tmp_path):
    """The directory of a model that is nowhere else, and is sent in twenty pieces."""
    return put(tmp_path / "made", "Made elsewhere", hidden_size=128)


@pytest.fixture
def no_hub(monkeypatch):
    """The Hub is out of reach: for tests whose runs train, in processes that `hub` would not let
    this one talk to."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def shared_pages(app, profiles):
    with sharing(app, profiles, load=lambda page: None, reset=reset) as pages:
        yield pages


@pytest.fixture
def open_tab(hub, shared_pages):
    """Opens the tab as a new visitor finds it, with the Hub on loopback: `open_tab(locale=…,
    width=…)`."""
    yield opener(shared_pages)
    shared_pages.put_back()


@pytest.fixture
def open_tab_without_hub(no_hub, shared_pages):
    """As `open_tab`, with the Hub out of reach."""
    yield opener(shared_pages)
    shared_pages.put_back()


def opener(shared_pages):
    def open_it(**how):
        page = shared_pages.take(**how)
        show(page)
        return page

    return open_it


# The lists are emptied, and fetched again once the tab is shown.
RESET = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  document.activeElement.blur();
  all('.models-own [data-do="undo"]').forEach((button) => button.click());
  for (const storage of [localStorage, sessionStorage]) storage.clear();
  all(".recent-runs").forEach((list) => { list.open = false; });
  all(".open-model-name, .hub-search-query").forEach((field) => { field.value = ""; });
  all(".hub-search fieldset").forEach((group) => {
    group.querySelector("input").checked = true;
  });
  all(".models-own, .models-bundled, .hub-search-list").forEach((list) => list.replaceChildren());
  document.querySelector(".open-model-name").dispatchEvent(new Event("input"));
  window.dispatchEvent(new CustomEvent("charrnn-pushed"));
}"""


def reset(page):
    """Undo what a test did on the page, also one that failed, and leave it at the Train tab."""
    page.keyboard.press("Escape")
    cancel = page.locator(".open-model-busy button")
    if cancel.is_visible():
        cancel.click()
    page.locator("#tab-train-button").click()
    expect(page.locator(".run")).to_be_visible()
    page.evaluate(RESET)
    page.evaluate("scrollTo(0, 0)")


@pytest.fixture
def tab(hub, visit):
    """Opens the page at the Models tab, with the Hub on loopback: `tab(locale=…, width=…)`."""

    def open_it(**how):
        page = visit(**how)
        show(page)
        return page

    return open_it


def show(page):
    page.get_by_role("tab", name=re.compile("Models|模型")).click()
    expect(bundled_cards(page)).to_have_count(2)


def bundled_cards(page):
    return page.locator(".models-bundled .model-card:not(.skeleton)")


def own_cards(page):
    return page.locator(".models-own .model-card:not(.skeleton)")


def listed(page):
    return page.locator(".hub-search-list .model-card:not(.skeleton)")


def field(page):
    return page.get_by_role("textbox", name=re.compile("Open from the Hub|从 Hub 打开"))


def open_model(page, name):
    field(page).fill(name)
    field(page).press("Enter")


def problem(page):
    return page.locator(".open-model .model-problem")


def chosen(page, what):
    """The Generate tab is open, with this model."""
    box = page.get_by_label(re.compile("^(Model|模型)$"))
    expect(box).to_have_value(re.compile(what))
    expect(box).to_be_visible()


def remembered(page, what="opened"):
    return page.evaluate("key => JSON.parse(localStorage.getItem(key) ?? '[]')", f"charrnn:{what}")


def press(card, name):
    card.get_by_role("button", name=re.compile(f"^{name}")).click()
