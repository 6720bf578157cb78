"""The form of the Train tab in a real browser: what is shown, chosen and marked."""

import re

import form_page
import pytest
from form_page import (
    change_setting,
    choose,
    choose_recipe,
    chosen,
    expect,
    paste_field,
    reset_link,
    setting,
    unfold,
)
from grids import in_stress

pytest_plugins = ["page", "shared_pages"]
app = form_page.app
form = form_page.form

LAPTOP = {"width": 1366, "height": 650}
PHONE = {"width": 390, "height": 844}
TABLETS = 768, 960  # pixels in width
SHADOW = 6  # pixels of the bar with the button, above it


def scrolls_sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("locale", ["en-US", *in_stress("zh-CN")])
def test_on_a_laptop_the_button_is_in_sight_and_on_a_phone_nothing_scrolls_sideways(form, locale):
    page = form(locale=locale, **LAPTOP)
    button = page.locator("#train-go")
    expect(button).to_be_in_viewport(ratio=1)
    last = page.locator("#train-recipe label").last
    rest, bar = last.bounding_box(), page.locator(".train-bar").bounding_box()
    assert rest["y"] + rest["height"] < bar["y"] - SHADOW, "at rest, all recipes are in sight"
    for recipe in ("coffee", "deep", "night", "textbook", "custom"):
        choose_recipe(page, recipe)
        page.set_viewport_size(PHONE)
        assert not scrolls_sideways(page)
        page.set_viewport_size(LAPTOP)
        page.evaluate("scrollTo(0, 0)")
        expect(button).to_be_in_viewport(ratio=1)
    last.scroll_into_view_if_needed()
    assert last.bounding_box()["y"] < button.bounding_box()["y"], "nothing is behind the button"
    page.set_viewport_size(PHONE)
    page.wait_for_function(
        """() => {
          const [button, card] = ["#train-go", ".run"].map((one) => document.querySelector(one));
          return button.getBoundingClientRect().y < card.getBoundingClientRect().y;
        }"""
    )


def test_on_a_phone_the_button_follows_the_form_and_covers_nothing(form):
    page = form(**PHONE)
    choose(page, "recipe", "textbook")
    last = page.locator("#train-experiment label").last
    expect(last).to_be_visible()
    last.scroll_into_view_if_needed()
    box = last.bounding_box()
    assert box["y"] + box["height"] <= page.locator("#train-go").bounding_box()["y"]


def test_names_stay_on_their_cards_on_a_tablet(form):
    for width in TABLETS:
        page = form(width=width)
        for name in page.locator("#train-corpus label span").all():
            assert name.evaluate("span => span.scrollWidth <= span.clientWidth")
        assert not scrolls_sideways(page)


def test_the_page_is_dark_when_the_system_is(form):
    for scheme, is_dark in (("light", False), ("dark", True)):
        page = form(scheme=scheme)
        page.wait_for_function(
            """isDark => {
              const paper = getComputedStyle(document.body).backgroundColor;
              return (Math.max(...paper.match(/\\d+/g).slice(0, 3)) < 60) === isDark;
            }""",
            arg=is_dark,
        )


def test_arrow_keys_go_from_choice_to_choice_and_tab_past_them(form):
    page = form()
    page.get_by_role("radio", name="The Tide Clock").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Songs")).to_be_checked()
    expect(page.get_by_role("radio", name="Songs")).to_be_focused()
    page.keyboard.press("Tab")  # the text's beginning, which can be scrolled
    page.keyboard.press("Tab")  # what the run starts from
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="Sprint")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Coffee")).to_be_checked()
    expect(page.get_by_role("button", name="Train on Songs · 1 min")).to_be_visible()
    choose_recipe(page, "textbook")
    experiments = page.locator("#train-experiment input")  # drawn only now
    experiments.first.focus()
    page.keyboard.press("ArrowDown")
    expect(experiments.nth(1)).to_be_checked()


def test_a_report_reads_as_people_write(form):
    report = form().locator("#train-report")
    expect(report.locator(".report-facts")).to_have_text(
        "75,750 characters · 61 symbols · UTF-8 · LF line endings · 10 % held out"
    )
    expect(report.locator(".report-rare")).to_have_text("Rare: U ×1 · J ×2 · z ×2")


