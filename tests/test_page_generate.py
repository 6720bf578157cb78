"""The Generate tab, in a real browser, with small models that are never trained."""

import re

import pytest
from conftest import small_model

from charrnn.checkpoint import Checkpoint, save
from charrnn.generation import generate, likeliest
from charrnn.ui import House, build, launch_options
from charrnn.vocabulary import Vocabulary
from charrnn.workers import Runs

expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect
pytest_plugins = ["page"]

LETTERS = Vocabulary.from_text("the quick brown fox jumps over the lazy dog\n")


def checkpoint(name, prefixes, **model):
    about = {"name": name, "corpus": {"name": name}, "prefixes": prefixes}
    return Checkpoint(small_model(vocabulary_size=len(LETTERS), **model), LETTERS, about)


@pytest.fixture(scope="module")
def fox():
    return checkpoint("Fox", ["the fox"])


@pytest.fixture(scope="module")
def app(tmp_path_factory, fox):
    """The address of an app with two models on its shelf, the second of them slow."""
    root = tmp_path_factory.mktemp("house")
    save(fox, root / "shelf" / "fox")
    save(checkpoint("Heavy", ["a heavy"], hidden_size=1024), root / "shelf" / "heavy")
    runs = Runs(root / "runs")
    page = build(House(runs, root / "shelf"))
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    yield url.rstrip("/")
    page.close()
    runs.close()


@pytest.fixture
def open_tab(visit):
    def open_it(**how):
        page = visit(**how)
        page.get_by_role("tab", name=re.compile("Generate|生成")).click()
        expect(button(page, "generate")).to_be_visible()
        expect(page.locator(".likely-name").first).not_to_be_empty()
        return page

    return open_it


def button(page, name):
    return page.locator(f'.write [data-do="{name}"]')


def press(page, name):
    """Press a button that makes the model write, and wait until it has."""
    before = page.locator(".write-status").inner_text()
    button(page, name).click()
    finished(page, before)


def finished(page, before=""):
    expect(page.locator(".write-status")).to_contain_text("characters/s")
    page.wait_for_function(
        "before => document.querySelector('.write-status').textContent !== before", arg=before
    )
    expect(button(page, "generate")).to_be_visible()


def text(page):
    return page.locator(".write-text").evaluate("node => node.textContent")


def prefix(page):
    return page.get_by_label("Prefix")


def seed(page):
    return int(re.search(r"seed (\d+)", page.locator(".write-status").inner_text())[1])


def shares(page):
    return page.locator(".likely-share").all_inner_texts()


def mode(page, name):
    page.locator(f'.likely-mode [value="{name}"]').check()


def slide(page, alpha):
    steps = [0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2]
    page.locator(".likely-alpha input").fill(str(steps.index(alpha)))


def tints(page):
    return set(
        page.locator(".write-text span").evaluate_all(
            "spans => spans.map(span => getComputedStyle(span).backgroundColor)"
        )
    )


def sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_click_writes_on_from_the_prefix_in_bold(open_tab, fox):
    page = open_tab()
    expect(prefix(page)).to_have_value("the fox")
    press(page, "generate")
    expect(page.locator(".write-text b")).to_have_text("the fox")
    assert len(text(page)) == len("the fox") + 200
    assert text(page) == generate(fox, "the fox", 200, seed=seed(page))
    expect(page.locator(".write-status")).to_contain_text("200 characters")


def test_the_seed_shown_makes_the_same_text_again(open_tab):
    page = open_tab()
    press(page, "generate")
    first, shown = text(page), seed(page)
    press(page, "generate")
    assert text(page) != first
    page.get_by_label("Seed").fill(str(shown))
    press(page, "generate")
    assert text(page) == first


def test_greedy_takes_the_likeliest_and_switches_alpha_off(open_tab, fox):
    page = open_tab()
    slider = page.get_by_label("α")
    expect(slider).to_be_enabled()
    mode(page, "greedy")
    expect(slider).to_be_disabled()
    press(page, "generate")
    assert text(page) == generate(fox, "the fox", 200, mode="greedy")
    expect(page.locator(".write-status")).to_contain_text("greedy")
    mode(page, "sample")
    expect(slider).to_be_enabled()


