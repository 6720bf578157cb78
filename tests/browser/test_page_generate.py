"""The Generate tab, in a real browser: what it writes, and what goes with it."""

import math
import re

import generate_page
import pytest
from generate_page import (
    LETTERS,
    button,
    choose,
    expect,
    finished,
    mode,
    prefix,
    press,
    seed,
    shares,
    slide,
    text,
    tints,
)
from page import wait_until_drawn

from charrnn.generation import generate, top_candidates

pytest_plugins = ["page"]
app = generate_page.app
fox = generate_page.fox
open_tab = generate_page.open_tab
root = generate_page.root
shared_pages = generate_page.shared_pages


# A browser that denies storage throws when a script only asks for it.
DENY_STORAGE = """
for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("", "SecurityError"); } });
"""


def expect_candidates(page, checkpoint, after, alpha=1.0):
    """Wait until the likeliest next characters are those of a model after a text; return them."""
    candidates = top_candidates(checkpoint, after, alpha=alpha)
    shown = [{" ": "␣", "\n": "⏎"}.get(one.character, one.character) for one in candidates]
    expect(page.locator(".next-char-name")).to_have_text(shown)
    return candidates


def test_generate_continues_the_prefix_which_is_bold(open_tab, fox):
    page = open_tab()
    expect(prefix(page)).to_have_value("the fox")
    press(page, "generate")
    expect(page.locator(".generate-text b")).to_have_text("the fox")
    assert len(text(page)) == len("the fox") + 200
    assert text(page) == generate(fox, "the fox", 200, seed=seed(page))
    expect(page.locator(".generate-status")).to_contain_text("200 characters")


def test_the_shown_seed_repeats_the_text(open_tab):
    page = open_tab()
    press(page, "generate")
    first, shown = text(page), seed(page)
    press(page, "generate")
    assert text(page) != first
    page.get_by_label("Seed").fill(str(shown))
    press(page, "generate")
    assert text(page) == first


def test_the_code_to_copy_has_the_values_of_the_fields(open_tab):
    page = open_tab()
    prefix(page).fill('a "fox"')
    page.get_by_label("Seed").fill("7")
    slide(page, 2)
    page.get_by_role("button", name="Use via API").click()
    dialog = page.get_by_role("dialog", name="Use via API")
    code = dialog.locator("pre")
    expect(code).to_contain_text('prefix="a \\"fox\\"",')
    expect(code).to_contain_text("alpha=2,\n    seed=7,")
    dialog.get_by_role("button", name="curl").click()
    expect(code).to_contain_text("/gradio_api/call/v2/generate")
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Use via API")).to_be_focused()


def test_greedy_takes_the_likeliest_character_and_disables_alpha(open_tab, fox):
    page = open_tab()
    slider = page.get_by_label("α")
    expect(slider).to_be_enabled()
    mode(page, "greedy")
    expect(slider).to_be_disabled()
    press(page, "generate")
    assert text(page) == generate(fox, "the fox", 200, mode="greedy")
    expect(page.locator(".generate-status")).to_contain_text("greedy")
    mode(page, "sample")
    expect(slider).to_be_enabled()


def test_alpha_changes_the_next_characters_at_once_and_the_text(open_tab, fox):
    page = open_tab()
    for alpha in (1.0, 0.5):
        slide(page, alpha)
        expect(page.locator(".next-char-alpha")).to_contain_text(f"α = {alpha:g}")
        candidates = expect_candidates(page, fox, "the fox", alpha=alpha)
        for shown, wanted in zip(shares(page), candidates, strict=True):
            p, q = re.match(r"([\d.]+) → ([\d.]+) %", shown).groups()
            assert float(p) == pytest.approx(100 * wanted.p, abs=0.51)
            assert float(q) == pytest.approx(100 * wanted.q, abs=0.51)
    press(page, "generate")
    assert text(page) == generate(fox, "the fox", 200, alpha=0.5, seed=seed(page))
    expect(page.locator(".generate-status")).to_contain_text("α 0.5")


