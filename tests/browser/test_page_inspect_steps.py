"""The modes Step by step and How far back of the Inspect tab, in a real browser."""

import math
import re

import pytest
from conftest import small_model
from launching import launched
from page import paste
from shared_pages import sharing

from charrnn.checkpoint import Checkpoint, save
from charrnn.inspection.reach import model_norms
from charrnn.inspection.step_trace import trace_step, unit_sums
from charrnn.text import datasets
from charrnn.vocabulary import Vocabulary

pytest_plugins = ["page"]
expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect

STORY = datasets.load("tide-clock").text
HELD_OUT = STORY[len(STORY) - round(0.1 * len(STORY)) :]
KNOWN = Vocabulary.from_text(STORY)
SHOWN = {" ": "␣", "\n": "⏎"}
LEAVE_WHILE_MEASURING = """(steps) => {
  const field = document.querySelector(".reach-steps select");
  field.value = steps;
  field.dispatchEvent(new Event("change"));
  document.querySelector(".inspect-modes input[value=surprise]").click();
}"""


@pytest.fixture(scope="module")
def models():
    """Models by their keys; the first one as if it had been trained on nine tenths of the story."""
    about = {
        "name": "The Tide Clock",
        "corpus": {"name": "The Tide Clock", "characters": len(STORY)},
        "training": {"validation": 0.1, "steps": 32},
    }
    unit = small_model(vocabulary_size=len(KNOWN), cell="tanh", hidden_size=1)
    both = small_model(vocabulary_size=len(KNOWN), cell="gru", bidirectional=True)
    lstm = small_model(vocabulary_size=len(KNOWN), cell="lstm", layers=2, hidden_size=16)
    lines = small_model(vocabulary_size=len(KNOWN), cell="gru")
    return {
        "tide-clock": Checkpoint(lstm, KNOWN, about),
        "unit": Checkpoint(unit, KNOWN, {"name": "Unit"}),
        "both": Checkpoint(both, KNOWN, {"name": "Both"}),
        "lines": Checkpoint(
            lines, KNOWN, {"name": "Lines", "training": {"documents": "lines", "steps": 32}}
        ),
    }


@pytest.fixture(scope="module")
def app(tmp_path_factory, models):
    root = tmp_path_factory.mktemp("app")
    for key, model in models.items():
        save(model, root / "shelf" / key)
    with launched(root) as url:
        yield url


@pytest.fixture(scope="module")
def shared_pages(app, profiles):
    with sharing(app, profiles, reset, reset) as pages:
        yield pages


@pytest.fixture
def open_mode(shared_pages):
    """Opens a mode of the tab: `open_mode(name, model, locale=…, width=…)`."""

    def open_it(name, model="tide-clock", **options):
        page = shared_pages.take(**options)
        choose_model(page, model)
        page.locator(f".inspect-modes input[value={name}]").check()
        return page

    yield open_it
    shared_pages.put_back()


def reset(page):
    page.locator("#tab-inspect-button").click()
    page.locator(".inspect-modes input[value=surprise]").check()
    choose_model(page, "tide-clock")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def choose_model(page, model):
    """Choose a model and a text: the held-out part of the one that has one."""
    page.locator(".inspect-model").select_option(model)
    page.locator(".inspect-source").select_option("tide-clock")
    expect(page.locator(".inspect-status")).to_contain_text("20,000")
    if model == "tide-clock":
        page.locator(".inspect-source").select_option("held-out")
        expect(page.locator(".inspect-status")).to_contain_text(f"{len(HELD_OUT):,}")


def numbers(value):
    """A number as the page writes it."""
    text = f"{abs(value):.2f}"
    return f"−{text}" if value < 0 and float(text) else text


def rounded(value):
    """A pattern of a number with two decimals, whichever way it is rounded."""
    return f"({numbers(value - 1e-3)}|{numbers(value + 1e-3)})".replace(".", r"\.")


def cell_row(page, number):
    return page.locator(".step-cell .step-row").nth(number)


def expect_step(page, model, place):
    """Wait until the panel has the numbers of unit 0 in the first layer."""
    step = trace_step(model, HELD_OUT, place)
    H, O, C = (rounded(step.layers[0][name][0]) for name in "HOC")  # noqa: E741
    expect(page.locator(".step-top h2")).to_have_text(f"Step {place + 1:,} of {len(HELD_OUT):,}")
    expect(cell_row(page, 5).locator(".step-numbers")).to_have_text(
        re.compile(f"^{H} = {O} · tanh\\({C}\\)$")
    )
    best = KNOWN.symbols[1:][int(step.p.argmax())]
    expect(page.locator(".step-out tbody bdi").first).to_have_text(SHOWN.get(best, best))


