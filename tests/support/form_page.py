"""The form of the Train tab in a real browser: an app for it, and its cards.

A test module takes the fixtures by assignment, `app = form_page.app` and `form = form_page.form`.
"""

import re

import pytest
from conftest import small_model
from launching import launched

from charrnn.checkpoint import Checkpoint, save
from charrnn.vocabulary import Vocabulary

expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect

DEFAULT_LABELS = {"songs": re.compile("歌.*10"), "tide-clock": re.compile("Tide.Clock.·.10.s")}
FORGET = "() => { window.charrnnForm.save = (values) => values; sessionStorage.clear(); }"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of an app with one model, which nobody trains on."""
    root = tmp_path_factory.mktemp("app")
    vocabulary = Vocabulary.from_text("abc")
    save(Checkpoint(small_model(vocabulary_size=4), vocabulary), root / "shelf" / "small")
    with pytest.MonkeyPatch.context() as patch, launched(root) as url:
        patch.setenv("CHARRNN_CACHE", str(root / "cache"))  # nothing has been downloaded
        yield url


@pytest.fixture
def form(shared_page):
    """Returns the page that the tests share, at the form's defaults: `form(locale=…, width=…)`. The
    server has answered to them."""

    def form_of(**how):
        page = shared_page(**how)
        corpus = "songs" if how.get("locale") == "zh-CN" else "tide-clock"
        back = reset_link(page)
        if back.is_visible() and re.match("Back|恢复", back.inner_text()):
            back.click()
        try:
            chosen(page, "recipe", "sprint", timeout=3000)
            chosen(page, "corpus", corpus, timeout=3000)
        except AssertionError:  # a change of the test before was still on its way
            page.evaluate(FORGET)
            page.reload()
            page.wait_for_function("window.charrnnForm?.ready")
            chosen(page, "corpus", corpus)
        expect(page.locator("#train-go")).to_have_text(DEFAULT_LABELS[corpus])
        page.evaluate("scrollTo(0, 0)")
        return page

    return form_of


def choose(page, group, value):
    """Choose a card by its value, as it is called differently in each language."""
    page.locator(f'#train-{group} [value="{value}"]').check()


def chosen(page, group, value, timeout=90_000):
    """Wait until a card is chosen, for some milliseconds."""
    card = page.locator(f'#train-{group} [value="{value}"]')
    expect(card).to_be_checked(timeout=timeout)


def choose_recipe(page, recipe):
    """Choose another recipe, and wait until the page has followed."""
    button = page.locator("#train-go")
    before = button.inner_text()
    choose(page, "recipe", recipe)
    opened = {"textbook": "#train-experiment", "custom": "#train-settings"}.get(recipe)
    if opened:
        expect(page.locator(opened)).to_be_visible()
    else:
        expect(button).not_to_have_text(before)


def change_setting(page, name, value):
    """Type into a field of Custom, until the page says that it was changed. The answer to what was
    chosen just before may still be on its way, and fills the fields."""
    for _ in range(10):
        setting(page, name).fill(value)
        try:
            expect(page.locator("#train-custom-head")).to_contain_text("1 changed", timeout=9000)
        except AssertionError:
            continue
        return
    raise AssertionError(f"{name} does not keep {value}")


def reset_link(page):
    """The link that leads back to the defaults, and from there to what was there before."""
    return page.locator("#train-form-reset button")


def paste_field(page):
    return page.locator("#train-paste textarea")


def setting(page, name):
    """The field of Custom that a setting is typed into."""
    return page.locator(f"#setting-{name}").get_by_role("textbox")


def unfold(page, *names):
    """Open these parts of Custom."""
    for name in names:
        head = page.locator("#train-settings").get_by_role("button", name=name)
        if "open" not in (head.get_attribute("class") or ""):
            head.click()
