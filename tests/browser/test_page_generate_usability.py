"""The Generate tab, in a real browser: errors, Chinese, scrolling, keys, and what may not move."""

import re
import threading

import generate_page
import pytest
from generate_page import button, choose, expect, finished, prefix, press, seed, text
from grids import in_stress
from page import wait_until_drawn

from charrnn.ui.generate import events

pytest_plugins = ["page"]
app = generate_page.app
fox = generate_page.fox
open_tab = generate_page.open_tab
root = generate_page.root
shared_pages = generate_page.shared_pages


def sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


# Where on the page the prefix ends and the caret stands, as shares of its height.
SEEN_AT = """(() => {
  const area = document.querySelector(".generate-page");
  const box = area.getBoundingClientRect();
  const [end] = [...area.querySelector("b").getClientRects()].slice(-1);
  const caret = area.querySelector(".caret").getBoundingClientRect();
  return [(end.top - box.top) / box.height, (caret.bottom - box.top) / box.height];
})()"""


def test_an_error_is_shown_beside_its_field_and_the_input_stays(open_tab):
    page = open_tab()
    press(page, "generate")
    written = text(page)
    page.get_by_label("Seed").fill("seven")
    button(page, "generate").click()
    problem = page.locator("#generate-problem-settings .problem")
    expect(problem).to_contain_text("seed = seven: give a whole number")
    expect(button(page, "generate")).to_be_visible()
    assert text(page) == written
    page.get_by_label("Seed").fill("7")
    press(page, "generate")
    expect(problem).to_be_hidden()


def test_a_seed_out_of_range_is_refused_beside_its_field(open_tab):
    page = open_tab()
    for typed in ("99999999999999999999999", "2147483648", "-1", "1e3"):
        page.get_by_label("Seed").fill(typed)
        button(page, "generate").click()
        expect(page.locator("#generate-problem-settings .problem")).to_have_text(
            f"seed = {typed}: give a whole number from 0 to 2147483647, or leave it empty."
        )
        expect(button(page, "generate")).to_be_visible()
    page.get_by_label("Seed").fill("2147483647")
    press(page, "generate")
    assert seed(page) == 2147483647


def test_a_phone_scrolls_to_the_error(open_tab):
    page = open_tab(width=390, height=844)
    page.get_by_label("Seed").fill("-1")
    page.evaluate("scrollTo(0, 0)")
    button(page, "generate").click()
    expect(page.locator("#generate-problem-settings .problem")).to_be_in_viewport()


COLORS = """() => {
  const computed = (node, name) => getComputedStyle(node)[name];
  const sample = document.body.appendChild(document.createElement("i"));
  sample.style.color = "CanvasText";
  const system = computed(sample, "color");
  sample.remove();
  return [system, computed(document.querySelector(".run-curve .tick"), "fill")];
}"""


def test_the_chart_has_the_colors_of_forced_colors_mode(open_tab):
    page = open_tab()
    page.get_by_role("tab", name="Train").click()
    expect(page.locator(".run-curve .tick").first).to_be_visible()
    system, drawn = page.evaluate(COLORS)
    assert drawn != system
    page.emulate_media(forced_colors="active")
    system, drawn = page.evaluate(COLORS)
    assert drawn == system


def test_a_text_that_is_too_long_gets_an_error_above_it(open_tab):
    page = open_tab()
    prefix(page).fill("the fox " * 2501)
    button(page, "generate").click()
    problem = page.locator(".generate-problem")
    expect(problem).to_contain_text("can have 20,000 characters together")
    expect(problem).to_have_css("background-color", "rgb(246, 231, 222)")
    expect(problem).to_have_css("position", "static")
    expect(page.locator(".generate-spoken")).to_have_css("position", "absolute")


def test_errors_are_shown_in_chinese(open_tab):
    page = open_tab(locale="zh-CN")
    page.get_by_label("随机种子").fill("99999999999999999999999")
    button(page, "generate").click()
    expect(page.locator("#generate-problem-settings .problem")).to_have_text(
        "随机种子 = 99999999999999999999999：请填 0 到 2147483647 的整数，或留空。"
    )


def test_the_page_speaks_chinese(open_tab):
    page = open_tab(locale="zh-CN")
    expect(button(page, "generate")).to_have_text("生成")
    expect(page.get_by_label("模型", exact=True)).to_be_visible()
    expect(page.locator(".next-char legend")).to_have_text("如何选取下一个字符")
    button(page, "generate").click()
    expect(page.locator(".generate-status")).to_contain_text("200 个字符")


CATCH_TIMER_OF_A_MINUTE = """() => {
  const usual = window.setTimeout;
  window.setTimeout = (action, delay, ...given) => {
    if (delay !== 60_000) return usual(action, delay, ...given);
    window.setTimeout = usual;
    window.passMinute = action;
    return 0;
  };
}"""


