"""The Generate tab, in a real browser: models of runs, of the Hub and of files, and how they are
chosen and kept."""

import json
import re
import shutil
import threading
import time

import generate_page
import pytest
from generate_page import button, choose, expect, finished, model_field, prefix, press, text
from page import wait_until_drawn

from charrnn.checkpoint.format import WEIGHTS
from charrnn.hub import client
from charrnn.runs import uploads
from charrnn.runs.limits import Limits
from charrnn.ui.generate import events
from charrnn.ui.services import hub_models

pytest_plugins = ["page"]
app = generate_page.app
fox = generate_page.fox
root = generate_page.root
shared_pages = generate_page.shared_pages
trained_run = generate_page.trained_run
KEY = "ada/letters"


@pytest.fixture
def letters(hub, trained):
    """A model on the Hub, asked for anew each time that it is needed."""
    return hub.add(KEY, {path.name: path.read_bytes() for path in trained.iterdir()})


@pytest.fixture(autouse=True, scope="module")
def impatient():
    """What the Hub said once does not count, also where a page asks after its test's end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub_models, "TTL_SECONDS", 0.0)
        patch.setattr(hub_models, "ERROR_TTL_SECONDS", 0.0)
        patch.setattr(hub_models, "OFFLINE_TTL_SECONDS", 0.0)
        yield


@pytest.fixture
def open_tab(hub, shared_pages):
    """As `generate_page.open_tab`; the tab is reset while the Hub is still there."""
    yield shared_pages.take
    shared_pages.put_back()


def use(page, key):
    page.evaluate(
        "key => window.dispatchEvent(new CustomEvent('charrnn-use-model', {detail: {key}}))", key
    )


def chosen(page, what):
    expect(model_field(page)).to_have_value(re.compile(what))


def carry_over(page):
    page.get_by_role("button", name="Generate with it").click()
    expect(button(page, "generate")).to_be_visible()


def listed(page):
    """The dropdown's options, as one text."""
    model_field(page).click()
    options = page.get_by_role("option").all_inner_texts()
    page.keyboard.press("Escape")
    return " ".join(options)


def trouble(page):
    return page.locator("#generate-problem-checkpoint .problem")


def remembered(page, name="opened"):
    return json.loads(page.evaluate(f"localStorage.getItem('charrnn:{name}')") or "[]")


def test_a_reload_keeps_the_chosen_model_until_it_is_deleted(visit, app, root, trained_run):
    first, second = trained_run(), trained_run()
    page = visit(f"?run={first}")
    carry_over(page)
    chosen(page, r"Fox · .* · 10\ss")
    page.goto(f"{app}?run={second}")
    wait_until_drawn(page)
    carry_over(page)
    chosen(page, second[:4])
    choose(page, first[:4])
    press(page, "generate")
    page.reload()
    wait_until_drawn(page)
    page.get_by_role("tab", name="Generate").click()
    chosen(page, first[:4])
    options = listed(page)
    assert first[:4] in options and second[:4] in options
    before = text(page)
    press(page, "continue")
    assert text(page).startswith(before)

    (root / "runs" / first / "checkpoint" / "model.safetensors").unlink()
    button(page, "generate").click()
    expect(trouble(page)).to_contain_text("not saved a model")
    page.reload()
    wait_until_drawn(page)
    page.get_by_role("tab", name="Generate").click()
    chosen(page, "^Fox · (?!.*10\\ss)")


def test_a_hub_model_is_selected_generates_and_is_found_after_a_reload(open_tab, app, letters):
    page = open_tab()
    use(page, KEY)
    chosen(page, KEY)
    expect(prefix(page)).to_have_value("ab")
    press(page, "generate")
    assert remembered(page) == [KEY]
    page.goto(app)
    wait_until_drawn(page)
    page.get_by_role("tab", name="Generate").click()
    chosen(page, f"^{KEY} · LSTM 16 · perplexity 3.50 held out$")
    choose(page, "Fox")
    choose(page, KEY)
    expect(page.locator(".next-char h2")).to_contain_text("ab")
    assert remembered(page) == [KEY]


def test_a_model_used_before_the_dropdown_is_filled_is_selected(visit, letters, monkeypatch):
    usual, used = events._first_known, threading.Event()

    def slowly(*asked):
        assert used.wait(60)
        time.sleep(0.5)  # what asks to use the model could be answered meanwhile
        return usual(*asked)

    monkeypatch.setattr(events, "_first_known", slowly)
    page = visit()
    use(page, KEY)
    used.set()
    page.evaluate("window.charrnn.dropdownReady")
    expect(prefix(page)).to_have_value("ab")
    chosen(page, KEY)


