"""The dialog that pushes, where the Hub asks to wait, and where the line breaks at the commit."""

import re

import push_page
import pytest
from push_page import button, expect, listed, log_in, name, open_dialog, press, problem, pushed
from test_hub_broken import at_the_commit, limited

pytest_plugins = ["page"]
app = push_page.app
open_page = push_page.open_page
root = push_page.root
shared_pages = push_page.shared_pages


def progress(page):
    return page.locator(".push-progress")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_rate_limit_is_shown_and_stop_ends_the_push(open_page, hub, locale):
    log_in(hub)
    limited(hub, 150)
    page = open_page(locale=locale)
    open_dialog(page)
    listed(page)
    page.locator(".push-go").click()
    said = (
        "too many requests; this continues by itself in about"
        if locale == "en-US"
        else "秒后会自动继续"
    )
    expect(progress(page)).to_contain_text(said)
    expect(progress(page)).to_contain_text(re.compile(r"1[0-5]\d"))
    page.locator(".push-cancel").click()
    stopped = (
        "Stopped: the model was not uploaded. " if locale == "en-US" else "已停止：模型没有上传。"
    )
    expect(problem(page, "push")).to_contain_text(stopped)
    expect(page.locator(".push-look")).to_be_hidden()
    assert hub.repos["ada/letters"].files == {}


def test_a_push_continues_after_a_rate_limit(open_page, hub):
    log_in(hub)
    limited(hub, 2)
    page = open_page()
    open_dialog(page)
    press(page)
    expect(progress(page)).to_contain_text("too many requests")
    hub.faults.status = None
    pushed(page)
    assert len(hub.repos["ada/letters"].commits) == 2


SIX_SECONDS_LATER = """() => {
  const now = Date.now;
  Date.now = () => now() + 6000;
  window.resetClock = () => { Date.now = now; };
}"""


def test_a_slow_hub_is_reported(open_page, hub):
    log_in(hub)
    hub.faults.silent, hub.faults.on = True, "/preupload/"
    page = open_page()
    open_dialog(page)
    press(page)
    expect(progress(page)).to_contain_text("0.0 of 1")
    page.evaluate(SIX_SECONDS_LATER)
    expect(progress(page)).to_contain_text(re.compile("0.0 of 1.\\d MB · waiting for the Hub"))
    page.evaluate("window.resetClock()")
    hub.faults.silent = False
    pushed(page)


def test_an_unconfirmed_commit_is_looked_up_and_found(open_page, hub, monkeypatch):
    log_in(hub)
    broken = at_the_commit(hub, monkeypatch, lands=True)
    page = open_page()
    open_dialog(page)
    press(page)
    pushed(page)
    expect(page.locator(".push-made")).to_contain_text("A new private repository")
    assert broken and len(hub.repos["ada/letters"].commits) == 2


def test_a_commit_that_was_not_made_is_reported_and_can_be_pushed_again(
    open_page, hub, monkeypatch
):
    log_in(hub)
    at_the_commit(hub, monkeypatch, lands=False)
    page = open_page()
    open_dialog(page)
    press(page)
    expect(problem(page, "push")).to_contain_text("ada/letters is unchanged")
    press(page)
    pushed(page)
    assert len(hub.repos["ada/letters"].commits) == 2


@pytest.mark.parametrize(
    ("locale", "lands", "said", "look"),
    [
        (
            "en-US",
            True,
            "ada/letters may or may not hold the model",
            "Look at ada/letters on the Hub",
        ),
        ("zh-CN", False, "ada/letters 里可能已有这个模型，也可能没有", "在 Hub 上查看 ada/letters"),
    ],
)
def test_an_unknown_outcome_shows_a_link_and_a_second_push_is_harmless(
    open_page, hub, monkeypatch, locale, lands, said, look
):
    def away():
        hub.faults.status = 502

    log_in(hub)
    at_the_commit(hub, monkeypatch, lands=lands, then=away)
    page = open_page(locale=locale)
    open_dialog(page)
    listed(page)
    page.locator(".push-go").click()
    expect(problem(page, "push")).to_contain_text(said)
    link = page.get_by_role("link", name=look)
    assert link.get_attribute("href") == f"{hub.address}/ada/letters"
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener")
    expect(page.locator(".push-go")).to_be_focused()
    hub.faults.status = None
    page.locator(".push-go").click()
    pushed(page)
    expect(page.locator(".push-look")).to_be_hidden()
    repo = hub.repos["ada/letters"]
    assert len(repo.commits) == 2 and "model.safetensors" in repo.files


def test_a_push_stopped_during_the_commit_says_that_it_may_have_arrived(open_page, hub):
    log_in(hub)
    hub.faults.silent, hub.faults.on = True, "/commit/"
    page = open_page()
    open_dialog(page)
    press(page)
    expect(progress(page)).to_contain_text("All sent")
    button(page, "Stop the push").click()
    expect(problem(page, "push")).to_contain_text(
        "unless the Hub had all of it at that very moment"
    )
    expect(page.get_by_role("link", name="Look at ada/letters")).to_be_visible()
    name(page).fill("ada/other")
    expect(page.locator(".push-look")).to_be_hidden()