def test_a_step_has_equations_with_numbers_and_one_steps_back_and_on(open_mode, models):
    page, model = open_mode("step"), models["tide-clock"]
    page.locator(".inspect-text span").nth(40).click()
    expect_step(page, model, 40)
    expect(page.locator(".step-cell math")).to_have_count(6)
    spoken = cell_row(page, 0).locator(".step-strip").get_attribute("aria-label")
    assert re.fullmatch(r"16 numbers from 0\.\d\d to [01]\.\d\d", spoken)
    page.locator(".step-next").click()
    expect_step(page, model, 41)
    expect(page.locator(".step-next")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect_step(page, model, 39)
    assert page.locator(".inspect-text .unread").first.text_content() == HELD_OUT[40]
    page.locator(".step-layer select").select_option(label="2")
    expect(cell_row(page, 0).locator("math")).to_contain_text("(2)")
    expect(page.locator(".step-in .step-numbers").first).to_contain_text("of layer 1, below")
    unit = page.locator(".step-unit input")
    unit.fill("16")
    unit.press("Enter")
    expect(page.locator(".step-choices .inspect-problem")).to_contain_text("unit 0 to 15")
    expect(unit).to_have_attribute("aria-invalid", "true")
    strip = cell_row(page, 5).locator(".step-strip")
    strip.click(position={"x": strip.bounding_box()["width"] - 3, "y": 5})
    expect(unit).to_have_value("15")
    expect(page.locator(".step-choices .inspect-problem")).to_be_hidden()


def test_it_plays_until_it_is_paused(open_mode):
    page = open_mode("step")
    page.locator(".inspect-text span").nth(2).click()
    play = page.locator(".step-play")
    play.click()
    expect(play).to_have_text("Pause")
    expect(page.locator(".step-top h2")).to_contain_text("Step 5 of")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "false")
    at = page.locator(".step-top h2").text_content()
    page.wait_for_timeout(1000)
    assert page.locator(".step-top h2").text_content() == at
    play.click()
    page.locator(".inspect-text span").nth(60).click()
    expect(play).to_have_text("Play")
    page.keyboard.press("Control+End")
    expect(play).to_be_disabled()
    expect(page.locator(".step-next")).to_be_disabled()


def test_a_network_of_one_unit_reads_with_its_numbers(open_mode, models):
    page, model = open_mode("step", "unit"), models["unit"]
    page.locator(".inspect-text span").nth(4).click()
    step = trace_step(model, STORY[:10], 4)
    one = unit_sums(model, step, 0, 0)["H"]
    total = [numbers(part) for part in (one.from_input, one.from_state, one.bias)]
    expected = f"{numbers(step.layers[0]['H'][0])} = tanh({' + '.join(total)})"
    expect(cell_row(page, 0).locator(".step-numbers")).to_have_text(expected.replace("+ −", "− "))
    assert math.tanh(one.from_input + one.from_state + one.bias) == pytest.approx(
        step.layers[0]["H"][0], abs=1e-4
    )
    drawn = page.locator(".step-drawn")
    before = drawn.text_content()
    page.locator(".step-again").click()
    expect(drawn).not_to_have_text(before)
    page.locator(".step-alpha input").press("End")
    expect(page.locator(".step-alpha span")).to_have_text("α = 4")


def test_a_bidirectional_model_has_neither_steps_nor_a_reach(open_mode):
    page = open_mode("step", "both")
    expect(page.locator(".step-top .inspect-problem")).to_contain_text("not step by step")
    expect(page.locator(".step-body")).to_be_hidden()
    page.locator(".inspect-modes input[value=reach]").check()
    expect(page.locator(".reach > .inspect-problem")).to_contain_text("no memory that reaches")
    expect(page.locator(".reach-plot")).to_be_hidden()


def test_the_gradient_is_drawn_beside_new_models_and_read_out(open_mode, models):
    page = open_mode("reach")
    norms, _ = model_norms(models["tide-clock"], HELD_OUT, 65)
    expect(page.locator(".reach-readout tr")).to_have_count(6, timeout=60_000)
    expect(page.locator(".reach-chart path.curve")).to_have_count(6)
    expect(page.locator(".reach-chart .cut")).to_have_count(1)
    expect(page.locator(".reach-cut")).to_contain_text("its sequences had 32 characters")
    page.locator(".reach-plot").focus()
    page.keyboard.press("Home")
    expect(page.locator(".reach-readout td").nth(1)).to_have_text(f"{norms[0]:.2g}")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".reach-plot")).to_have_attribute("aria-valuenow", "3")
    expect(page.locator(".reach-plot")).to_have_attribute(
        "aria-valuetext", re.compile(r"^3 steps back: this model [\d.·⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+, ")
    )
    expect(page.locator(".reach-context tbody tr")).to_have_count(8)
    expect(page.locator(".reach-forgotten")).to_contain_text(re.compile("what came before"))
    page.locator(".reach summary").click()
    expect(page.locator(".reach-table tbody tr")).to_have_count(8)