@pytest.mark.parametrize(
    ("locale", "night", "length"),
    [
        ("en-US", "Night", "until it stops improving"),
        pytest.param("zh-CN", "过夜", "直到不再进步", marks=pytest.mark.stress),
    ],
)
def test_night_goes_on_until_it_stops_improving(form, locale, night, length):
    page = form(locale=locale)
    card = page.get_by_role("radio", name=night)
    expect(card).to_have_accessible_name(re.compile(length))
    card.check()
    expect(page.locator("#train-go")).to_contain_text(length)


def test_the_textbook_is_named_and_linked(form):
    page = form()
    expect(page.get_by_role("radio", name="Textbook")).to_have_accessible_name(
        re.compile("Dive into Deep Learning")
    )
    choose(page, "recipe", "textbook")
    link = page.get_by_role("link", name="Dive into Deep Learning")
    expect(link).to_have_attribute("href", "https://d2l.ai")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", re.compile("noopener"))


def test_an_experiment_brings_its_own_text_and_the_one_chosen_before_comes_back(form):
    page = form()
    choose(page, "corpus", "python-manual")
    choose(page, "recipe", "textbook")
    choose(page, "experiment", "time-machine-concise")
    chosen(page, "corpus", "time-machine")
    expect(page.get_by_role("button", name="Train on The Time Machine")).to_be_visible()
    expect(page.locator("#train-report")).to_contain_text("Training downloads it once (179 kB)")
    choose(page, "experiment", "lyrics-concise")
    chosen(page, "corpus", "songs")
    expect(page.get_by_role("button", name="Train on Songs · 1,000 epochs")).to_be_visible()
    expect(page.locator("#train-model")).to_contain_text("1.012 after 1,000 epochs")
    choose(page, "recipe", "custom")
    chosen(page, "corpus", "songs")
    choose(page, "recipe", "coffee")
    chosen(page, "corpus", "python-manual")
    choose(page, "recipe", "textbook")
    chosen(page, "corpus", "songs")
    choose(page, "corpus", "tide-clock")  # by hand: that one stays
    choose(page, "recipe", "sprint")
    chosen(page, "corpus", "tide-clock")
    choose(page, "corpus", "own")
    for recipe in ("textbook", "sprint"):
        choose_recipe(page, recipe)
        chosen(page, "corpus", "own")


def test_of_a_paste_and_a_file_the_last_one_is_reported_and_one_press_takes_the_other(
    visit, tmp_path
):
    page = visit()
    report, source = page.locator("#train-report"), page.locator("#train-source")
    choose(page, "corpus", "own")
    labels = page.locator("#train-files label, #train-corpus > span").all()
    lefts = {round(label.bounding_box()["x"]) for label in labels}
    assert len(lefts) == 1, "every label stands at the left"
    paste_field(page).fill("naïve café\n" * 200)
    expect(report).to_contain_text("2,200 characters · 10 symbols")
    expect(page.get_by_label("Encoding")).to_be_hidden()
    file = tmp_path / "书.txt"
    file.write_bytes("大雨落下来，我在窗口等你。\r\n".encode("gb18030") * 100)
    page.locator("#train-files input").set_input_files(file)
    for part in ("大雨落下来", "CRLF", "GB"):
        expect(report).to_contain_text(part)
    expect(page.get_by_label("Encoding")).to_have_value("Detected automatically")
    expect(source).to_contain_text("The other one is kept")
    chosen(page, "recipe", "sprint")  # though another choice has appeared before it
    choose(page, "source", "paste")
    expect(report).to_contain_text("naïve café")
    choose(page, "source", "files")
    expect(report).to_contain_text("大雨落下来")
    paste_field(page).fill("another paste " * 40)
    expect(report).to_contain_text("another paste")
    expect(page.get_by_role("radio", name="the pasted text")).to_be_checked()
    page.get_by_label("Remove this file").or_(page.get_by_label("Clear")).first.click()
    expect(source).to_be_hidden()
    expect(report).to_contain_text("another paste")


