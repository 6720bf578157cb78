"""The Inspect tab, in a real browser: a text tinted by surprisal, and what was expected in it."""

import re

import pytest
from conftest import small_model
from grids import in_stress
from launching import launched
from page import paste, wait_until_drawn
from shared_pages import sharing

from charrnn.checkpoint import Checkpoint, save
from charrnn.inspection import inspect
from charrnn.text import datasets
from charrnn.ui.inspect.readings import ReadingCache
from charrnn.vocabulary import Vocabulary

pytest_plugins = ["page"]
expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect

STORY = datasets.load("tide-clock").text
HELD_OUT = STORY[len(STORY) - round(0.1 * len(STORY)) :]
SHOWN = {" ": "␣", "\n": "⏎"}
# Pastes a text; true if the page takes it, false if it leaves that to the browser.
PASTE = """(field, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  return !field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
}"""


# Says for how many milliseconds the page waits after a change of its field.
DELAY = """(field, inputType) => {
  const { setTimeout } = window;
  let delay = null;
  window.setTimeout = (action, milliseconds) => {
    delay ??= milliseconds;
    return setTimeout(action, milliseconds);
  };
  field.dispatchEvent(new InputEvent("input", { inputType }));
  window.setTimeout = setTimeout;
  return delay;
}"""


@pytest.fixture(scope="module")
def story():
    """A small model, as if it had been trained on nine tenths of the embedded story."""
    known = Vocabulary.from_text(STORY)
    about = {
        "name": "The Tide Clock",
        "corpus": {"name": "The Tide Clock", "characters": len(STORY)},
        "training": {"validation": 0.1},
    }
    return Checkpoint(small_model(vocabulary_size=len(known)), known, about)


@pytest.fixture(scope="module")
def fox():
    """A small model of 28 characters."""
    known = Vocabulary.from_text("the quick brown fox jumps over the lazy dog\n")
    return Checkpoint(small_model(vocabulary_size=len(known)), known, {"name": "Fox"})


@pytest.fixture(scope="module")
def app(tmp_path_factory, story, fox):
    """The address of an app with two models."""
    root = tmp_path_factory.mktemp("app")
    save(story, root / "shelf" / "tide-clock")
    save(fox, root / "shelf" / "fox")
    with launched(root) as url:
        yield url


@pytest.fixture(scope="module")
def shared_pages(app, profiles):
    with sharing(app, profiles, open_inspect_tab, reset) as pages:
        yield pages


@pytest.fixture
def open_tab(shared_pages):
    """Opens the tab as a new visitor finds it: `open_tab(locale=…, width=…, height=…)`."""
    yield shared_pages.take
    shared_pages.put_back()


def open_inspect_tab(page):
    page.locator("#tab-inspect-button").click()
    if model_field(page).input_value() != "tide-clock":  # on the Chinese page
        model_field(page).select_option("tide-clock")
    expect(page.locator(".inspect-status")).to_contain_text(f"{len(HELD_OUT):,}")
    expect(candidates(page).first).to_be_visible()


def reset(page):
    page.locator("#tab-inspect-button").click()
    paste(page.locator(".inspect-own textarea"), "")
    source_field(page).select_option("own")
    expect(page.locator(".inspect-status")).to_have_text("")
    if model_field(page).input_value() != "tide-clock":
        model_field(page).select_option("tide-clock")
    source_field(page).select_option("held-out")  # which is read anew
    expect(page.locator(".inspect-status")).to_have_text(re.compile(rf"^{len(HELD_OUT):,}\D*$"))
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def model_field(page):
    return page.locator(".inspect-model")


def source_field(page):
    return page.locator(".inspect-source")


def candidates(page):
    return page.locator(".inspect-place li bdi")


def chosen(page):
    return page.locator(".inspect-text .chosen")


def character(page, place):
    return page.locator(".inspect-text span").nth(place)


def type_text(page, text):
    source_field(page).select_option("own")
    paste(page.locator(".inspect-own textarea"), text)


def expect_place(page, inspection, place):
    """Wait until the panel says what a model expected in a place."""
    names = [SHOWN.get(one, one) for one in inspection.candidates[place]]
    expect(candidates(page)).to_have_text(names)
    expect(page.locator(".inspect-surprisal")).to_contain_text(
        f"{inspection.surprisal[place]:.2f} bits"
    )
    expect(page.locator(".inspect-place .explain")).to_contain_text(
        f"Entropy {inspection.entropy[place]:.2f} bits"
    )