def test_a_minute_of_silence_ends_with_an_error_and_the_generate_button(open_tab, monkeypatch):
    ended = threading.Event()

    def silent_stream(*given):
        ended.wait(60)
        yield from ()

    monkeypatch.setattr(events, "stream_passage", silent_stream)
    page = open_tab()
    page.evaluate(CATCH_TIMER_OF_A_MINUTE)
    with page.expect_response("**/queue/join**"):
        button(page, "generate").click()
    expect(button(page, "stop")).to_be_visible()
    page.evaluate("window.passMinute()")
    expect(button(page, "generate")).to_be_visible()
    expect(page.locator(".generate-problem")).to_contain_text("has not responded for a while")
    ended.set()


def test_the_new_text_is_visible_after_a_long_prefix(open_tab):
    page = open_tab()
    prefix(page).fill("the lazy dog jumps " * 309)
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("60")  # which fits
    press(page, "generate")
    end, caret = page.evaluate(SEEN_AT)
    assert end == pytest.approx(0.3, abs=0.08)
    assert end < caret < 1
    page.reload()
    wait_until_drawn(page)
    page.get_by_role("tab", name="Generate").click()
    page.wait_for_function(
        f"wanted => {SEEN_AT}.every((at, i) => Math.abs(at - wanted[i]) < 0.02)",
        arg=[end, caret],
    )
    prefix(page).fill("the lazy dog jumps " * 309)
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("2000")
    press(page, "generate")
    end, caret = page.evaluate(SEEN_AT)
    assert end < 0
    assert 0.5 < caret <= 1


def test_the_text_stops_scrolling_once_the_user_scrolls_back(open_tab):
    page = open_tab()
    choose(page, "Heavy")
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("2000")
    button(page, "generate").click()
    area = page.locator(".generate-page")
    page.wait_for_function("document.querySelector('.generate-page').scrollTop > 60")
    area.evaluate("area => { area.scrollTop = 0; }")
    length = len(text(page))
    page.wait_for_function(
        "n => document.querySelector('.generate-text').textContent.length > n + 100 ||"
        "!document.querySelector('.generate.writing')",
        arg=length,
    )
    assert area.evaluate("area => area.scrollTop") == 0
    page.keyboard.press("Escape")
    expect(button(page, "generate")).to_be_visible()


def test_the_focus_moves_to_a_button_that_is_still_there(open_tab):
    page = open_tab()
    choose(page, "Heavy")
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("2000")
    button(page, "generate").press("Enter")
    expect(button(page, "stop")).to_be_focused()
    page.wait_for_selector(".generate-text span", state="attached")
    button(page, "stop").press("Enter")
    expect(button(page, "generate")).to_be_focused()
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("20")
    before = page.locator(".generate-status").text_content()
    button(page, "continue").press("Enter")
    finished(page, before)
    expect(button(page, "continue")).to_be_focused()
    button(page, "undo").press("Enter")
    button(page, "undo").press("Enter")
    expect(button(page, "redo")).to_be_focused()


@pytest.mark.parametrize("locale", ["en-US", *in_stress("zh-CN")])
def test_generate_and_stop_have_the_same_size(open_tab, locale):
    page = open_tab(locale=locale)
    choose(page, "Heavy")
    page.get_by_role("spinbutton").first.fill("2000")
    idle = button(page, "generate").bounding_box(), button(page, "continue").bounding_box()
    button(page, "generate").click()
    expect(button(page, "stop")).to_be_visible()
    assert (button(page, "stop").bounding_box(), button(page, "continue").bounding_box()) == idle
    button(page, "stop").click()
    expect(button(page, "generate")).to_be_visible()


def test_stop_pressed_at_once_stops_the_server_too(open_tab):
    page = open_tab()
    answers = []
    page.on("response", lambda response: answers.append((response.status, response.url)))
    choose(page, "Heavy")
    expect(prefix(page)).to_have_value("a heavy")  # before that, the server is not even asked
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("2000")
    with page.expect_response(lambda response: "/cancel" in response.url):
        button(page, "generate").evaluate(
            "g => { g.click(); document.querySelector('[data-do=stop]').click(); }"
        )
    expect(button(page, "generate")).to_be_visible()
    expect(page.locator(".generate-status")).to_contain_text("stopped")
    assert not [answer for answer in answers if answer[0] >= 400]


PLACES = """() => {
  scrollTo(0, 0);
  return [".page-header", ".page-header .pill", ".tab-container"].map((selector) => {
    const { x, y, width, height } = document.querySelector(selector).getBoundingClientRect();
    return [x, y, width, height];
  });
}"""