def test_an_error_is_shown_beside_its_field_and_the_form_stays(form):
    page = form()
    choose(page, "corpus", "own")
    page.get_by_role("button", name="Train on your text").click()
    of_text = page.locator("#train-text-problem [role=alert]")
    expect(of_text).to_contain_text("Paste a text")
    choose_recipe(page, "coffee")
    expect(of_text).to_contain_text("Paste a text")  # there is still none
    paste_field(page).fill("日本語だけ")
    choose(page, "recipe", "textbook")
    expect(of_text).to_contain_text("letters A to Z")

    choose(page, "corpus", "songs")
    choose(page, "recipe", "custom")
    unfold(page, "Model")
    hidden = setting(page, "hidden_size")
    change_setting(page, "hidden_size", "many")
    problem = page.locator("#train-settings-problem [role=alert]")
    said = "Hidden size: a whole number from 1 to 4,096"
    expect(problem).to_have_text(said)
    page.get_by_role("button", name="Train on Songs").click()
    expect(hidden).to_have_value("many")
    beside = page.locator("#setting-hidden_size .field-error")
    expect(beside).to_have_text(said)
    expect(problem).to_have_text(said)
    expect(hidden).to_have_accessible_description(re.compile("whole number"))
    hidden.fill("32")
    expect(beside).to_be_hidden()
    expect(hidden).not_to_have_attribute("aria-invalid", "true")
    hidden.fill("many")
    expect(beside).to_be_visible()
    expect(page.get_by_role("button", name="Train on Songs")).to_be_enabled()
    choose(page, "corpus", "own")
    expect(paste_field(page)).to_have_value("日本語だけ")


def test_custom_begins_with_the_recipe_before_it_marks_what_is_changed_and_leads_back(form):
    page = form()
    choose_recipe(page, "coffee")
    choose_recipe(page, "custom")
    head = page.locator("#train-custom-head")
    expect(head).to_contain_text("Based on Coffee")
    unfold(page, "Model", "Length")
    expect(setting(page, "seconds")).to_have_value("60")
    place = "document.querySelector('#setting-layers').getBoundingClientRect().y + scrollY"
    below = page.evaluate(place)
    setting(page, "hidden_size").fill("many")
    setting(page, "seconds").fill("20")
    expect(page.locator("#setting-hidden_size .field-error")).to_be_visible()
    assert page.evaluate(place) == below, "nothing has moved"
    expect(head).to_contain_text("2 changed")
    expect(page.locator("#train-go")).to_have_text("Train on The Tide Clock · 20 s")
    page.get_by_role("button", name="Reset Seconds to 60").click()
    expect(setting(page, "seconds")).to_have_value("60")
    expect(head).to_contain_text("1 changed")
    head.get_by_role("button", name="Reset all").click()
    expect(page.locator("#setting-hidden_size .field-error")).to_have_count(0)
    expect(setting(page, "hidden_size")).to_have_value("256")
    expect(head).not_to_contain_text("changed")


def test_back_to_defaults_and_back_again(form):
    page = form()
    text = "Le cœur a ses raisons, que la raison ne connaît point. " * 40
    choose(page, "corpus", "own")
    paste_field(page).fill(text)
    choose(page, "recipe", "night")
    expect(page.locator(".report-preview")).to_contain_text("Le cœur")
    reset_link(page).click()
    chosen(page, "corpus", "tide-clock")
    chosen(page, "recipe", "sprint")
    expect(page.locator("#train-go")).to_have_text(re.compile("Tide.Clock.·.10.s"))
    expect(reset_link(page)).to_have_text("Undo")
    reset_link(page).click()
    chosen(page, "recipe", "night")
    expect(paste_field(page)).to_have_value(text)
    expect(reset_link(page)).to_have_text("Back to defaults")
    reset_link(page).click()
    chosen(page, "recipe", "sprint")
    choose(page, "recipe", "coffee")  # something new: there is nothing to go back to
    expect(reset_link(page)).to_have_text("Back to defaults")
