"""What a page shows first: the run that it is about, and nothing of another model's before that."""

import json
import re

import push_page
import pytest
from push_page import expect

from charrnn.ui.run_card.feed import RunFeed

pytest_plugins = ["page"]
app = push_page.app
root = push_page.root
run = push_page.run

# Every model that the card has had, and every moment at which Push could have been pressed.
WATCH = """() => {
  window.models = [];
  new MutationObserver(() => {
    const card = document.querySelector(".run");
    const push = document.querySelector("#train-push");
    const seen = `${card?.dataset.model ?? ""} ${push && !push.disabled ? "on" : "off"}`;
    if (window.models.at(-1) !== seen) window.models.push(seen);
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


@pytest.fixture
def held(pages, app):
    """Opens the page while the server does not say yet what the card should show; `page.go()` lets
    it. Returns the page at that moment."""

    def open_it(address, *, locale="en-US", runs=()):
        page, waiting = pages.new(locale=locale), []

        def hold(route):
            waiting.append(route) if waiting is not None else route.continue_()

        def go():
            nonlocal waiting
            routes, waiting = waiting, None
            for route in routes:
                route.continue_()

        if runs:
            remembered = json.dumps(json.dumps(runs))
            page.add_init_script(f"localStorage.setItem('charrnn:runs', {remembered})")
        page.add_init_script(f"({WATCH})()")
        page.route(re.compile("/queue/join"), hold)
        page.goto(app + address, wait_until="commit")
        page.wait_for_selector('.run[data-state="finding"]')
        page.wait_for_function("document.querySelector('#train-push')")
        page.go = go
        return page

    return open_it


def push(page):
    return page.locator("#train-push")


def test_an_address_of_a_run_shows_nothing_of_another_one_first(held, run):
    page = held(f"?run={run}")
    for name in ("#train-push", "#train-generate"):
        expect(page.locator(name)).to_be_disabled()
    card = page.locator(".run")
    expect(card).to_have_attribute("data-model", "")
    expect(page.locator(".run-status")).to_have_text("Loading…")
    expect(page.locator(".run-caption")).to_be_empty()
    expect(page.locator(".run-rows .line:not(:empty)")).to_have_count(0)
    page.evaluate("document.querySelector('#train-push').click()")
    page.go()
    expect(card).to_have_attribute("data-run", run)
    expect(push(page)).to_be_enabled()
    shown = page.evaluate("window.models")
    assert {seen for seen in shown if seen.split(" ")[0] != run} <= {" off"}
    push(page).click()
    expect(page.locator(".push-model")).to_contain_text("pasted text")


def test_the_run_of_this_browser_is_waited_for_as_well(held, run):
    page = held("", locale="zh-CN", runs=[run])
    expect(push(page)).to_be_disabled()
    expect(page.locator(".run-status")).to_have_text("正在载入……")
    page.go()
    expect(page.locator(".run")).to_have_attribute("data-model", "letters")
    expect(push(page)).to_be_enabled()


def test_a_server_that_does_not_say_what_to_show_is_told(held, run, monkeypatch):
    page = held(f"?run={run}")
    with monkeypatch.context() as patch:
        patch.setattr(RunFeed, "value", None)
        page.go()
        expect(page.locator(".run-note")).to_contain_text("Reload the page to ask again")
    expect(push(page)).to_be_disabled()
    page.reload()
    expect(page.locator(".run")).to_have_attribute("data-run", run)


def test_a_new_visitor_sees_an_earlier_run_and_each_tab_has_an_address_that_back_leads_to(visit):
    page = visit("?tab=no-such-tab")
    expect(page.locator(".run")).to_have_attribute("data-model", "letters")
    expect(push(page)).to_be_enabled()

    def shows(name, query):
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        expect(page).to_have_url(re.compile(rf"/{re.escape(query)}$"))

    shows("Train", "?tab=no-such-tab")
    page.get_by_role("tab", name="Generate").click()
    shows("Generate", "?tab=generate")
    page.get_by_role("tab", name="Inspect").click()
    shows("Inspect", "?tab=inspect")
    page.get_by_role("tab", name="Models").click()
    shows("Models", "?tab=models")
    expect(page.locator(".models-bundled .model-card").first).to_be_visible()
    page.go_back()
    shows("Inspect", "?tab=inspect")
    page.go_back()
    shows("Generate", "?tab=generate")
    page.reload()
    shows("Generate", "?tab=generate")
    page.go_back()
    shows("Train", "?tab=no-such-tab")
    page.get_by_role("button", name="Generate with it").click()
    shows("Generate", "?tab=generate")
    expect(page.locator("#generate-checkpoint input")).not_to_have_value("")
