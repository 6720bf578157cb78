"""The run card as the browser draws it: the figures that it pairs, compares and reads."""

import re

import card_page
import pytest
from run_events import checkpoint, end, progress, sample, start, view_model

from charrnn.training.holdout import HoldoutWarning

expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect

pytest_plugins = ["page"]
draw = card_page.draw


def with_baselines(**baselines):
    return start() | {"baselines": {"uniform": 62.0, "unigram": 21.9, "ngram": 3.68} | baselines}


def test_the_headline_pairs_the_figures_of_the_kept_model(draw):
    saved = checkpoint(40, held=8.78) | {"train_perplexity": 6.3}
    last = end(99, held=8.78) | {"last_train_perplexity": 3.39, "last_validation_perplexity": 12.0}
    reports = [progress(40, train=6.3, held=8.78), progress(99, train=3.39, held=12.0)]
    page = draw(view_model(with_baselines(), *reports, saved, last))
    expect(page.locator(".run-main b")).to_have_text("8.78")
    expect(page.locator(".run-second b")).to_have_text("6.30")
    expect(page.locator(".run-head")).to_have_attribute("title", re.compile("step 40"))
    labels = page.locator(".run-labels")
    expect(labels.locator(".of-held")).to_have_text("held out 12.0")
    expect(labels.locator(".of-train")).to_have_text("training 3.39")


@pytest.mark.parametrize(
    ("kept", "baselines", "said"),
    [
        (3.65, {}, "Below the n-gram baseline of 3.68"),
        (3.682, {}, "Below the unigram baseline of 21.9"),  # shown as 3.68, as the baseline is
        (20.0, {"uniform": 18.0}, "Below the unigram baseline of 21.9"),
        (17.0, {"uniform": 18.0}, "A uniform guess"),
        (70.0, {}, ""),
    ],
)
def test_what_is_said_compares_the_kept_model_with_the_strongest_baseline_it_beats(
    draw, kept, baselines, said
):
    reports = [progress(40, train=3.0, held=kept), progress(99, train=2.5, held=80.0)]
    page = draw(
        view_model(
            with_baselines(**baselines), *reports, checkpoint(40, held=kept), end(99, held=80.0)
        )
    )
    note = page.locator(".run-note")
    expect(note).to_contain_text(said) if said else expect(note).to_have_text("")


def ended(*reports, kept, **baselines):
    """The story of a run with these reports, whose last model has the perplexity `kept`."""
    step = reports[-1]["step"]
    last = checkpoint(step, held=kept), end(step, held=kept)
    return view_model(with_baselines(**baselines), *reports, *last)


def hover(page, second):
    """What the crosshair reads at a second of the run, of 10 shown."""
    box = page.locator(".run-curve").bounding_box()
    x = box["x"] + 46 + second / 10 * (box["width"] - 46 - 108)
    page.mouse.move(x, box["y"] + 80)
    return page.locator(".readout").text_content()


def height(page, figure):
    """Where a tick of the axis is, in pixels."""
    box = page.locator(".run-curve .tick", has_text=re.compile(f"^{figure}$")).bounding_box()
    return box["y"] + box["height"] / 2


def test_the_hair_line_reads_the_curve_where_it_is_drawn_in_either_unit(draw):
    reports = [
        progress(10, train=32.0, held=32.0),
        progress(50, train=10.0, held=32.0),  # not measured again
        progress(90, train=4.0, held=2.0),
    ]
    page = draw(ended(*reports, kept=2.0, ngram=None))
    assert hover(page, 1) == "1.0\u00a0s · held out 32.0 · training 32.0"
    assert hover(page, 5) == "5.0\u00a0s · held out ≈\u00a08.00 · training 10.0"
    dot = page.locator(".run-curve .dot.held").bounding_box()
    page.get_by_role("radio", name="bits").click()
    assert hover(page, 5) == "5.0\u00a0s · held out ≈\u00a03.00 · training 3.32"
    assert abs(dot["y"] + dot["height"] / 2 - height(page, 3)) < 2
    assert hover(page, 9) == "9.0\u00a0s · held out 1.00 · training 2.00"


def test_the_lines_of_the_chart_are_named_by_terms_and_one_keeps_the_focus_as_the_run_goes_on(draw):
    events = [with_baselines(), progress(10, train=20.0, held=30.0)]
    page = draw(view_model(*events))
    labels = page.locator(".run-labels span")
    expect(labels).to_have_text(
        ["uniform 62.0", "held out 30.0", "unigram 21.9", "training 20.0", "n-gram 3.68"]
    )
    expect(labels.locator(".term")).to_have_text(["uniform", "held out", "unigram", "n-gram"])
    term = labels.locator(".term").nth(1)
    term.focus()
    later = view_model(*events, progress(20, train=10.0, held=12.0))
    later.state = "finished"
    page.evaluate("value => redraw(value)", later.value())
    expect(labels.nth(1)).to_have_text("held out 12.0")
    expect(term).to_be_focused()