def test_a_probability_above_zero_is_never_shown_as_zero(open_tab):
    page = open_tab()
    choose(page, "Sharp")
    expect(page.locator(".next-char h2")).to_contain_text("a sharp")
    expect(page.locator(".next-char-share").last).to_contain_text("<0.1 → <0.1 %")
    mode(page, "greedy")
    expect(page.locator(".next-char-share").last).to_have_text("<0.1 → 0 %")


def test_the_next_characters_follow_the_prefix_and_then_the_text(open_tab, fox):
    page = open_tab()
    expect(page.locator(".next-char h2")).to_contain_text("the fox")
    press(page, "generate")
    written = text(page)
    expect(page.locator(".next-char h2")).to_contain_text(written[-5:].strip().replace("\n", "⏎"))
    expect_candidates(page, fox, written)


def expect_answer(page, checkpoint, before, character):
    """Wait until the panel tells what was expected after a text, where a character was written."""
    every = top_candidates(checkpoint, before, alpha=1.0, count=len(LETTERS))
    p = next(one.p for one in every if one.character == character)
    entropy = -sum(one.p * math.log2(one.p) for one in every)
    shown = {" ": "␣", "\n": "⏎"}.get(character, character)
    expect(page.locator(".next-char-facts")).to_have_text(
        f"“{shown}”: surprisal {-math.log2(p):.2f} bits · entropy {entropy:.2f} bits"
    )
    marked = page.locator(".next-char li.written")
    expect(marked.locator(".next-char-name")).to_have_text(shown)
    likeliest = {one.character for one in every[:10]}
    expect(page.locator(".next-char li")).to_have_count(10 if character in likeliest else 11)
    return every[0].character


def click_character(page, box, at):
    """Click a character of a text, given the text's element and where it stands in the text."""
    x, y = page.locator(box).evaluate(
        """(box, at) => {
          const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
          while (walker.nextNode().length <= at) at -= walker.currentNode.length;
          const range = document.createRange();
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + 1);
          const { left, top, width, height } = range.getBoundingClientRect();
          return [left + width / 2, top + height / 2];
        }""",
        at,
    )
    page.mouse.click(x, y)


def test_a_written_character_shows_what_was_expected_and_another_one_branches_there(open_tab, fox):
    page = open_tab()
    press(page, "generate")
    written = text(page)
    at = next(i for i in range(20, 60) if written[i].isalpha())
    click_character(page, ".generate-text", at)
    likeliest = expect_answer(page, fox, written[:at], written[at])
    mark = page.locator(".generate-mark").bounding_box()
    assert mark["width"] == pytest.approx(9.6, abs=2)
    page.locator(".next-char li button").first.click()
    branched = written[:at] + likeliest
    expect(page.locator(".generate-text")).to_have_text(branched, use_inner_text=False)
    expect(page.locator(".generate-mark")).to_be_hidden()
    expect(page.locator(".next-char-facts")).to_have_text(re.compile("^entropy"))
    press(page, "continue")
    assert text(page).startswith(branched)
    button(page, "undo").click()
    button(page, "undo").click()
    assert text(page) == written


