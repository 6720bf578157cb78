"""Accessibility, as the axe engine judges it: every tab, both themes, both languages."""

from io import BytesIO

import generate_page
import pytest
from axe_playwright_python.sync_playwright import Axe
from generate_page import expect, press
from grids import grid
from PIL import Image

pytest_plugins = ["page"]
app = generate_page.app
fox = generate_page.fox
root = generate_page.root

# Faults of Gradio's own components, by rule and a part of the element: its upload button holds
# another element that takes the focus.
GRADIO = [("nested-interactive", "icon-button")]
OPTIONS = {
    "rules": {"label-content-name-mismatch": {"enabled": True}},
    "resultTypes": ["violations"],  # describing all that is well takes longer than finding it
}


def violations(page):
    expect(page.locator("p.loading")).to_have_count(0)  # of Gradio, while it loads a component
    found = Axe().run(page, options=OPTIONS).response["violations"]
    told = [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]]
    return [
        (rule, html)
        for rule, html in told
        if not any(rule == known and part in html for known, part in GRADIO)
    ]


@pytest.mark.parametrize(("locale", "scheme"), grid(["en-US", "zh-CN"], ["light", "dark"]))
def test_axe_finds_nothing_on_any_tab(visit, locale, scheme):
    page = visit(locale=locale, scheme=scheme, height=2000)
    assert violations(page) == []
    page.locator("#train-corpus label").last.click()
    page.locator("#train-recipe label").last.click()
    page.locator("#train-files input[type=file]").set_input_files(
        [{"name": "cats.txt", "mimeType": "text/plain", "buffer": b"the cat sat on the mat. " * 99}]
    )
    expect(page.locator(".report-preview")).to_contain_text("the cat sat")
    assert violations(page) == []
    page.locator("#tab-generate-button").click()
    press(page, "generate")
    expect(page.locator(".generate-text .s9").first).to_be_attached()
    assert violations(page) == []
    for key in ("Home", "ArrowRight"):  # nothing was expected in the first place
        page.locator(".generate-page").press(key)
    page.locator('.next-char-facts [data-term="surprisal"]').click()
    expect(page.locator(".term-card")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("#tab-inspect-button").click()
    expect(page.locator(".inspect-surprises button").first).to_be_visible()
    page.locator(".inspect-source").select_option("own")
    page.locator(".inspect-own textarea").fill("the fox <b>\n" * 9)
    expect(page.locator(".inspect-status")).to_contain_text("108 ")
    expect(page.locator(".inspect-place li")).to_have_count(5)
    expect(page.locator(".inspect-place.waiting, .inspect.busy")).to_have_count(0)
    assert violations(page) == []
    page.locator('.inspect-modes [value="hidden_units"]').check()
    expect(page.locator(".unit-strip").first).to_be_visible()
    expect(page.locator(".unit-found")).not_to_contain_text("…")
    assert violations(page) == []
    page.locator(".unit-off-head button").click()
    expect(page.locator(".unit-off-texts")).to_be_visible()
    page.locator(".inspect-text .chosen").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".unit-matches .unit-chips button").first).to_be_visible()
    assert violations(page) == []
    for mode, shown in (
        ("step", ".step-cell div > *"),
        ("reach", ".reach-context tbody tr"),
        ("copied", ".inspect-panel .novelty-file label"),
        ("surprise", ".inspect-place li"),
    ):
        page.locator(f'.inspect-modes [value="{mode}"]').check()
        expect(page.locator(shown).first).to_be_visible()
        expect(page.locator(".reach-status")).to_be_empty()
        assert violations(page) == [], mode
    page.locator(".inspect-second button").first.click()
    page.locator(".inspect-second select").select_option("sharp")
    expect(page.locator(".inspect-comparison .compared-places button").first).to_be_visible()
    assert violations(page) == []
    page.locator("#tab-models-button").click()
    expect(page.locator(".models-bundled .model-card:not(.skeleton)")).to_have_count(3)
    assert violations(page) == []


def test_in_forced_colors_what_is_chosen_and_where_a_slider_stands_can_be_seen(visit):
    page = visit()
    page.emulate_media(forced_colors="active")
    expect(page.locator("#train-recipe label")).to_have_count(6)
    cards = page.locator("#train-recipe label").evaluate_all(
        """cards => cards.map(
          (card) => [card.matches(".selected"), getComputedStyle(card).outlineStyle],
        )"""
    )
    assert sorted(cards) == [[False, "none"]] * 5 + [[True, "solid"]]
    page.locator("#tab-generate-button").click()
    slider = page.locator('.generate-side input[type="range"]').first
    expect(slider).to_be_visible()
    picture = Image.open(BytesIO(slider.screenshot())).convert("RGB")
    areas = [color for count, color in picture.getcolors(1 << 16) if count >= 40]
    assert len(areas) >= 3, "the page, the track, the thumb"


def test_the_arrow_keys_lead_from_tab_to_tab(visit):
    page = visit()
    page.locator("#tab-train-button").focus()
    for key, name in [
        ("ArrowRight", "generate"), ("ArrowRight", "inspect"), ("End", "models"),
        ("ArrowRight", "train"), ("ArrowLeft", "models"), ("Home", "train"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        tab = page.locator(f"#tab-{name}-button")
        expect(tab).to_be_focused()
        expect(tab).to_have_attribute("aria-selected", "true")