def test_an_uploaded_model_is_an_option(open_tab, root, trained):
    key = uploads.store(root / "runs", trained / WEIGHTS, Limits())
    page = open_tab(locale="zh-CN")
    use(page, key)
    chosen(page, f"letters · 你的文件 {key[7:11]}…")
    press(page, "generate")
    assert remembered(page) == [key]
    shutil.rmtree(root / "runs" / ".uploads" / key)
    button(page, "generate").click()
    expect(trouble(page)).to_contain_text("可能已被清除")


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en-US", "There is no model ada/letters on the Hub"),
        ("zh-CN", "Hub 上没有模型 ada/letters"),
    ],
)
def test_a_model_that_cannot_be_opened_shows_an_error_and_keeps_the_input(
    open_tab, letters, hub, locale, said
):
    page = open_tab(locale=locale)
    press(page, "generate")
    written = text(page)
    page.locator("#generate-prefix textarea").fill("mine")
    letters.private = True
    use(page, KEY)
    expect(trouble(page)).to_contain_text(said)
    chosen(page, KEY)
    assert text(page) == written
    expect(page.locator("#generate-prefix textarea")).to_have_value("mine")
    letters.private = False
    press(page, "generate")
    expect(trouble(page)).to_be_empty()
    assert text(page).startswith("mine")


def test_a_suggested_prefix_stays_if_the_next_model_has_none(open_tab, hub):
    page = open_tab()
    expect(prefix(page)).to_have_value("the fox")
    use(page, KEY)
    expect(trouble(page)).to_contain_text("There is no model ada/letters")
    expect(prefix(page)).to_have_value("the fox")


def test_a_note_is_shown_while_a_model_is_opened(open_tab, letters, hub, monkeypatch):
    monkeypatch.setattr(client, "SILENCE_SECONDS", 30)
    page = open_tab(locale="zh-CN", width=390)
    beside = page.locator(".from-hub-link")
    expect(beside).to_have_text("从 Hub 打开…")
    hub.faults.silent = True
    use(page, KEY)
    expect(beside.get_by_role("status")).to_have_text(f"正在打开 {KEY}……")
    expect(beside.get_by_role("button")).to_be_hidden()
    hub.faults.silent = False
    expect(beside.get_by_role("button")).to_be_visible()
    expect(page.locator("#generate-prefix textarea")).to_have_value("ab")


@pytest.fixture
def opening(open_tab, letters, hub, monkeypatch):
    """The tab while a model is on its way from a Hub that does not answer yet."""
    monkeypatch.setattr(client, "SILENCE_SECONDS", 30)
    page = open_tab()
    hub.faults.silent = True
    use(page, KEY)
    expect(page.locator(".from-hub-link").get_by_role("status")).not_to_be_empty()
    return page


def test_generate_waits_for_the_prefix_of_a_model_being_opened(opening, hub):
    page = opening
    button(page, "generate").click()
    button(page, "stop").click()  # a way out before anything was asked for
    button(page, "generate").click()
    expect(button(page, "stop")).to_be_visible()
    hub.faults.silent = False
    finished(page)
    expect(prefix(page)).to_have_value("ab")
    assert text(page).startswith("ab")


def test_a_prefix_typed_while_a_model_is_opened_stays(opening, hub):
    page = opening
    prefix(page).fill("a cab")
    button(page, "generate").click()
    hub.faults.silent = False
    finished(page)
    expect(page.locator(".from-hub-link").get_by_role("status")).to_be_empty()
    expect(prefix(page)).to_have_value("a cab")
    assert text(page).startswith("a cab")


def test_the_last_of_two_quickly_chosen_models_counts(opening, hub):
    page = opening
    choose(page, "Sharp")
    expect(prefix(page)).to_have_value("a sharp")
    hub.faults.silent = False
    press(page, "generate")
    expect(prefix(page)).to_have_value("a sharp")
    assert text(page).startswith("a sharp")


def test_a_model_used_before_the_tab_was_drawn_is_waited_for(visit, letters, hub, monkeypatch):
    monkeypatch.setattr(client, "SILENCE_SECONDS", 30)
    page = visit()
    hub.faults.silent = True
    use(page, KEY)
    button(page, "generate").click()
    expect(button(page, "stop")).to_be_visible()
    hub.faults.silent = False
    finished(page)
    assert text(page).startswith("ab")


def test_listing_a_hub_model_sends_no_request_to_the_hub(open_tab, letters, hub):
    page = open_tab()
    page.get_by_role("tab", name="Train").click()
    keys = [f"ada/model-{i}" for i in range(9)]
    page.evaluate("keys => localStorage.setItem('charrnn:opened', keys)", json.dumps(keys))
    page.get_by_role("tab", name="Generate").click()
    model_field(page).click()
    expect(page.get_by_role("option", name="ada/model-7")).to_be_visible()
    expect(page.get_by_role("option", name="ada/model-8")).to_have_count(0)
    page.keyboard.press("Escape")
    # A page of an earlier test may still ask for its own model.
    assert not [path for _, path, _ in hub.asked if "ada/model-" in path]


def test_the_link_to_the_hub_focuses_the_field(open_tab):
    page = open_tab()
    page.get_by_role("button", name="From the Hub…").click()
    expect(page.get_by_role("tab", name="Models")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#open-model .open-model-name")).to_be_focused()