def test_alpha_reshapes_the_panel_at_once_and_the_text(open_tab, fox):
    page = open_tab()
    for alpha in (1.0, 0.5):
        slide(page, alpha)
        expect(page.locator(".likely-alpha")).to_contain_text(f"α = {alpha:g}")
        for shown, wanted in zip(shares(page), likeliest(fox, "the fox", alpha=alpha), strict=True):
            p, q = re.match(r"([\d.]+) → ([\d.]+) %", shown).groups()
            assert float(p) == pytest.approx(100 * wanted.p, abs=0.51)
            assert float(q) == pytest.approx(100 * wanted.q, abs=0.51)
    press(page, "generate")
    assert text(page) == generate(fox, "the fox", 200, alpha=0.5, seed=seed(page))
    expect(page.locator(".write-status")).to_contain_text("α 0.5")


def test_the_panel_speaks_of_what_comes_next(open_tab, fox):
    page = open_tab()
    expect(page.locator(".likely h3")).to_contain_text("the fox")
    press(page, "generate")
    written = text(page)
    expect(page.locator(".likely h3")).to_contain_text(written[-5:].strip())
    [first, *_] = likeliest(fox, written)
    shown = {" ": "␣", "\n": "⏎"}.get(first.character, first.character)
    expect(page.locator(".likely-name").first).to_have_text(shown)


def test_a_character_picked_from_the_panel_is_written(open_tab, fox):
    page = open_tab()
    expect(page.locator(".likely-name").first).not_to_be_empty()
    page.locator(".likely li button").nth(2).click()
    picked = likeliest(fox, "the fox")[2].character
    expect(page.locator(".write-text")).to_have_text(f"the fox{picked}", use_inner_text=False)
    expect(page.locator(".write-status")).to_have_text("1 character · picked by hand")


def test_surprising_characters_are_tinted_unless_switched_off(open_tab):
    page = open_tab()
    press(page, "generate")
    assert len(tints(page)) > 3
    page.get_by_label("surprise").uncheck()
    assert tints(page) == {"rgba(0, 0, 0, 0)"}
    page.get_by_label("surprise").check()
    assert len(tints(page)) > 3


def test_unknown_characters_stay_and_are_noted_beside_the_prefix(open_tab):
    page = open_tab()
    note = page.locator(".write-note")
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


@pytest.mark.parametrize("typed", ["", "q", "the\nlazy\n\ndog"])
def test_any_prefix_will_do(open_tab, typed):
    page = open_tab()
    prefix(page).fill(typed)
    press(page, "generate")
    assert text(page).startswith(typed)
    assert len(text(page)) == len(typed) + 200


def test_length_counts_what_is_written(open_tab):
    page = open_tab()
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("37")
    press(page, "generate")
    assert len(text(page)) == len("the fox") + 37
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("1500")
    press(page, "generate")
    assert len(text(page)) == len("the fox") + 1500


def test_continue_goes_on_and_undo_and_redo_go_back_and_forth(open_tab, fox):
    page = open_tab()
    for name in ("continue", "undo", "redo", "copy"):
        expect(button(page, name)).to_be_disabled()
    press(page, "generate")
    once = text(page)
    press(page, "continue")
    twice = text(page)
    assert twice == generate(fox, once, 200, seed=seed(page))
    expect(page.locator(".write-status")).to_contain_text("400 characters")
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


def test_three_alphas_stand_side_by_side_and_one_can_be_kept(open_tab, fox):
    page = open_tab()
    press(page, "trio")
    columns = page.locator(".write-trio article")
    expect(columns).to_have_count(3)
    used = seed(page)
    for i, alpha in enumerate((0.5, 1.0, 2.0)):
        column = columns.nth(i)
        expect(column.locator("h4")).to_have_text(f"α = {alpha:g}")
        shown = column.locator("div").evaluate("node => node.textContent")
        assert "the fox" + shown == generate(fox, "the fox", 200, alpha=alpha, seed=used)
    boxes = [columns.nth(i).bounding_box() for i in range(3)]
    assert boxes[0]["x"] < boxes[1]["x"] < boxes[2]["x"]
    kept = "the fox" + columns.nth(2).locator("div").evaluate("node => node.textContent")
    columns.nth(2).get_by_role("button", name="Keep this one").click()
    expect(columns).to_have_count(0)
    assert text(page) == kept
    press(page, "continue")
    assert text(page).startswith(kept)
    button(page, "undo").click()
    button(page, "undo").click()
    expect(columns).to_have_count(3)