@pytest.mark.parametrize("locale", ["en-US", *in_stress("zh-CN")])
def test_header_and_tabs_do_not_move_between_tabs(open_tab, locale):
    page = open_tab(locale=locale)
    for width in (1148, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.get_by_role("tab", name=re.compile("Train|训练")).click()
        expect(page.locator(".run")).to_be_visible()
        train = page.evaluate(PLACES)
        page.get_by_role("tab", name=re.compile("Generate|生成")).click()
        expect(button(page, "generate")).to_be_visible()
        assert page.evaluate(PLACES) == train
        assert train[0][2] == min(width, 1124) - (48 if width > 720 else 32)


def test_a_dropdown_has_one_box_and_its_text_ends_before_the_arrow(open_tab):
    page = open_tab(width=390)
    field = page.get_by_label("Model", exact=True)
    field.click()
    expect(field).to_have_css("outline-style", "none")
    expect(field).to_have_css("text-overflow", "ellipsis")
    arrow = page.locator("#generate-checkpoint .icon-wrap svg").bounding_box()
    ends = field.evaluate(
        "f => f.getBoundingClientRect().right - parseFloat(getComputedStyle(f).paddingRight)"
    )
    assert ends <= arrow["x"]


@pytest.mark.parametrize("locale", ["en-US", *in_stress("zh-CN")])
def test_a_phone_shows_one_column_and_nothing_scrolls_sideways(open_tab, locale):
    page = open_tab(width=390, height=844, locale=locale)
    assert not sideways(page)
    page.get_by_role("textbox", name=re.compile("Prefix|开头")).fill("é" * 30 + "the " * 60)
    expect(page.locator(".generate-note")).to_be_visible()
    button(page, "three-alphas").click()
    expect(page.locator(".generate-three-alphas article")).to_have_count(3)
    expect(button(page, "generate")).to_be_visible()
    assert not sideways(page)
    left = {
        page.locator(".generate-three-alphas article").nth(i).bounding_box()["x"] for i in range(3)
    }
    assert len(left) == 1
    button(page, "generate").click()
    expect(page.locator(".generate-three-alphas article")).to_have_count(0)
    assert not sideways(page)


def test_a_term_shows_its_definition_on_hover_and_escape_closes_it(open_tab):
    page = open_tab()
    press(page, "generate")
    term, card = page.locator(".generate-scale .term"), page.locator(".term-card")
    expect(term).to_have_text("Surprisal")
    term.hover()
    expect(card).to_contain_text("−log₂ of its probability")
    card.hover()  # the pointer may go to the link
    link = card.get_by_role("link")
    expect(link).to_have_text("Dive into Deep Learning: Softmax Regression ↗")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    term.hover(position={"x": 3, "y": 3})
    expect(card).to_be_visible()
    page.mouse.move(5, 5)
    expect(card).to_have_count(0)


def test_every_term_is_a_stop_of_the_tab_key_that_is_described_by_its_definition(open_tab):
    page = open_tab(width=390, height=844)
    press(page, "generate")
    card, seen = page.locator(".term-card"), set()
    for tab in ("Train", "Generate"):
        page.get_by_role("tab", name=tab).click()
        page.locator(".term:visible").first.wait_for()
        for term in page.locator(".term:visible").all():
            term.scroll_into_view_if_needed()
            page.keyboard.press("Shift")  # the focus is the keyboard's
            term.focus()
            expect(card).to_be_visible()
            expect(term).to_have_attribute("aria-expanded", "true")
            described = term.get_attribute("aria-describedby")
            expect(page.locator(f"#{described}")).not_to_be_empty()
            box = card.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 390
            seen.add(term.get_attribute("data-term"))
            page.keyboard.press("Tab")
            expect(card.get_by_role("link")).to_be_focused()
            page.keyboard.press("Escape")
            expect(term).to_be_focused()
            expect(card).to_have_count(0)
    assert seen >= {"perplexity", "held-out", "bits", "alpha", "surprisal"}
    assert not sideways(page)


def test_a_definition_has_the_number_at_hand_and_is_in_chinese_on_a_chinese_page(open_tab):
    page = open_tab(locale="zh-CN")
    press(page, "generate")
    page.locator(".generate-page").press("ArrowLeft")
    facts = page.locator(".next-char-facts")
    expect(facts).to_contain_text(re.compile("“.+”：意外度"))
    bits = float(re.search(r"意外度 ([\d.]+) 比特", facts.inner_text())[1])
    facts.locator('[data-term="surprisal"]').click()
    card = page.locator(".term-card")
    expect(card).to_contain_text("分之一的机会")
    shown = re.search(r"([\d.,]+) 分之一的机会", card.inner_text())[1]
    assert float(shown.replace(",", "")) == pytest.approx(2**bits, rel=0.1)
    expect(card.get_by_role("link")).to_have_text("《动手学深度学习》：softmax 回归 ↗")
    page.locator(".next-char legend").click()
    expect(card).to_have_count(0)


def test_a_phone_shows_the_answer_of_a_character_below_it(open_tab):
    page = open_tab(width=390, height=844)
    press(page, "generate")
    page.locator(".generate-page").press("Home")
    answer = page.locator(".next-char-answer")
    expect(answer).to_have_css("position", "fixed")
    expect(page.locator(".next-char-facts")).to_be_in_viewport()
    mark = page.locator(".generate-mark").bounding_box()
    assert mark["y"] + mark["height"] <= answer.bounding_box()["y"]
    assert not sideways(page)
    page.locator(".next-char-end").click()
    expect(answer).to_have_css("position", "static")