def test_in_a_model_of_lines_the_tint_ends_where_the_line_begins(open_mode):
    page, line = open_mode("reach", "lines"), "The sea is calm.\n"
    page.locator(".inspect-source").select_option("own")
    paste(page.locator(".inspect-own textarea"), line * 9)
    expect(page.locator(".inspect-status")).to_contain_text(f"{9 * len(line)} characters")
    begin, selected = 5 * len(line), 5 * len(line) + 6
    page.locator(".inspect-text span").nth(selected).click()
    tinted = page.locator(".inspect-text span[class*='s']:not(.s0)")
    page.wait_for_function(
        """([begin, selected]) => {
          const spans = [...document.querySelectorAll(".inspect-text span")];
          const tinted = spans.flatMap((span, i) => (/\\bs\\d/.test(span.className) ? [i] : []));
          return tinted[0] === begin && tinted.at(-1) === selected;
        }""",
        arg=[begin, selected],
    )
    page.locator(".inspect-text span").nth(begin - 1).click()  # what ends the line before
    expect(tinted).to_have_count(1)


def test_a_measurement_that_is_left_stops_and_what_was_measured_is_kept(open_mode):
    page = open_mode("reach")
    rows, status = page.locator(".reach-readout tr"), page.locator(".reach-status")
    expect(status).to_have_text("", timeout=60_000)
    asked = []

    def note(request):
        asked.append((request.post_data_json or {}).get("fn_name"))

    page.on("request", note)
    try:
        page.evaluate(LEAVE_WHILE_MEASURING, "16")
        page.locator(".inspect-modes input[value=reach]").check()
        expect(rows).to_have_count(6)
        expect(status).to_have_text("")
        assert "stop_reading" in asked
        assert asked.count("gradient_norms") <= 7  # one was stopped, and six were needed
        asked.clear()
        page.locator(".reach-steps select").select_option("64")
        expect(page.locator(".reach-table tbody tr")).to_have_count(8)
        expect(rows).to_have_count(6)
        page.wait_for_timeout(200)
        assert "gradient_norms" not in asked
    finally:
        page.remove_listener("request", note)


def test_lost_effects_of_the_context_are_a_problem_that_can_be_tried_again(open_mode):
    def lose_effects(route):
        if route.request.post_data_json["fn_name"] == "context_effects":
            route.fulfill(json={})
        else:
            route.continue_()

    page = open_mode("step", "unit")
    page.route("**/component_server/", lose_effects)
    page.locator(".inspect-modes input[value=reach]").check()
    problem = page.locator(".reach-context .inspect-problem")
    expect(problem).to_contain_text("The server did not answer", timeout=60_000)
    expect(page.locator(".reach-readout tr")).to_have_count(5)  # the gradients are there
    page.unroute("**/component_server/")
    problem.get_by_role("button", name="Try again").click()
    expect(problem).to_be_hidden()
    expect(page.locator(".reach-context tr")).to_have_count(9)


def test_a_text_that_is_too_short_is_enough_for_fewer_steps(open_mode):
    page = open_mode("reach")
    page.locator(".inspect-source").select_option("own")
    paste(page.locator(".inspect-own textarea"), "The tide clock stood by the sea.")
    expect(page.locator(".reach > .inspect-problem")).to_contain_text("give at least 67")
    page.locator(".reach-steps select").select_option("16")
    expect(page.locator(".reach > .inspect-problem")).to_be_hidden()
    expect(page.locator(".reach-readout tr").first).to_be_visible()
    page.locator(".reach-steps select").select_option("64")


@pytest.mark.parametrize("mode", ["step", "reach"])
def test_on_a_phone_equations_scroll_within_themselves(open_mode, mode):
    page = open_mode(mode, locale="zh-CN", width=390, height=844)
    title = {"step": "第 ", "reach": "梯度"}[mode]
    expect(page.locator(f".{mode} h2").first).to_contain_text(title)
    shown = {"step": ".step-cell .step-row", "reach": ".reach-readout tr"}[mode]
    expect(page.locator(shown).first).to_be_visible()
    page.wait_for_function("document.scrollingElement.scrollWidth <= 390")


def test_on_the_generate_tab_a_bidirectional_model_says_why_it_shows_no_state(open_mode):
    page = open_mode("step", "both")
    page.locator("#tab-generate-button").click()
    page.locator("#generate-checkpoint input").click()
    page.get_by_role("option", name="Both").click()
    page.locator(".generate-speed select").select_option("step")
    page.locator('[data-do="generate"]').click()
    state = page.locator(".next-char-state")
    expect(state).to_contain_text("reads the text in both directions")
    expect(state.locator("div")).to_be_hidden()
    page.locator('[data-do="all"]').click()
    expect(state).to_be_hidden()