def test_the_arrow_keys_go_from_character_to_character_and_back_to_the_end(open_tab, fox):
    page = open_tab()
    press(page, "generate")
    written, first = text(page), len("the fox")
    area, end = page.locator(".generate-page"), page.locator(".next-char-end")
    expect(end).to_be_hidden()
    area.focus()
    for keys, at in [
        (["ArrowLeft"], len(written) - 1),
        (["Home", *["ArrowRight"] * first], first),
        (["ArrowRight", "ArrowRight", "ArrowLeft"], first + 1),
        (["ArrowLeft", "ArrowLeft"], first - 1),
    ]:
        for key in keys:
            page.keyboard.press(key)
        expect_answer(page, fox, written[:at], written[at])
        expect(page.locator(".generate-spoken")).to_contain_text("surprisal")
    top = page.locator(".generate-mark").bounding_box()["y"]
    page.keyboard.press("ArrowDown")
    assert page.locator(".generate-mark").bounding_box()["y"] > top + 10
    page.keyboard.press("ArrowUp")
    expect(page.locator(".generate-mark")).to_be_visible()
    assert page.locator(".generate-mark").bounding_box()["y"] == top
    page.keyboard.press("Home")
    expect(page.locator(".next-char-facts")).to_contain_text("nothing was expected")
    expect(page.locator(".next-char ol")).to_be_hidden()
    expect(page.locator(".generate-spoken")).to_have_text(re.compile("^t, the first character"))
    end.click()
    expect(end).to_be_hidden()
    expect(area).to_be_focused()
    expect_candidates(page, fox, written)
    page.keyboard.press("ArrowLeft")
    expect(end).to_be_visible()
    page.keyboard.press("Escape")
    expect_candidates(page, fox, written)


def test_a_character_of_one_of_three_columns_branches_too(open_tab, fox):
    page = open_tab()
    press(page, "three-alphas")
    box = ".generate-three-alphas article:nth-child(2) > div"
    column = page.locator(box).evaluate("node => node.textContent")
    at = next(i for i in range(5, 60) if column[i].isalpha())
    click_character(page, box, at)
    before = "the fox" + column[:at]
    likeliest = expect_answer(page, fox, before, column[at])
    expect(page.locator(".next-char-draw")).to_contain_text(f"falls on “{column[at]}”")
    expect(page.locator(".next-char-state i")).to_have_count(16)
    page.locator(".next-char li button").first.click()
    expect(page.locator(".generate-three-alphas article")).to_have_count(0)
    assert text(page) == before + likeliest


PARTLY_SHOWN = """([from, to]) => {
  const { length } = document.querySelector(".generate-text").textContent;
  return length > from && length < to;
}"""


def test_one_step_at_a_time_shows_a_text_by_hand_and_slowly_does_so_by_itself(open_tab, fox):
    page = open_tab()
    page.get_by_label("Seed").fill("5")
    speed = page.locator(".generate-speed select")
    speed.select_option("step")
    press(page, "generate")
    whole = generate(fox, "the fox", 200, seed=5)
    shown, after = page.locator(".generate-text"), len("the fox")
    expect(shown).to_have_text("the fox", use_inner_text=False)
    expect_candidates(page, fox, "the fox")
    for at in (after, after + 1):
        button(page, "next-step").click()
        expect(shown).to_have_text(whole[: at + 1], use_inner_text=False)
        expect_answer(page, fox, whole[:at], whole[at])
        drawn = page.locator(".next-char-draw")
        expect(drawn).to_contain_text(f"falls on “{whole[at].replace(' ', '␣')}”")
        expect(drawn.locator("i.drawn")).to_have_count(1)
        expect(page.locator(".next-char-state i")).to_have_count(16)  # a cell for each unit
        expect(page.locator(".next-char-state i.changed").first).to_be_visible()
    button(page, "all").click()
    expect(page.locator(".next-char-state")).to_be_hidden()
    expect(shown).to_have_text(whole, use_inner_text=False)
    expect(button(page, "next-step")).to_be_hidden()
    expect_candidates(page, fox, whole)
    speed.select_option("slow")
    page.wait_for_function(PARTLY_SHOWN, arg=[after, len(whole)])
    for _ in range(5):  # more than it shows by itself meanwhile
        before = len(text(page))
        page.locator(".generate-page").press("ArrowRight")
        assert before < len(text(page)) <= before + 2
    assert whole.startswith(text(page))
    click_character(page, ".generate-text", after)
    expect(shown).to_have_text(whole, use_inner_text=False)
    expect_answer(page, fox, whole[:after], whole[after])
    press(page, "continue")
    page.wait_for_function(PARTLY_SHOWN, arg=[len(whole), after + 400])
    speed.select_option("fast")
    expect(button(page, "all")).to_be_hidden()
    assert len(text(page)) == after + 400


