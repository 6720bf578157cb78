"""The Train tab, in a real browser, with real training: runs of a second or two, most of them on
one page."""

import re

import pytest
import quick_app
from conftest import ROOT
from form_page import choose, expect, setting, unfold
from launching import serving

from charrnn.runs.manager import RunManager
from charrnn.ui import AppContext

pytest_plugins = ["page", "shared_pages"]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of the app with the models that it comes with and short runs, one at a time."""
    root = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patch:
        quick_app.shorten(patch)
        runs = RunManager(root / "runs")
        with serving(AppContext(runs, ROOT / "checkpoints")) as url:
            yield url
        runs.close()


@pytest.fixture(autouse=True)
def no_errors_in_the_log(capfd):
    yield
    assert "Traceback" not in capfd.readouterr().err


@pytest.fixture
def train_page(shared_page):
    """The page on which the tests train, one run after the other."""
    page = shared_page()
    page.get_by_role("tab", name="Train").click()
    return page


def figure(page):
    """The large perplexity."""
    return float(page.locator(".run-main b").inner_text().replace(",", ""))


def wait_for_state(page, state):
    page.wait_for_function(
        "state => document.querySelector('.run')?.dataset.state === state",
        arg=state,
    )


def wait_for_figure(page):
    page.wait_for_function("/\\d/.test(document.querySelector('.run-main b')?.textContent)")


def begin(page, recipe="Coffee", time="1 min"):
    """Train on the story; long enough to be stopped, unless it is to end by itself."""
    page.get_by_role("radio", name="The Tide Clock").check()
    page.get_by_role("radio", name=recipe).check()
    page.get_by_role("button", name=f"Train on The Tide Clock · {time}").click()
    wait_for_state(page, "running")
    wait_for_figure(page)


def stop(page):
    page.get_by_role("button", name="Stop and keep").click()
    wait_for_state(page, "stopped")


def places(page):
    """Where the parts of the card are."""
    return page.evaluate(
        """['.run-second', '.run-bits', '.run-chart', '.run-rows'].map((name) => {
            const { x, y } = document.querySelector(name).getBoundingClientRect();
            return [Math.round(x), Math.round(y + scrollY)];
        })"""
    )


def test_a_run_goes_on_from_where_it_was_nothing_moves_and_a_mistake_leaves_it_there(train_page):
    page = train_page
    before_any = places(page)  # before the visitor's first run
    begin(page)
    assert places(page) == before_any
    stop(page)
    assert places(page) == before_any
    first = page.locator(".run-main small").inner_text()
    before = float(re.search(r"at ([\d.]+)\ss", page.locator(".run-status").inner_text())[1])
    page.get_by_role("button", name="Keep training").click()
    wait_for_state(page, "running")
    expect(page.get_by_role("button", name="Keep training")).to_be_disabled()
    page.wait_for_function(
        "before => parseFloat(document.querySelector('.run-status').innerText) > before + 0.2",
        arg=before,
    )
    stop(page)
    assert page.locator(".run-main small").inner_text() == first

    shown = figure(page)
    choose(page, "corpus", "own")
    page.get_by_role("button", name="Train on your text").click()
    expect(page.locator("#train-text-problem [role=alert]")).to_contain_text("Paste a text")
    assert figure(page) == shown
    expect(page.get_by_role("button", name="Generate with it")).to_be_enabled()


def test_a_click_trains_and_the_model_is_carried_over(train_page):
    page = train_page
    begin(page, "Sprint", "2 s")
    expect(page.get_by_role("button", name="Train on")).to_be_disabled()
    wait_for_state(page, "finished")
    expect(page.get_by_role("img", name=re.compile("perplexity fell from"))).to_be_visible()
    first = page.locator(".run-main small").inner_text().removeprefix("from ")
    # One that learns is in `test_training`; on a busy machine, two seconds are a few steps.
    assert figure(page) <= float(first.replace(",", ""))
    rows = page.locator(".run-rows li")
    assert 2 <= rows.count() <= 5, "a busy machine may have passed some marks by"
    assert all(line.inner_text() for line in rows.locator(".line").all())
    expect(rows.first).to_contain_text("0 %")
    expect(rows.last).to_contain_text("100 %")
    for row in (rows.first, rows.last):
        expect(row.locator(".line")).to_contain_text(re.compile(r"The tide clock [\s\S]{20}"))
    expect(page.locator(".page-header .pill")).to_have_text("Idle")
    expect(page.get_by_role("button", name="Stop and keep")).to_be_disabled()

    run = page.locator(".run").get_attribute("data-run")
    page.get_by_role("tab", name="Inspect").click()
    expect(page.locator(".inspect-model")).to_have_value(run)  # as it has just been trained
    page.locator(".inspect-model").select_option("tide-clock")
    page.get_by_role("tab", name="Train").click()
    page.get_by_role("tab", name="Inspect").click()
    expect(page.locator(".inspect-status")).to_contain_text("characters")
    expect(page.locator(".inspect-model")).to_have_value("tide-clock")  # as was chosen since
    page.get_by_role("tab", name="Train").click()

    page.get_by_role("button", name="Generate with it").click()
    expect(page.get_by_role("tab", name="Generate")).to_have_attribute("aria-selected", "true")
    chosen = page.locator("#generate-checkpoint input")
    expect(chosen).to_have_value(re.compile("Tide Clock"))


def test_a_sample_can_be_asked_for_and_a_second_run_waits_its_turn(train_page, visit):
    page, second = train_page, visit()
    begin(page, "Deep 5 min", "5 min")  # long enough for no mark to come meanwhile
    asked = page.locator(".run-rows li.extra .line")
    for count in (1, 2):
        page.get_by_role("button", name="Sample now").click()
        expect(asked).to_have_count(count)
    expect(asked.first).to_contain_text("The tide clock")

    second.get_by_role("button", name="Train on The Tide Clock").click()
    expect(second.locator(".run-status")).to_contain_text("place 1")
    second.get_by_role("button", name="Cancel").click()
    wait_for_state(second, "cancelled")
    expect(second.locator(".run-status")).to_have_text("Cancelled")
    expect(second.locator(".run-note")).to_contain_text("nothing was trained")
    expect(second.get_by_role("button", name="Train on The Tide Clock")).to_be_enabled()
    expect(second.get_by_role("button", name="Keep training")).to_be_disabled()

    stop(page)
    lines = page.locator(".run-rows .line")
    expect(lines).to_have_count(4)  # the first, the two that were asked for, and the last
    assert all(line.inner_text() for line in lines.all())


def test_on_a_phone_a_tap_brings_the_card_into_view(train_page):
    page = train_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("scrollTo(0, 0)")
    begin(page)
    expect(page.locator(".run-main b")).to_be_in_viewport()
    head = page.locator(".run-second, .run-bits").all()
    assert len({round(part.bounding_box()["y"]) for part in head}) == 1
    line = page.locator(".run-rows .line").first.bounding_box()
    assert line["height"] > 36, "two lines of what it writes"
    stop(page)


def test_the_keyboard_keeps_its_place(train_page):
    page = train_page
    page.get_by_role("radio", name="The Tide Clock").check()
    page.get_by_role("radio", name="Coffee").check()
    expect(page.get_by_role("button", name="Train on The Tide Clock · 1 min")).to_be_visible()
    page.locator("#train-go").press("Enter")
    wait_for_state(page, "running")
    expect(page.get_by_role("region", name="The run")).to_be_focused()
    scale = page.get_by_role("radio", name="perplexity")
    for _ in range(8):  # over the star and the terms that explain themselves
        page.keyboard.press("Tab")
        if scale.evaluate("node => node === document.activeElement"):
            break
    expect(scale).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="bits")).to_be_focused()
    expect(page.get_by_role("radio", name="bits")).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="perplexity")).to_be_checked()
    page.get_by_role("button", name="Stop and keep").press("Enter")
    wait_for_state(page, "stopped")
    expect(page.get_by_role("region", name="The run")).to_be_focused()


def test_a_diverged_run_is_told_without_breaking_the_card_and_one_click_fills_in_what_to_try(
    train_page,
):
    page = train_page
    for choice in ("The Tide Clock", "Sprint", "Custom"):
        page.get_by_role("radio", name=choice).check()
    unfold(page, "Learning", "Length")
    setting(page, "seconds").fill("60")  # it diverges before, also on a busy machine
    page.get_by_label("Optimizer").click()
    page.get_by_role("option", name="sgd").click()
    setting(page, "learning_rate").fill("300")
    setting(page, "clip").fill("none")
    page.locator("#train-go").click()
    wait_for_state(page, "diverged")
    expect(page.locator(".run-note")).to_contain_text("Training diverged after step")
    card = page.locator(".run").bounding_box()
    for text in page.locator(".run-curve text:not(.readout), .run-labels span").all():
        box = text.bounding_box()
        assert card["x"] <= box["x"] and box["x"] + box["width"] <= card["x"] + card["width"] + 22
    setting(page, "learning_rate").fill("0.5")
    page.get_by_role("radio", name="Songs").check()
    page.get_by_role("radio", name="Sprint").check()
    page.get_by_role("button", name="Try learning_rate = 0.3").click()
    expect(page.get_by_role("radio", name="Custom")).to_be_checked()
    expect(setting(page, "clip")).to_have_value("")
    expect(setting(page, "learning_rate")).to_have_value("0.3")
    expect(page.get_by_role("button", name="Train on The Tide Clock · 1 min")).to_be_enabled()
    assert page.locator(".run").get_attribute("data-state") == "diverged", "nothing has begun"


def test_a_link_shows_a_run_in_another_browser_and_gives_no_control(train_page, visit, app):
    page = train_page
    begin(page)
    run, link = page.locator(".run").get_attribute("data-run"), page.locator(".run-link")
    address = link.get_attribute("href")
    assert run not in address
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link.click()
    expect(link).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(address)
    other = visit("/" + address)
    wait_for_figure(other)
    expect(other.locator(".run-caption")).to_contain_text("The Tide Clock")
    expect(other.locator(".run-notice")).to_contain_text("shared with you")
    for name in ("stop", "sample", "resume", "push"):
        expect(other.locator(f"#train-{name}")).to_be_hidden()
    expect(other.locator(".run-star")).to_be_hidden()
    expect(other.locator(".recent-runs summary")).to_have_text("Your runs")
    remembered = other.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert run not in other.content() + remembered
    page.goto(f"{app}/{address}")  # by the link, its own browser is not a stranger
    wait_for_figure(page)
    stop(page)
    wait_for_state(other, "stopped")
    expect(page.locator(".run-status")).to_contain_text("model kept")
    assert figure(page) == figure(other)
    other.get_by_role("button", name="Generate with it").click()
    expect(other.locator("#generate-checkpoint input")).to_have_value(re.compile("shared with you"))


def test_a_link_to_a_run_that_is_gone_says_so(visit):
    page = visit("/?run=0123456789abcdef")
    expect(page.locator(".run-notice")).to_contain_text("no longer on this server")
    expect(page.get_by_role("button", name="Train on The Tide Clock")).to_be_enabled()


def test_a_chinese_browser_gets_a_chinese_page_with_a_chinese_text_and_model(visit):
    page = visit(locale="zh-CN")
    expect(page.get_by_role("button", name="用《歌》训练 · 2 秒")).to_be_visible()
    expect(page.locator(".run-caption")).to_contain_text("先前的一次训练：歌")
    page.get_by_role("tab", name="生成").click()
    expect(page.get_by_role("textbox", name="开头")).to_have_value("分开")
    page.get_by_role("button", name="生成", exact=True).click()
    expect(page.locator(".generate-text")).to_contain_text(re.compile("[\u4e00-\u9fff]{4}"))
    expect(page.get_by_text("不在该模型")).to_have_count(0)
    expect(page.locator("#generate-next-char")).to_contain_text(re.compile("[\u4e00-\u9fff]{2}"))

    page.get_by_role("tab", name="训练").click()
    expect(page.get_by_role("radio", name="歌")).to_be_checked()
    page.get_by_role("radio", name="潮汐钟").check()
    page.get_by_role("radio", name="咖啡").check()
    page.get_by_role("button", name="用《潮汐钟》训练 · 1 分钟").click()
    wait_for_state(page, "running")
    wait_for_figure(page)
    expect(page.locator(".run-status")).to_contain_text("秒")
    expect(page.locator(".run-caption")).to_contain_text("潮汐钟 · 咖啡")
    page.get_by_role("button", name="停止并保留").click()
    wait_for_state(page, "stopped")
    fixed = "button.lg, button.sm, .run-label, .run-heading, .run-note, .run-status, legend"
    for words in page.locator(".train-side .choose > span").or_(page.locator(fixed)).all():
        if words.is_visible() and (shown := words.inner_text().strip()):
            assert re.search("[\u4e00-\u9fff]", shown), shown


def test_a_run_starts_from_the_base_that_knows_the_text_and_one_press_from_nothing(train_page):
    page = train_page
    page.get_by_role("radio", name="The Tide Clock").check()
    page.get_by_role("radio", name="Coffee").check()
    note, field = page.locator(".start-note"), page.locator("#start-model")
    chosen, model = field.locator("option:checked"), page.locator("#train-model")
    field.select_option("auto")  # a test before may have chosen another one
    expect(chosen).to_have_text("English prose · automatic")
    expect(note).to_contain_text(re.compile(r"knows texts like this: perplexity [\d.]+ before"))
    expect(note).to_contain_text("The run starts from it.")
    expect(model).to_contain_text("LSTM, 512 hidden units")
    note.get_by_role("button", name="Start from nothing").click()
    expect(chosen).to_have_text("Nothing")
    expect(model).not_to_contain_text("LSTM, 512 hidden units")
    page.get_by_role("radio", name="Textbook").check()
    expect(note).to_be_hidden()
    page.get_by_role("radio", name="Coffee").check()
    expect(chosen).to_have_text("Nothing")  # a choice holds
    note.get_by_role("button", name="Start from it").click()
    expect(chosen).to_have_text("English prose · automatic")
    expect(model).to_contain_text("LSTM, 512 hidden units")
    page.get_by_role("button", name="Train on The Tide Clock").click()
    wait_for_state(page, "running")
    wait_for_figure(page)
    ring = page.locator(".run-chart circle.start")
    expect(ring).to_have_count(1)
    left = page.evaluate(
        "Math.min(...[...document.querySelectorAll('.run-chart circle')]"
        ".map((one) => Number(one.getAttribute('cx'))).filter((x) => x))"
    )
    assert float(ring.get_attribute("cx")) == left, "at step 0"
    field.select_option("")
    page.evaluate(  # on a fast machine it may have ended by itself
        "[...document.querySelectorAll('button')]"
        ".find((one) => one.textContent.trim() === 'Stop and keep')?.click()"
    )
    page.wait_for_function(
        "['stopped', 'finished'].includes(document.querySelector('.run')?.dataset.state)"
    )