def test_an_example_is_there_at_once_tinted_and_compared_with_counting(open_tab, story):
    page = open_tab()
    expect(source_field(page)).to_have_value("held-out")
    start = character(page, 0).evaluate("span => span.parentNode.textContent")
    assert start.replace("⏎", "") == HELD_OUT[: len(start.replace("⏎", ""))]
    tints = page.locator(".inspect-text span").evaluate_all(
        "spans => [...new Set(spans.map((span) => getComputedStyle(span).backgroundColor))]"
    )
    assert len(tints) > 5
    inspection = inspect(story, HELD_OUT)
    figures = page.locator(".inspect-figures")
    expect(figures).to_contain_text(f"{inspection.score.perplexity:.2f}")
    expect(figures).to_contain_text(f"{inspection.score.bits_per_character:.2f}")
    expect(figures).to_contain_text("n-grams")
    expect(figures).not_to_contain_text("counting…")
    expect(figures).not_to_contain_text("–")
    expect(page.locator(".inspect-surprises li")).to_have_count(5)


def test_a_click_and_the_arrow_keys_tell_what_was_expected(open_tab, story):
    page = open_tab()
    inspection = inspect(story, HELD_OUT)
    character(page, 40).click()
    expect(chosen(page)).to_be_focused()
    expect_place(page, inspection, 40)
    expect(page.locator(".inspect-context b")).to_have_text(SHOWN.get(HELD_OUT[40], HELD_OUT[40]))
    page.keyboard.press("ArrowRight")
    expect_place(page, inspection, 41)
    rounded = f"{round(3 * inspection.surprisal[41]) / 3:.1f} bits"
    expect(chosen(page)).to_have_attribute("aria-label", re.compile(re.escape(rounded)))
    expect(chosen(page)).to_have_attribute("tabindex", "0")
    expect(page.locator('.inspect-text [role="button"]')).to_have_count(1)
    page.keyboard.press("Home")
    line = HELD_OUT.rfind("\n", 0, 42) + 1
    expect_place(page, inspection, line or 1) if line else expect(candidates(page)).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    end = HELD_OUT.index("\n", HELD_OUT.index("\n", line) + 1)
    expect(chosen(page)).to_have_text("⏎")
    expect_place(page, inspection, end)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+End")
    expect_place(page, inspection, len(HELD_OUT) - 1)
    expect(chosen(page)).to_be_in_viewport()
    page.keyboard.press("ArrowRight")
    expect_place(page, inspection, len(HELD_OUT) - 1)
    page.keyboard.press("Control+Home")
    expect(page.locator(".inspect-surprisal")).to_contain_text("Nothing stands before the first")


def test_a_place_of_most_surprise_is_one_click_away(open_tab, story):
    page = open_tab()
    inspection = inspect(story, HELD_OUT)
    for number, place in ((4, None), (0, int(inspection.surprisal[1:].argmax()) + 1)):
        page.locator(".inspect-surprises button").nth(number).click()
        expect(chosen(page)).to_be_in_viewport()
        expect(chosen(page)).to_be_focused()
        if place:
            expect_place(page, inspection, place)


def test_a_typed_text_is_read_and_its_unknown_characters_are_marked(open_tab, story):
    page = open_tab()
    source_field(page).select_option("own")
    expect(page.locator(".inspect-own textarea")).to_be_focused()
    expect(page.locator(".inspect-text")).to_have_attribute(
        "data-hint", re.compile("Type or paste")
    )
    text = "The tide <b>clock</b>\nstood. " + "Ω" + "\u202e"
    type_text(page, text)
    unknown = sum(one in story.vocabulary.unknown(text) for one in text)
    expect(page.locator(".inspect-status")).to_have_text(
        f"{len(text)} characters · {unknown} unknown to this model"
    )
    expect(page.locator(".inspect-text b")).to_have_count(0)
    assert page.locator(".inspect-text").inner_text().startswith("The tide <b>clock</b>⏎")
    expect(page.locator(".inspect-text .unscored").last).to_have_text("U+202E")
    page.locator(".inspect-text .unscored", has_text="Ω").click()
    expect(page.locator(".inspect-surprisal")).to_contain_text("“Ω” is not among the characters")
    expect(page.locator(".inspect-figures")).to_contain_text("by counting this text")