def test_a_picked_character_is_appended(open_tab, fox):
    page = open_tab()
    picked = expect_candidates(page, fox, "the fox")[2].character
    page.locator(".next-char li button").nth(2).click()
    expect(page.locator(".generate-text")).to_have_text(f"the fox{picked}", use_inner_text=False)
    expect(page.locator(".generate-status")).to_have_text("1 character · picked by hand")


def test_the_tint_shows_surprisal_and_can_be_switched_off(open_tab):
    page = open_tab()
    press(page, "generate")
    assert len(tints(page)) > 3
    page.get_by_label("surprise").uncheck()
    assert tints(page) == {"rgba(0, 0, 0, 0)"}
    page.get_by_label("surprise").check()
    assert len(tints(page)) > 3


def test_unknown_characters_stay_in_the_text_and_are_listed(open_tab):
    page = open_tab()
    note = page.locator(".generate-note")
    expect(note).to_be_hidden()
    prefix(page).fill("café")
    expect(note).to_have_text(
        f"é is not in this model’s {len(LETTERS) - 1} symbols: it stays in your text and is read "
        "as unknown."
    )
    press(page, "generate")
    assert text(page).startswith("café")
    assert len(text(page)) == 204
    prefix(page).fill("Où\t?")
    expect(note).to_contain_text("O ù ⇥ ? are not in")
    prefix(page).fill("fox")
    expect(note).to_be_hidden()


def test_another_model_changes_a_suggested_prefix_but_not_a_typed_one(open_tab):
    page = open_tab()
    choose(page, "Heavy")
    expect(prefix(page)).to_have_value("a heavy")
    expect(page.locator(".next-char h2")).to_contain_text("a heavy")
    prefix(page).fill("mine")
    choose(page, "Fox")
    expect(page.get_by_label("Model", exact=True)).to_have_value(re.compile("Fox"))
    expect(prefix(page)).to_have_value("mine")


def test_any_prefix_is_accepted(open_tab):
    page = open_tab()
    for typed in ("", "q", "the\nlazy\n\ndog"):
        prefix(page).fill(typed)
        press(page, "generate")
        assert text(page).startswith(typed)
        assert len(text(page)) == len(typed) + 200


def test_length_is_the_number_of_generated_characters(open_tab):
    page = open_tab()
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("37")
    press(page, "generate")
    assert len(text(page)) == len("the fox") + 37
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("1500")
    press(page, "generate")
    assert len(text(page)) == len("the fox") + 1500


def test_continue_undo_and_redo(open_tab, fox):
    page = open_tab()
    for name in ("continue", "undo", "copy"):
        expect(button(page, name)).to_be_disabled()
    press(page, "generate")
    expect(button(page, "redo")).to_be_disabled()
    once = text(page)
    press(page, "continue")
    twice = text(page)
    assert twice == generate(fox, once, 200, seed=seed(page))
    expect(page.locator(".generate-status")).to_contain_text("400 characters")
    button(page, "undo").click()
    assert text(page) == once
    button(page, "undo").click()
    assert text(page) == "the fox"
    button(page, "redo").click()
    button(page, "redo").click()
    assert text(page) == twice
    expect(button(page, "redo")).to_be_disabled()
    button(page, "undo").click()
    press(page, "continue")
    assert text(page).startswith(once)
    assert len(text(page)) == len(twice)


