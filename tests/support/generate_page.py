"""The Generate tab of an app with small models that are never trained, and how to use it.

A test module takes the fixtures by assignment, `app = generate_page.app` and so on with `root` and
`fox`, which `app` needs: as a plugin this app would be every other module's too. Its tests share
the pages that `open_tab` opens; `visit` loads one that is the test's own.
"""

import re
import time

import pytest
import torch
from conftest import small_model
from launching import launched
from shared_pages import sharing

from charrnn.checkpoint import Checkpoint, save
from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.text import read_text
from charrnn.ui.generate import stream
from charrnn.ui.generate.stream import ALPHAS
from charrnn.vocabulary import Vocabulary

expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect

LETTERS = Vocabulary.from_text("the quick brown fox jumps over the lazy dog\n")


def checkpoint(name, prefixes, **model):
    about = {"name": name, "corpus": {"name": name}, "prefixes": prefixes}
    return Checkpoint(small_model(vocabulary_size=len(LETTERS), **model), LETTERS, about)


@pytest.fixture(scope="module")
def fox():
    return checkpoint("Fox", ["the fox"])


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def app(root, fox):
    """The address of an app with three models on its shelf, one of them slow, one very sure."""
    save(fox, root / "shelf" / "fox")
    save(checkpoint("Heavy", ["a heavy"]), root / "shelf" / "heavy")
    sharp = checkpoint("Sharp", ["a sharp"])
    with torch.no_grad():
        for weight in sharp.model.parameters():
            weight.mul_(10)  # it is very sure of itself
    save(sharp, root / "shelf" / "sharp")
    with pytest.MonkeyPatch.context() as patch, launched(root) as url:
        patch.setattr(
            "charrnn.ui.generate.stream.iter_characters", _heavily(stream.iter_characters)
        )
        yield url


def _heavily(iter_characters):
    """As `iter_characters`; but one of the models takes its time for each character."""

    def characters(checkpoint, *arguments):
        for character in iter_characters(checkpoint, *arguments):
            yield character
            time.sleep(0.01 if checkpoint.name == "Heavy" else 0)

    return characters


@pytest.fixture
def trained_run(root, fox):
    """Makes a run that has saved a model already; returns its id."""

    def make():
        run = Run.create(root / "runs", make_plan(read_text("the lazy dog\n" * 400)))
        save(fox, run.directory / "checkpoint")
        return run.id

    return make


@pytest.fixture(scope="module")
def shared_pages(app, profiles):
    with sharing(app, profiles, open_generate_tab, reset) as pages:
        yield pages


@pytest.fixture
def open_tab(shared_pages):
    """Opens the tab as a new visitor finds it: `open_tab(locale=…, width=…, height=…)`."""
    yield shared_pages.take
    shared_pages.put_back()


def open_generate_tab(page):
    page.get_by_role("tab", name=re.compile("Generate|生成")).click()
    expect(button(page, "generate")).to_be_visible()
    expect(page.locator(".next-char-name").first).not_to_be_empty()


ERRORS = ".generate-problem, #generate-problem-checkpoint p, #generate-problem-settings p"
RESET = """() => {
  const find = (selector) => document.querySelector(selector);
  document.activeElement.blur();
  while (!find('[data-do="undo"]').disabled) find('[data-do="undo"]').click();
  find('.generate-speed select').value = 'fast';
  find('.generate-speed select').dispatchEvent(new Event('change'));
  if (!find('.generate-surprisal input').checked) find('.generate-surprisal input').click();
  if (!find('.next-char-mode [value="sample"]').checked)
    find('.next-char-mode [value="sample"]').click();
  for (const storage of [localStorage, sessionStorage]) storage.clear();
}"""


def reset(page):
    """Undo what a test did on the tab, also one that failed. Redo still brings its text back."""
    page.locator("#tab-generate-button").click()
    if button(page, "stop").is_visible():
        button(page, "stop").click()
    expect(button(page, "generate")).to_be_visible()
    page.evaluate(RESET)
    if page.locator(".next-char-alpha input").input_value() != str(ALPHAS.index(1.0)):
        slide(page, 1.0)
    if not model_field(page).input_value().startswith("Fox"):
        choose(page, "Fox")
        expect(model_field(page)).to_have_value(re.compile("^Fox"))
    typed = page.locator("#generate-prefix textarea")
    if typed.input_value() != "the fox" or any(page.locator(ERRORS).all_inner_texts()):
        for text in ("", "the fox"):  # a change takes an error away
            typed.fill(text)
    for field, value in (
        (page.locator("#generate-length input[type=number]"), "200"),
        (page.locator("#generate-seed").get_by_role("textbox"), ""),
    ):
        if field.input_value() != value:
            field.fill(value)
    expect(page.locator(".next-char h2")).to_contain_text("the fox")
    expect(page.locator(ERRORS)).to_have_text(["", "", ""])
    page.evaluate("scrollTo(0, 0)")


def button(page, name):
    return page.locator(f'.generate [data-do="{name}"]')


def press(page, name):
    """Press a button that makes the model write, and wait until it has."""
    before = page.locator(".generate-status").inner_text()
    button(page, name).click()
    finished(page, before)


def finished(page, before=""):
    expect(page.locator(".generate-status")).to_contain_text(re.compile("characters/s|字符/秒"))
    page.wait_for_function(
        "before => document.querySelector('.generate-status').textContent !== before", arg=before
    )
    expect(button(page, "generate")).to_be_visible()


def text(page):
    return page.locator(".generate-text").evaluate("node => node.textContent")


def prefix(page):
    return page.get_by_label("Prefix")


def seed(page):
    return int(re.search(r"seed (\d+)", page.locator(".generate-status").inner_text())[1])


def shares(page):
    return page.locator(".next-char-share").all_inner_texts()


def mode(page, name):
    page.locator(f'.next-char-mode [value="{name}"]').check()


def slide(page, alpha):
    page.locator(".next-char-alpha input").fill(str(ALPHAS.index(alpha)))


def tints(page):
    return set(
        page.locator(".generate-text span").evaluate_all(
            "spans => spans.map(span => getComputedStyle(span).backgroundColor)"
        )
    )


def model_field(page):
    return page.get_by_label(re.compile("^(Model|模型)$"))


def choose(page, name):
    model_field(page).click()
    page.get_by_role("option", name=name).click()
