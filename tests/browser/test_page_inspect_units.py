"""The mode Hidden units of the Inspect tab, in a real browser."""

import re

import numpy as np
import pytest
from conftest import small_model
from launching import launched
from shared_pages import sharing

from charrnn.checkpoint import Checkpoint, save
from charrnn.evaluation import score
from charrnn.inspection import find_units
from charrnn.inspection.ablation import without_unit
from charrnn.inspection.activations import read_layer
from charrnn.vocabulary import Vocabulary

pytest_plugins = ["page"]
expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect

LETTERS = "aabbc\n "
TEXT = "".join(np.random.default_rng(1).choice(list(LETTERS), 600))


@pytest.fixture(scope="module")
def model():
    known = Vocabulary.from_text(LETTERS)
    return Checkpoint(
        small_model(vocabulary_size=len(known), hidden_size=8), known, {"name": "Letters"}
    )


@pytest.fixture(scope="module")
def app(tmp_path_factory, model):
    root = tmp_path_factory.mktemp("app")
    save(model, root / "shelf" / "letters")
    with launched(root) as url:
        yield url


@pytest.fixture(scope="module")
def shared_pages(app, profiles):
    with sharing(app, profiles, read_letters) as pages:
        yield pages


@pytest.fixture
def page(shared_pages):
    """The page in the mode Hidden units, which has read the text of this module."""
    yield shared_pages.take()
    shared_pages.put_back()


def read_letters(page):
    page.locator("#tab-inspect-button").click()
    page.locator(".inspect-source").select_option("own")
    page.locator(".inspect-own textarea").evaluate(
        "(field, text) => { field.value = text; field.dispatchEvent(new Event('input')); }", TEXT
    )
    expect(page.locator(".inspect-status")).to_contain_text("600 characters")
    page.get_by_role("radio", name="Hidden units").check(force=True)
    expect(page.locator(".unit-findings button").first).to_be_visible()


def choose_unit(page, unit):
    page.locator(".unit-number input").fill(str(unit))
    expect(page.locator('.unit-strip[aria-selected="true"] span')).to_have_text(str(unit))


def classes(page, count=60):
    spans = page.locator(".inspect-text span").evaluate_all(
        "all => all.map((one) => one.className)"
    )
    return [re.search(r"[sn]\d", one).group() for one in spans[:count]]


def expected_classes(model, unit, count=60):
    H = read_layer(model, model.vocabulary.encode(TEXT), 0)[:, unit]
    levels = np.floor(9 * np.rint(127 * H / np.abs(H).max()) / 127 + 0.5).astype(int)
    return [f"n{-level}" if level < 0 else f"s{level}" for level in levels[:count].tolist()]


def test_the_text_is_tinted_by_one_unit_and_all_units_are_strips(page, model):
    choose_unit(page, 5)
    page.locator(".unit-quantity").select_option("H")
    expect(page.locator(".inspect-scale span").first).to_contain_text("−")
    page.wait_for_function(
        "level => document.querySelector('.inspect-text span').classList.contains(level)",
        arg=expected_classes(model, 5)[0],
    )
    assert classes(page) == expected_classes(model, 5)
    strips = page.get_by_role("listbox")
    strips.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".unit-number input")).to_have_value("6")
    expect(strips).to_have_attribute("aria-activedescendant", "unit-strip-6")
    page.locator(".unit-number input").fill("8")
    problem = page.locator(".unit-choice .inspect-problem")
    expect(problem).to_have_text("Give a whole number from 0 to 7.")
    page.locator(".unit-next").click()
    expect(problem).to_be_hidden()
    expect(page.locator(".unit-value")).to_contain_text("Unit 7 is")
    page.locator(".unit-quantity").select_option("F")
    expect(page.locator(".unit-choice .explain")).to_contain_text("The forget gate")
    expect(page.locator(".unit-value")).to_contain_text("Unit 7 is")
    assert not any(name.startswith("n") for name in classes(page)), "a gate is not below zero"