def test_a_figure_above_the_chart_is_marked_so(draw):
    low = {"uniform": 4.0, "unigram": 3.9, "ngram": None}
    reports = [progress(10, train=27.7, held=27.7), progress(90, train=2.0, held=3.0)]
    page = draw(ended(*reports, kept=3.0, **low))
    assert hover(page, 1) == "1.0\u00a0s · held out ↑\u00a027.7 · training ↑\u00a027.7"
    assert hover(page, 9) == "9.0\u00a0s · held out 3.00 · training 2.00"


def test_a_sample_is_shown_with_its_perplexity_and_an_unfolded_one_stays_so(draw):
    reports = [progress(11, held=30.0), progress(50, held=9.0), progress(90, held=8.0)]
    taken = [sample(step, text=f"written at {step}") for step in (0, 10, 30, 50, 90)]
    events = [start(), *sorted([*taken, *reports], key=lambda event: event["step"])]
    page = draw(view_model(*events, checkpoint(90), end(90)))
    rows = page.locator(".run-rows li")
    expect(rows.locator(".share")).to_have_text(["0 %", "10 %", "30 %", "50 %", "100 %"])
    expect(rows.locator(".at")).to_have_text(["≈ 30.0", "≈ 30.0", "≈ 30.0", "9.00", "8.00"])
    near = rows.nth(1).locator(".at")
    expect(near).to_have_attribute("title", "Measured at step 11; the sample is from step 10")
    expect(page.locator(".run-heading")).to_contain_text("≈")
    rows.nth(2).get_by_role("button").click()
    expect(rows.nth(2).get_by_role("button")).to_have_attribute("aria-expanded", "true")
    fewer = view_model(events[0], *events[2:], checkpoint(90), end(90))
    fewer.state = "finished"
    page.evaluate("value => redraw(value)", fewer.value())
    expect(rows).to_have_count(4)
    opened = page.locator(".run-rows [aria-expanded=true]")
    expect(opened).to_have_count(1)
    expect(opened).to_contain_text("written at 30")


def warned(code):
    warning = HoldoutWarning(code, {"share": 5.0, "held_out": 60.0, "own": 6.0, "uniform": 9.0})
    return start() | {"warnings": [warning.as_dict()]}


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_held_out_part_that_misleads_is_told_beside_the_run_and_once_at_its_end(draw, locale):
    english = locale == "en-US"
    falls = [progress(step, train=9 - step / 2, held=9 - step / 2) for step in range(1, 11)]
    page = draw(view_model(warned("sorted"), *falls, checkpoint(10), end(10)), locale=locale)
    note = page.locator(".run-note")
    expect(note).to_contain_text("only 5 % of the others" if english else "只占 5 %")
    rises = [progress(10 + i, train=3.0 - i / 2, held=5.0 + i) for i in range(1, 4)]
    events = warned("sorted"), *falls, *rises, checkpoint(10, held=4.0), end(13, held=4.0)
    ended = draw(view_model(*events), locale=locale).locator(".run-note")
    expect(ended).to_contain_text("validation = 0")
    expect(ended).not_to_contain_text("5 %")
    expect(ended).not_to_contain_text("memoriz" if english else "背诵")


def test_on_a_phone_a_perplexity_stands_clear_of_what_was_written_and_the_heading_is_one_line(draw):
    written = [sample(step, text=" and so it goes on" * 9) for step in (5, 40, 90)]
    measured = progress(1, train=71_450.0, held=71_450.0)
    page = draw(view_model(start(), measured, *written, checkpoint(90), end(90)), width=344)
    page.add_style_tag(content="body { font-family: 'DejaVu Sans', Verdana, sans-serif; }")
    expect(page.locator(".run-heading")).to_contain_text("≈")
    assert page.locator(".run-heading").bounding_box()["height"] < 25
    expect(page.locator(".run-rows .at").first).to_have_text("≈ 71,450")
    for row in page.locator(".run-rows li:not(.waiting)").all():
        figure, line = (row.locator(part).bounding_box() for part in (".at", ".line"))
        across = row.locator(".at").evaluate("node => node.scrollWidth")
        assert figure["x"] + across < line["x"]


def test_a_caption_that_is_cut_short_can_be_read_in_full(draw):
    told = view_model(start(), progress(1), checkpoint(1), end(1))
    told.title = {"en": "letters and diaries " * 9, "zh": ""}
    caption = draw(told).locator(".run-caption")
    assert caption.evaluate("node => node.scrollWidth > node.clientWidth")
    expect(caption).to_have_attribute("title", re.compile(r"Sprint.*1,000.parameters$"))


@pytest.mark.parametrize(("locale", "term"), [("en-US", "memorizing"), ("zh-CN", "背诵")])
def test_a_diagnosis_explains_memorizing(draw, locale, term):
    falls = [progress(step, train=9 - step / 2, held=9 - step / 2) for step in range(1, 11)]
    rises = [progress(10 + i, train=3.0 - i / 2, held=5.0 + i) for i in range(1, 4)]
    events = start(), *falls, *rises, checkpoint(10, held=4.0), end(13, held=4.0)
    page = draw(view_model(*events), locale=locale)
    expect(page.locator(".run-note .term")).to_have_text(term)