def test_stop_keeps_what_is_written(open_tab):
    page = open_tab()
    choose(page, "Heavy")
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("2000")
    button(page, "generate").click()
    page.wait_for_selector(".write-text span")
    button(page, "stop").click()
    expect(page.locator(".write-status")).to_contain_text("stopped")
    expect(button(page, "generate")).to_be_visible()
    stopped = text(page)
    assert stopped.startswith("a heavy")
    assert len(stopped) < 2007
    page.get_by_role("spinbutton", name=re.compile("Length")).fill("5")
    press(page, "continue")
    assert text(page).startswith(stopped)
    assert len(text(page)) == len(stopped) + 5


def choose(page, name):
    page.get_by_label("Checkpoint").click()
    page.get_by_role("option", name=name).click()


def test_another_checkpoint_brings_its_prefix_but_keeps_one_s_own(open_tab):
    page = open_tab()
    choose(page, "Heavy")
    expect(prefix(page)).to_have_value("a heavy")
    expect(page.locator(".likely h3")).to_contain_text("a heavy")
    prefix(page).fill("mine")
    choose(page, "Fox")
    expect(page.get_by_label("Checkpoint")).to_have_value(re.compile("Fox"))
    expect(prefix(page)).to_have_value("mine")


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(open_tab):
    page = open_tab()
    press(page, "generate")
    written = text(page)
    page.get_by_label("Seed").fill("seven")
    button(page, "generate").click()
    problem = page.locator("#write-problem-settings .problem")
    expect(problem).to_contain_text("seed = seven: give a whole number")
    expect(button(page, "generate")).to_be_visible()
    assert text(page) == written
    page.get_by_label("Seed").fill("7")
    press(page, "generate")
    expect(problem).to_be_hidden()


def test_text_is_only_ever_text(open_tab):
    page = open_tab()
    nasty = "<img src=x onerror=alert(1)>${1+1}`{{2}}</script>"
    prefix(page).fill(nasty)
    expect(page.locator(".write-note")).to_be_visible()
    press(page, "generate")
    assert text(page).startswith(nasty)
    assert page.locator(".write img, .likely img").count() == 0


def test_characters_that_hide_or_turn_others_are_made_visible(open_tab):
    page = open_tab()
    prefix(page).fill("a\u202eb\u200bc")
    press(page, "generate")
    assert page.locator(".write-text .code").all_inner_texts() == ["U+202E", "U+200B"]
    expect(page.locator(".write-note")).to_contain_text("U+202E U+200B are not in")


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


def test_a_reload_loses_no_text(open_tab):
    page = open_tab()
    press(page, "generate")
    press(page, "continue")
    written = text(page)
    page.reload()
    page.wait_for_selector(".run-rows li")
    page.get_by_role("tab", name="Generate").click()
    expect(page.locator(".write-text")).to_have_text(written, use_inner_text=False)
    button(page, "undo").click()
    assert written.startswith(text(page))


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_phone_shows_one_column_and_nothing_scrolls_sideways(open_tab, locale):
    page = open_tab(width=390, height=844, locale=locale)
    assert not sideways(page)
    page.get_by_role("textbox", name=re.compile("Prefix|开头")).fill("é" * 30 + "the " * 60)
    expect(page.locator(".write-note")).to_be_visible()
    button(page, "trio").click()
    expect(page.locator(".write-trio article")).to_have_count(3)
    expect(button(page, "generate")).to_be_visible()
    assert not sideways(page)
    left = {page.locator(".write-trio article").nth(i).bounding_box()["x"] for i in range(3)}
    assert len(left) == 1
    button(page, "generate").click()
    expect(page.locator(".write-trio article")).to_have_count(0)
    assert not sideways(page)


def test_the_page_speaks_chinese(open_tab):
    page = open_tab(locale="zh-CN")
    expect(button(page, "generate")).to_have_text("生成")
    expect(page.get_by_label("检查点")).to_be_visible()
    expect(page.locator(".likely legend")).to_have_text("如何选取下一个字符")
    button(page, "generate").click()
    expect(page.locator(".write-status")).to_contain_text("200 个字符")