def test_units_are_found_for_a_pattern_and_errors_stand_beside_it(page, model):
    field, problem = (
        page.locator(".unit-pattern input"),
        page.locator(".unit-find .inspect-problem"),
    )
    field.fill("(a")
    field.press("Enter")
    expect(problem).to_contain_text("is not a regular expression")
    expect(field).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="digits").click()
    expect(problem).to_contain_text("too few such characters")
    field.fill("a")
    field.press("Enter")
    found = sorted(find_units(model, TEXT, "/a/"), key=lambda one: -one.score_held_out)
    rows = page.locator(".unit-findings button")
    expect(rows).to_have_count(len(found))
    expect(problem).to_be_hidden()
    expect(rows.first).to_contain_text(f"{found[0].score_held_out:.2f}")
    rows.last.click()
    expect(rows.last).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".unit-value")).to_contain_text(f"Unit {found[-1].unit} is")
    expect(page.locator(".unit-quantity")).to_have_value(found[-1].quantity)
    marked = page.locator(".inspect-text .marked").all_inner_texts()
    assert set(marked) == {"a"}


def test_a_selection_by_keyboard_leads_to_where_its_units_are_on_too(page):
    page.locator(".inspect-text span").nth(20).click()
    expect(page.locator(".unit-matches-about")).to_contain_text("Drag over the text")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".inspect-text .within")).to_have_count(3)
    expect(page.locator(".unit-matches .unit-chips button").first).to_be_visible()
    match = page.locator(".unit-matches li button").first
    match.click()
    expect(page.locator(".inspect-text .chosen")).to_have_class(re.compile("matched"))
    expect(page.locator(".inspect-text .within")).to_have_count(3)
    start = page.locator(".inspect-text span").nth(40)
    start.scroll_into_view_if_needed()
    box = start.bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()
    expect(start).to_have_class(re.compile("within"))
    expect(page.locator(".inspect-text span").nth(22)).not_to_have_class(re.compile("within"))


def test_a_unit_is_switched_off(page, model):
    choose_unit(page, 3)
    page.get_by_role("button", name="Switch unit 3 off").click()
    without = score(without_unit(model, 0, 3), TEXT).perplexity
    expect(page.locator(".unit-off-verdict")).to_contain_text(f"{without:.2f} instead of")
    written = page.locator(".unit-off-texts p").all_inner_texts()
    assert len(written) == 2 and written[0] != written[1]
    page.locator(".unit-off-tint input").check()
    expect(page.locator(".inspect-scale")).to_contain_text("+3 bits")
    page.locator(".unit-next").click()
    expect(page.locator(".unit-off-result")).to_be_hidden()
    expect(page.locator(".inspect-scale")).not_to_contain_text("bits")


def test_an_answer_counts_after_the_same_text_was_read_again_and_a_lost_one_can_be_asked_for(
    page,
):
    held = []

    def hold_first_then_lose(route):
        if route.request.post_data_json["fn_name"] != "unit_values":
            route.continue_()
        elif held:
            route.fulfill(json={})
        else:
            held.append(route)

    choose_unit(page, 2)
    page.route("**/component_server/", hold_first_then_lose)
    with page.expect_request(lambda request: "unit_values" in (request.post_data or "")):
        page.locator(".unit-number input").fill("5")
    page.locator(".inspect-source").select_option("own")
    expect(page.locator(".inspect.busy")).to_have_count(0)
    held[0].continue_()
    expect(page.locator(".unit-value")).to_contain_text("Unit 5 is")
    page.locator(".unit-next").click()
    problem = page.locator(".unit-choice .inspect-problem")
    expect(problem).to_contain_text("The server did not answer")
    page.unroute("**/component_server/")
    problem.get_by_role("button", name="Try again").click()
    expect(problem).to_be_hidden()
    expect(page.locator(".unit-value")).to_contain_text("Unit 6 is")
