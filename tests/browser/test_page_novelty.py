"""What is new in a text and what is copied, in a real browser: on Generate and on Inspect."""

import re
from itertools import islice

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import small_model
from launching import launched
from shared_pages import sharing

from charrnn.checkpoint import Checkpoint, save
from charrnn.generation import GeneratedChar
from charrnn.text import datasets
from charrnn.ui.page.modules import main_path
from charrnn.vocabulary import Vocabulary

pytest_plugins = ["page"]
expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect

STORY = datasets.load("tide-clock").text
START = STORY.index("said Ada") - 100
COPY = STORY[START : START + 90]
NEW = "Zzz qqq xxx jjj. "
WRITTEN = NEW + COPY + NEW


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of an app with two models that write `WRITTEN`. One has its text at hand."""
    root = tmp_path_factory.mktemp("app")
    known = Vocabulary.from_text(STORY)
    about = {
        "name": "The Tide Clock",
        "corpus": {"name": "The Tide Clock", "characters": len(STORY)},
        "training": {"validation": 0.1},
        "prefixes": ["The tide"],
    }
    model = small_model(vocabulary_size=len(known))
    save(Checkpoint(model, known, about), root / "shelf" / "tide-clock")
    save(Checkpoint(model, known, {"name": "Other"}), root / "shelf" / "other")

    def recite(checkpoint, before, config):
        return (GeneratedChar(c, i % 9) for i, c in islice(enumerate(WRITTEN), config.length))

    with pytest.MonkeyPatch.context() as patch, launched(root) as url:
        patch.setattr("charrnn.ui.generate.stream.iter_characters", recite)
        yield url


@pytest.fixture(scope="module")
def shared_pages(app, profiles):
    with sharing(app, profiles) as pages:
        yield pages


@pytest.fixture
def open_page(shared_pages):
    yield shared_pages.take
    shared_pages.put_back()


def generate(page, model, text=WRITTEN):
    page.locator("#tab-generate-button").click()
    page.get_by_label("Model", exact=True).first.click()
    page.get_by_role("option", name=model).click()
    page.locator("#generate-length input[type=number]").fill(str(len(text)))
    page.locator('.generate [data-do="generate"]').click()
    expect(page.locator(".generate-status")).to_contain_text("characters/s")
    return page.locator("#generate-novelty .novelty")


def underlined(page, place):
    return "".join(page.locator(f"{place} .copied").all_text_contents())


def test_copies_are_underlined_and_shown_in_the_training_text(open_page):
    page = open_page()
    report = generate(page, "The Tide Clock")
    expect(report.locator(".novelty-verdict")).to_contain_text("Recited: ")
    assert COPY in underlined(page, ".generate-text")
    assert NEW[:-1] not in underlined(page, ".generate-text")
    assert page.locator(".generate-text").text_content().endswith(WRITTEN), "nothing is lost"
    expect(report.locator("td:nth-child(3)").first).to_contain_text("%")  # held out
    copy = report.locator("li button").first
    copy.focus()
    page.keyboard.press("Enter")
    expect(copy).to_have_attribute("aria-pressed", "true")
    assert COPY in report.locator("mark").text_content()
    expect(report.locator("figcaption")).to_contain_text("In the training text")
    mark, first = (page.locator(one).first.bounding_box() for one in (".generate-mark", ".copied"))
    assert mark["x"] == pytest.approx(first["x"], abs=3), "it is the first character of the copy"
    page.keyboard.press("ArrowLeft")
    expect(report.locator("figure")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(report.locator("figure")).to_be_visible()
    assert Axe().run(page, context="#generate-novelty").response["violations"] == []
    page.keyboard.press("Home")  # the text has the focus: its first character is new
    expect(report.locator("figure")).to_be_hidden()
    page.locator('.generate [data-do="undo"]').click()
    expect(report).to_be_hidden()


def test_nothing_copied_is_said_and_a_training_text_can_be_brought_along(open_page):
    page = open_page()
    report = generate(page, "The Tide Clock", NEW)
    expect(report.locator(".novelty-verdict")).to_contain_text("New: no line and no passage of 20")
    report = generate(page, "Other")
    expect(report.locator(".novelty-state")).to_contain_text("not at hand")
    assert underlined(page, ".generate-text") == ""
    brought = {"name": "mine.txt", "mimeType": "text/plain", "buffer": COPY.encode()}
    report.locator("input[type=file]").set_input_files(brought)
    expect(report.locator(".novelty-verdict")).to_contain_text("Recited: ")
    expect(report.locator(".novelty-file")).to_contain_text("mine.txt")
    assert underlined(page, ".generate-text") == COPY


def test_inspect_has_a_mode_that_underlines_copies(open_page):
    page = open_page()
    page.locator("#tab-inspect-button").click()
    page.locator(".inspect-model").select_option("tide-clock")
    page.locator(".inspect-source").select_option("own")
    page.locator(".inspect-own textarea").evaluate(
        "(field, text) => { field.value = text; field.dispatchEvent(new Event('input')); }", WRITTEN
    )
    expect(page.locator(".inspect-status")).to_contain_text(f"{len(WRITTEN)} characters")
    page.locator(".inspect-modes [value=copied]").check()
    report = page.locator("#inspect .novelty")
    expect(report.locator(".novelty-verdict")).to_contain_text("Recited: ")
    assert COPY.replace("\n", "⏎") in underlined(page, ".inspect-text")
    report.locator("li button").first.click()
    assert Axe().run(page, context="#inspect").response["violations"] == []
    chosen = page.locator(".inspect-text .chosen")
    expect(chosen).to_have_attribute("aria-label", re.compile("copied, in a passage of"))
    assert COPY in report.locator("mark").text_content()
    page.locator(".inspect-source").select_option("held-out")
    expect(report.locator(".novelty-verdict")).to_contain_text("This is the held-out text")


FOUND = {
    "lines": 40,
    "copied_lines": 0,
    "copied": 0.0,
    "longest": 15,
    "min_characters": 20,
}
VERDICTS = [
    ({}, None, "verdict-nothing"),
    ({"copied_lines": 1}, None, "verdict-few-lines"),
    ({"copied_lines": 20, "copied": 0.9}, None, "verdict-lines"),
    ({"copied_lines": 5, "copied": 0.2}, None, "verdict-part-lines"),
    ({"lines": 2, "copied_lines": 1, "copied": 0.5}, None, "verdict-recited"),
    ({"copied": 0.12}, 0.08, "verdict-normal"),
    ({"copied": 0.13}, 0.08, "verdict-part"),
    ({"copied": 0.09}, None, "verdict-new"),
]


def test_the_verdict_and_the_longest_copies(open_page):
    """The module is called in the page, without the server."""
    page = open_page()
    run = f"""async ([name, ...values]) => {{
      const path = "/{main_path().replace("page/main", "novelty/copies")}";
      return (await import(path))[name](...values);
    }}"""
    for found, held_out, expected in VERDICTS:
        held = held_out and {"copied": held_out}
        name, values = page.evaluate(run, ["verdictOf", FOUND | found, held])
        assert (name, values.get("held")) == (expected, held_out)
    longest = page.evaluate(
        run, ["longestCopies", [[0, 30, 5, 0], [20, 60, 1, 0], [10, 40, 9, 1], [60, 70, 7, 0]]]
    )
    assert longest == {"listed": [[20, 60, 1, 0], [10, 40, 9, 1], [60, 70, 7, 0]], "others": 0}
    assert page.evaluate(run, ["covered", [[0, 5], [3, 9], [9, 12], [20, 21]]]) == [
        [0, 12],
        [20, 21],
    ]