def test_errors_stand_beside_their_field_and_the_text_is_kept(open_tab):
    page = open_tab()
    problem = page.locator(".inspect-problem.of-own")
    type_text(page, "The tide clock stood. ")
    expect(page.locator(".inspect-status")).to_have_text("22 characters")
    type_text(page, "a" * 100_001)
    expect(problem).to_contain_text("The text has 100,001 characters: give at most 100,000")
    expect(page.locator(".inspect-own textarea")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Edit the whole text").click()
    assert len(page.locator(".inspect-own textarea").input_value()) == 100_001
    assert page.locator(".inspect-text").inner_text().startswith("The tide clock stood.")
    type_text(page, "a")
    expect(problem).to_be_visible()
    expect(problem).not_to_contain_text("100,001")
    type_text(page, "Ada ")
    expect(problem).to_be_hidden()
    expect(page.locator(".inspect-status")).to_have_text("4 characters")


def test_baselines_that_are_not_counted_can_be_tried_again(open_tab):
    def lose_baselines(route):
        if route.request.post_data_json["fn_name"] == "count_baselines":
            route.fulfill(json={})
        else:
            route.continue_()

    page = open_tab()
    problem = page.locator(".inspect-problem").first
    page.route("**/component_server/", lose_baselines)
    source_field(page).select_option("own")
    paste(page.locator(".inspect-own textarea"), "the tide clock")
    expect(problem).to_contain_text("The server did not answer")
    page.unroute("**/component_server/")
    problem.get_by_role("button", name="Try again").click()
    expect(problem).to_be_hidden()
    expect(page.locator(".inspect-figures")).not_to_contain_text("counting…")
    expect(page.locator(".inspect-figures")).not_to_contain_text("–")


def test_a_reading_that_is_stopped_has_another_name_than_the_next_one(open_tab):
    asked = []

    def lose_first_reading(route):
        body = route.request.post_data_json
        if body["fn_name"] in ("read_text", "stop_reading"):
            asked.append((body["fn_name"], body["data"]["job"]))
        if len(asked) != 1:
            route.continue_()

    page = open_tab()
    source_field(page).select_option("own")
    page.route("**/component_server/", lose_first_reading)
    for text in ("the tide", "", "the clock"):
        with page.expect_request("**/component_server/"):
            paste(page.locator(".inspect-own textarea"), text)
    expect(page.locator(".inspect-status")).to_have_text("9 characters")
    page.unroute("**/component_server/")
    (first, job), (stop, stopped), (second, next_job) = asked
    assert (first, stop, second) == ("read_text", "stop_reading", "read_text")
    assert job == stopped != next_job


def test_a_pasted_text_is_read_at_once_and_a_typed_one_after_a_pause(open_tab):
    page = open_tab()
    source_field(page).select_option("own")
    field = page.locator(".inspect-own textarea")
    delays = [field.evaluate(DELAY, kind) for kind in ("insertText", "insertFromPaste")]
    assert delays == [500, 0]


def test_of_a_long_text_only_what_is_in_view_is_drawn_in_spans(open_tab, story):
    page = open_tab()
    text, field = (STORY * 2)[:100_000], page.locator(".inspect-own textarea")
    source_field(page).select_option("own")
    assert not field.evaluate(PASTE, "Ada ")  # which the browser pastes itself
    assert field.evaluate(PASTE, text + "\N{SNOWMAN}")
    expect(page.locator(".inspect-problem.of-own")).to_contain_text("100,001")
    assert field.evaluate(PASTE, text)  # in place of that one
    expect(field).to_have_value(text[:2000])
    expect(page.locator("#inspect-own-note")).to_contain_text("Only the beginning of your 100,000")
    expect(page.locator(".inspect-status")).to_have_text("100,000 characters", timeout=120_000)
    page.locator(".inspect-text").evaluate("area => (area.scrollTop = area.scrollHeight / 2)")
    page.wait_for_timeout(300)
    assert 500 < page.locator(".inspect-text span").count() < 15_000
    length = 100_000 + (STORY * 2)[:100_000].count("\n")  # the rest is there as text
    has_all = f"() => document.querySelector('.inspect-text').textContent.length === {length}"
    page.wait_for_function(has_all)  # it is drawn in several frames


def test_a_reading_that_the_server_has_dropped_is_made_again(open_tab, story, monkeypatch):
    page = open_tab()
    type_text(page, "The tide clock stood by the sea. " * 9)
    expect(page.locator(".inspect-status")).to_have_text("297 characters")
    with monkeypatch.context() as patch:
        get, missed = ReadingCache.get, []

        def miss_once(cache, owner, key):
            missed.append(key)
            return None if len(missed) <= 3 else get(cache, owner, key)

        patch.setattr(ReadingCache, "get", miss_once)
        character(page, 290).click()
        expect_place(page, inspect(story, "The tide clock stood by the sea. " * 9), 290)
        assert len(missed) > 3


def test_the_model_chosen_on_the_generate_tab_is_carried_over(open_tab):
    page = open_tab()
    page.locator("#tab-generate-button").click()
    page.locator("#generate-checkpoint input").click()
    page.get_by_role("option", name="Fox").click()
    page.locator("#tab-inspect-button").click()
    expect(model_field(page)).to_have_value("fox")
    expect(page.locator(".inspect-status")).to_contain_text("unknown to this model")
    page.locator("#tab-generate-button").click()
    page.locator("#generate-checkpoint input").click()
    page.get_by_role("option", name="Tide Clock").click()
    page.locator("#tab-inspect-button").click()
    expect(model_field(page)).to_have_value("tide-clock")


def test_a_model_chosen_while_the_models_are_listed_stays_chosen(open_tab):
    page = open_tab()
    held = []

    def hold_list(route):
        if route.request.post_data_json["fn_name"] != "list_models":
            route.continue_()
        else:
            held.append(route)

    page.locator("#tab-generate-button").click()
    page.route("**/component_server/", hold_list)
    with page.expect_request(lambda request: "list_models" in (request.post_data or "")):
        page.locator("#tab-inspect-button").click()
    model_field(page).select_option("fox")
    expect(page.locator(".inspect-status")).to_contain_text("unknown to this model")
    old = page.locator(".inspect-model option").first.element_handle()
    held[0].continue_()
    page.wait_for_function("option => !option.isConnected", arg=old)
    expect(model_field(page)).to_have_value("fox")
    model_field(page).select_option("tide-clock")
    expect(page.locator(".inspect-status")).to_contain_text(f"{len(HELD_OUT):,}")


def test_a_second_model_tints_the_text_by_which_of_the_two_knew_better(open_tab, story, fox):
    page = open_tab()
    page.get_by_role("button", name="Compare with a second model").click()
    second = page.locator(".inspect-second select")
    expect(second).to_have_value("fox")  # the only other model
    verdict = page.locator(".compared-verdict")
    place = next(i for i, c in enumerate(HELD_OUT) if i > 30 and c == "e")
    character(page, place).click()
    bits = [inspect(one, HELD_OUT).surprisal[place] for one in (story, fox)]
    name = "Fox" if bits[1] < bits[0] else "The Tide Clock"
    expect(verdict).to_have_text(
        f"{name} knew better here, by {abs(bits[0] - bits[1]):.2f} bits of surprise."
    )
    expect(page.locator(".compared-two p")).to_have_text([f"{one:.2f} bits" for one in bits])
    expect(page.locator(".inspect-scale")).to_contain_text("Fox better by 4+ bits")
    assert page.locator(".inspect-text .unscored").count() > 0
    assert page.locator('.inspect-text [class^="n"]').count() > 0
    page.locator(".compared-places button").first.click()
    expect(chosen(page)).to_be_focused()
    expect(page.locator(".inspect-surprises")).to_be_hidden()
    page.get_by_role("button", name="Remove the second model").click()
    expect(page.locator(".inspect-surprises")).to_be_visible()
    expect(page.locator(".inspect-scale")).to_contain_text("8 bits or more")
    expect(page.get_by_role("button", name="Compare with a second model")).to_be_focused()


@pytest.mark.parametrize("locale", ["en-US", *in_stress("zh-CN")])
def test_a_phone_shows_one_column_and_nothing_scrolls_sideways(open_tab, locale):
    page = open_tab(width=390, height=844, locale=locale)
    character(page, 30).click()
    expect(page.locator(".inspect-place h2")).to_be_in_viewport()
    page.wait_for_function("document.scrollingElement.scrollWidth <= 390")
    left = [page.locator(f".inspect-{name}").bounding_box()["x"] for name in ("place", "figures")]
    assert max(left) < 30
    if locale == "zh-CN":
        expect(page.locator(".inspect-place h2")).to_have_text("模型在这里预期什么")
        expect(page.locator(".inspect-surprisal")).to_contain_text("比特")


def test_a_reload_keeps_the_model_and_the_users_own_text_until_it_is_cleared(visit):
    page = visit("?tab=inspect")
    expect(page.locator(".inspect-surprises li")).to_have_count(5)
    model_field(page).select_option("fox")
    type_text(page, "the lazy dog jumps")
    expect(page.locator(".inspect-status")).to_have_text("18 characters")
    page.reload()
    wait_until_drawn(page)
    expect(page.locator(".inspect-status")).to_have_text("18 characters")
    expect(model_field(page)).to_have_value("fox")
    expect(page.locator(".inspect-own textarea")).to_have_value("the lazy dog jumps")
    page.get_by_role("button", name="Clear the text").click()
    expect(page.locator(".inspect-text")).to_have_attribute("data-hint", re.compile("Type"))
    page.reload()
    wait_until_drawn(page)
    expect(page.locator(".inspect-surprises li")).to_have_count(5)
    expect(page.locator(".inspect-own textarea")).to_be_hidden()
    expect(page.locator(".inspect-own textarea")).to_have_value("")