def test_three_alphas_are_shown_in_columns_and_one_can_be_kept(open_tab, fox):
    page = open_tab()
    press(page, "three-alphas")
    columns = page.locator(".generate-three-alphas article")
    expect(columns).to_have_count(3)
    spoken = page.locator(".generate-spoken")
    expect(spoken).to_have_text("Done: 3 texts of 200 characters each")
    used = seed(page)
    for i, alpha in enumerate((0.5, 1.0, 2.0)):
        column = columns.nth(i)
        expect(column.locator("h3")).to_have_text(f"α = {alpha:g}")
        shown = column.locator("div").evaluate("node => node.textContent")
        assert "the fox" + shown == generate(fox, "the fox", 200, alpha=alpha, seed=used)
    boxes = [columns.nth(i).bounding_box() for i in range(3)]
    assert boxes[0]["x"] < boxes[1]["x"] < boxes[2]["x"]
    kept = "the fox" + columns.nth(2).locator("div").evaluate("node => node.textContent")
    columns.nth(2).get_by_role("button", name="Keep this one").click()
    expect(columns).to_have_count(0)
    assert text(page) == kept
    press(page, "continue")
    expect(spoken).to_have_text("Done: 200 characters")
    assert text(page).startswith(kept)
    button(page, "undo").click()
    button(page, "undo").click()
    expect(columns).to_have_count(3)


def test_stop_keeps_the_text(open_tab):
    page = open_tab()
    choose(page, "Heavy")
    expect(prefix(page)).to_have_value("a heavy")
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("2000")
    button(page, "generate").click()
    page.wait_for_selector(".generate-text span", state="attached")
    button(page, "stop").click()
    expect(page.locator(".generate-status")).to_contain_text("stopped")
    expect(button(page, "generate")).to_be_visible()
    stopped = text(page)
    assert stopped.startswith("a heavy")
    assert len(stopped) < 2007
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("5")
    press(page, "continue")
    assert text(page).startswith(stopped)
    assert len(text(page)) == len(stopped) + 5


def test_text_is_never_rendered_as_html(open_tab):
    page = open_tab()
    nasty = "<img src=x onerror=alert(1)>${1+1}`{{2}}</script>"
    prefix(page).fill(nasty)
    expect(page.locator(".generate-note")).to_be_visible()
    press(page, "generate")
    assert text(page).startswith(nasty)
    assert page.locator(".generate img, .next-char img").count() == 0


def test_invisible_and_bidirectional_characters_are_made_visible(open_tab):
    page = open_tab()
    prefix(page).fill("a\u202eb\u200bc")
    press(page, "generate")
    assert page.locator(".generate-text .code").all_inner_texts() == ["U+202E", "U+200B"]
    expect(page.locator(".generate-note")).to_contain_text("U+202E U+200B are not in")


def test_control_enter_generates_and_copy_copies(open_tab):
    page = open_tab()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    prefix(page).fill("lazy")
    prefix(page).press("Control+Enter")
    finished(page)
    assert text(page).startswith("lazy")
    button(page, "copy").click()
    expect(button(page, "copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == text(page)


def test_a_reload_keeps_the_text(open_tab):
    page = open_tab()
    press(page, "generate")
    press(page, "continue")
    written = text(page)
    page.reload()
    wait_until_drawn(page)
    page.get_by_role("tab", name="Generate").click()
    expect(page.locator(".generate-text")).to_have_text(written, use_inner_text=False)
    button(page, "undo").click()
    assert written.startswith(text(page))


def test_lost_next_characters_are_a_problem_until_others_come(open_tab, fox):
    page = open_tab()
    problem = page.locator(".generate-problem").first
    page.route("**/component_server/", lambda route: route.fulfill(json={}))
    prefix(page).fill("the dog")
    expect(problem).to_contain_text("The server has not responded")
    expect(page.locator(".next-char-name").first).to_be_hidden()
    page.unroute("**/component_server/")
    prefix(page).fill("the do")
    expect_candidates(page, fox, "the do")
    expect(problem).to_be_hidden()


def test_where_the_browser_denies_storage_a_text_is_written(app, browser):
    page = browser.new_page(locale="en-US", reduced_motion="reduce")
    try:
        page.add_init_script(DENY_STORAGE)
        page.goto(app)
        page.locator("#tab-generate-button").click()
        press(page, "generate")
        assert len(text(page)) == len("the fox") + 200
        page.locator(".generate-surprisal input").uncheck()
        expect(page.locator(".generate.plain")).to_be_visible()
    finally:
        page.close()
