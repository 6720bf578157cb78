"""The form of the Train tab in a real browser: what is shown, remembered and marked."""

import re

import form_page
import pytest
from form_page import choose

expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect
pytest_plugins = ["page"]
app = form_page.app

LAPTOP = {"width": 1366, "height": 650}
SHADOW = 6  # pixels of the bar with the button, above it


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_the_button_is_in_sight_on_a_small_laptop_whatever_the_recipe(visit, locale):
    page = visit(locale=locale, **LAPTOP)
    button = page.locator("#train-go")
    expect(button).to_be_in_viewport(ratio=1)
    last = page.locator("#train-recipe label").last.bounding_box()
    bar = page.locator(".train-bar").bounding_box()
    assert last["y"] + last["height"] < bar["y"] - SHADOW, "at rest, all recipes are in sight"
    for recipe in ("night", "textbook", "custom"):
        choose(page, "recipe", recipe)
        opened = {"textbook": "#train-experiment", "custom": "#train-settings"}.get(recipe)
        if opened:
            expect(page.locator(opened)).to_be_visible()
        page.evaluate("scrollTo(0, 0)")
        expect(button).to_be_in_viewport(ratio=1)
    last = page.locator("#train-recipe label").last
    last.scroll_into_view_if_needed()
    assert last.bounding_box()["y"] < button.bounding_box()["y"], "nothing is behind the button"


def test_on_a_phone_the_button_follows_the_form_and_covers_nothing(visit):
    page = visit(width=390, height=844)
    choose(page, "recipe", "textbook")
    last = page.locator("#train-experiment label").last
    expect(last).to_be_visible()
    last.scroll_into_view_if_needed()
    box = last.bounding_box()
    assert box["y"] + box["height"] <= page.locator("#train-go").bounding_box()["y"]


def test_the_textbook_is_named_and_linked(visit):
    page = visit()
    expect(page.get_by_role("radio", name="Textbook")).to_have_accessible_name(
        re.compile("Dive into Deep Learning")
    )
    choose(page, "recipe", "textbook")
    link = page.get_by_role("link", name="Dive into Deep Learning")
    expect(link).to_have_attribute("href", "https://d2l.ai")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", re.compile("noopener"))


def test_a_report_reads_as_people_write(visit):
    page = visit()
    report = page.locator("#train-report")
    expect(report.locator(".report-facts")).to_have_text(
        "75,750 characters · 61 symbols · UTF-8 · LF line endings · 10 % held out"
    )
    expect(report.locator(".report-rare")).to_have_text("Rare: U ×1 · J ×2 · z ×2")


@pytest.mark.parametrize(
    ("locale", "night", "length"),
    [("en-US", "Night", "until it stops improving"), ("zh-CN", "过夜", "直到不再进步")],
)
def test_night_goes_on_until_it_stops_improving(visit, locale, night, length):
    page = visit(locale=locale)
    card = page.get_by_role("radio", name=night)
    expect(card).to_have_accessible_name(re.compile(length))
    card.check()
    expect(page.locator("#train-go")).to_contain_text(length)


def test_an_experiments_text_goes_with_it_and_the_one_chosen_before_comes_back(visit):
    page = visit()

    def text(name):
        expect(page.locator(f'#train-corpus [value="{name}"]')).to_be_checked()

    choose(page, "corpus", "python-manual")
    choose(page, "recipe", "textbook")
    text("time-machine")
    choose(page, "experiment", "lyrics-concise")
    text("songs")
    choose(page, "recipe", "custom")
    text("songs")
    choose(page, "recipe", "coffee")
    text("python-manual")
    choose(page, "recipe", "textbook")
    text("songs")
    choose(page, "corpus", "tide-clock")  # by hand: that one stays
    choose(page, "recipe", "sprint")
    text("tide-clock")
    choose(page, "corpus", "own")
    for recipe in ("textbook", "sprint"):
        choose(page, "recipe", recipe)
        text("own")


def test_of_a_paste_and_a_file_the_last_one_counts_and_one_press_takes_the_other(visit, tmp_path):
    page = visit()
    report = page.locator(".report-preview")
    source = page.locator("#train-source")
    choose(page, "corpus", "own")
    pasted = page.get_by_label("Paste a text")
    pasted.fill("from the paste " * 40)
    expect(report).to_contain_text("from the paste")
    expect(page.get_by_label("Encoding")).to_be_hidden()
    (tmp_path / "it.txt").write_text("from the file " * 40)
    page.locator("#train-files input").set_input_files(tmp_path / "it.txt")
    expect(report).to_contain_text("from the file")
    expect(page.get_by_label("Encoding")).to_have_value("Detected automatically")
    expect(source).to_contain_text("The other one is kept")
    choose(page, "source", "paste")
    expect(report).to_contain_text("from the paste")
    choose(page, "source", "files")
    expect(report).to_contain_text("from the file")
    pasted.fill("another paste " * 40)
    expect(report).to_contain_text("another paste")
    expect(page.get_by_role("radio", name="the pasted text")).to_be_checked()
    page.get_by_label("Remove this file").or_(page.get_by_label("Clear")).first.click()
    expect(source).to_be_hidden()
    expect(report).to_contain_text("another paste")


def field(page, name):
    """The field of Custom that a setting is typed into."""
    return page.locator(f"#setting-{name}").get_by_role("textbox")


def test_custom_begins_with_the_recipe_before_it_marks_what_is_changed_and_leads_back(visit):
    page = visit()
    choose(page, "recipe", "coffee")
    choose(page, "recipe", "custom")
    head = page.locator("#train-custom-head")
    expect(head).to_contain_text("Based on Coffee")
    for fold in ("Model", "Length"):
        page.locator("#train-settings").get_by_role("button", name=fold).click()
    expect(field(page, "seconds")).to_have_value("60")
    place = "document.querySelector('#setting-layers').getBoundingClientRect().y + scrollY"
    below = page.evaluate(place)
    field(page, "hidden_size").fill("many")
    field(page, "seconds").fill("20")
    expect(page.locator("#setting-hidden_size .field-error")).to_have_text(
        "Hidden size: a whole number from 1 to 4,096"
    )
    assert page.evaluate(place) == below, "nothing has moved"
    expect(head).to_contain_text("2 changed")
    expect(page.locator("#train-go")).to_have_text("Train on The Tide Clock · 20 s")
    page.get_by_role("button", name="Reset Seconds to 60").click()
    expect(field(page, "seconds")).to_have_value("60")
    expect(head).to_contain_text("1 changed")
    head.get_by_role("button", name="Reset all").click()
    expect(page.locator("#setting-hidden_size .field-error")).to_have_count(0)
    expect(field(page, "hidden_size")).to_have_value("256")
    expect(head).not_to_contain_text("changed")
