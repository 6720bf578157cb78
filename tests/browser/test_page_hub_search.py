"""The models on the Hub, in a real browser: listed, searched, one's own, and none at all."""

import itertools
import re
from datetime import datetime, timedelta, timezone

import models_page
import pytest
from hub_answers import card
from hub_server import Faults
from models_page import bundled_cards, chosen, expect, files, listed, put, show

from charrnn.checkpoint.format import CARD

pytest_plugins = ["page"]
app = models_page.app
open_tab = models_page.open_tab
root = models_page.root
shared_pages = models_page.shared_pages

TODAY = datetime(2026, 1, 2, tzinfo=timezone.utc)


@pytest.fixture
def shelf(hub, tmp_path):
    """A Hub with three public models, one of them without a log, and a private one."""
    model = put(tmp_path / "model", "A model")
    songs = hub.add("ada/songs", files(model, "Songs at sea", 1.5), downloads=1234, likes=1)
    logs = hub.add("bob/logs", files(model, "Logs", 2.5), downloads=2, likes=30)
    bare = hub.add("eve/bare", {CARD: card('"<img src=x>\\u202e"', ".nan")})
    hub.add("ada/secret", files(model, "A secret", 4.5), private=True)
    for age, repo in enumerate((songs, logs, bare)):
        repo.updated = TODAY - timedelta(days=age)
    return hub


def order(page, *wanted):
    expect(listed(page)).to_have_count(len(wanted))
    page.wait_for_function(
        "wanted => JSON.stringify([...document.querySelectorAll('.hub-search-list .model-card')]"
        ".map((card) => card.dataset.key)) === wanted",
        arg="[" + ",".join(f'"{one}"' for one in wanted) + "]",
    )


def pill(page, name):
    page.get_by_role("radio", name=name, exact=True).check()


def search(page, text):
    page.get_by_role("searchbox").fill(text)


def of_models(hub):
    return [path for path in hub.paths() if path.startswith("/api/models")]


def test_the_hub_is_only_asked_once_the_tab_is_open(shelf, visit):
    page = visit()
    page.get_by_role("tab", name="Generate").click()
    expect(page.locator(".next-char-name").first).not_to_be_empty()
    assert of_models(shelf) == []
    show(page)
    order(page, "ada/songs", "bob/logs", "eve/bare")
    assert of_models(shelf) == ["/api/models"]


def test_cards_show_the_known_facts_and_the_curve(shelf, open_tab):
    page = open_tab()
    order(page, "ada/songs", "bob/logs", "eve/bare")
    songs, _, bare = (listed(page).nth(i) for i in range(3))
    expect(songs.locator("h3")).to_have_text("Songs at sea")
    expect(songs.locator(".model-figure")).to_have_text("1.50perplexity")
    expect(songs.locator(".model-facts")).to_have_text(
        re.compile("^1,234 downloads · 1 like · Jan [12], 2026$")
    )
    curve = songs.get_by_role("img")
    expect(curve).to_have_attribute("aria-label", re.compile("from 21.0 to 3.50"))
    points = [
        point.split(",") for point in curve.locator("polyline").get_attribute("points").split()
    ]
    assert len(points) == 6
    assert points[0][0] == "0.00" and points[-1][0] == "100.00"
    heights = [float(y) for _, y in points]
    assert heights == sorted(heights), "it falls"
    steps = [b - a for a, b in itertools.pairwise(heights)]
    assert steps[0] == pytest.approx(88 * 0.6931 / 1.7918, abs=0.1), "on a logarithmic scale"
    expect(bare.locator(".model-spark.bare")).to_have_count(1)
    expect(bare.locator(".model-figure")).to_have_text("–")


def test_titles_are_never_rendered_as_html(shelf, open_tab):
    page = open_tab()
    order(page, "ada/songs", "bob/logs", "eve/bare")
    expect(listed(page).nth(2).locator("h3")).to_have_text("<img src=x>\\u202e")
    assert page.locator("#hub-search img").count() == 0


def test_models_can_be_sorted_and_searched(shelf, open_tab):
    page = open_tab()
    pill(page, "Most liked")
    order(page, "bob/logs", "ada/songs", "eve/bare")
    pill(page, "Most downloaded")
    order(page, "ada/songs", "bob/logs", "eve/bare")
    search(page, "LOG")
    order(page, "bob/logs")
    search(page, "nothing of the kind")
    expect(page.locator("#hub-search .model-empty")).to_have_text(
        re.compile("Nothing on the Hub has “nothing of the kind” in its name")
    )
    search(page, "")
    order(page, "ada/songs", "bob/logs", "eve/bare")


def test_a_search_begins_after_typing(shelf, open_tab):
    page = open_tab()
    order(page, "ada/songs", "bob/logs", "eve/bare")
    before = len(of_models(shelf))
    page.get_by_role("searchbox").press_sequentially("songs", delay=20)
    order(page, "ada/songs")
    assert len(of_models(shelf)) - before < 5


def test_a_card_opens_its_model(shelf, open_tab):
    page = open_tab()
    listed(page).first.get_by_role("button", name="Open").click()
    chosen(page, "ada/songs")
    assert models_page.remembered(page) == ["ada/songs"]


def test_an_empty_list_invites_to_push(hub, open_tab):
    page = open_tab()
    expect(page.locator("#hub-search .model-empty")).to_contain_text("No models yet, be the first")


def test_a_failing_hub_is_reported_and_can_be_asked_again(shelf, open_tab):
    shelf.faults.status = 503
    page = open_tab()
    failed = page.locator("#hub-search .model-failed")
    again = failed.get_by_role("button", name="Try again")
    expect(failed).to_contain_text("The Hub has an internal error (503)")
    for faults, said in (
        (Faults(status=429), "Too many requests"),
        (Faults(body=b"<html>"), "unexpected response"),
    ):
        shelf.faults = faults
        again.click()
        expect(failed).to_contain_text(said)
        expect(failed).to_contain_text("All other models on this page work without the Hub.")
        expect(bundled_cards(page).first.get_by_role("button", name="Generate")).to_be_visible()
    shelf.faults = Faults()
    again.click()
    order(page, "ada/songs", "bob/logs", "eve/bare")
    expect(failed).to_be_hidden()


def test_a_signed_in_user_can_list_their_own_models(shelf, open_tab, monkeypatch):
    page = open_tab()
    order(page, "ada/songs", "bob/logs", "eve/bare")
    expect(page.get_by_role("radio", name="Yours")).to_be_hidden()
    monkeypatch.setenv("HF_TOKEN", shelf.token("ada"))
    page.get_by_role("searchbox").press("Enter")
    order(page, "ada/songs", "bob/logs", "eve/bare")
    pill(page, "Yours")
    order(page, "ada/secret", "ada/songs")
    secret = listed(page).first
    expect(secret.locator(".model-badge")).to_have_text("private")
    expect(secret.get_by_role("img")).to_have_count(1)
    pill(page, "Everyone’s")
    order(page, "ada/songs", "bob/logs", "eve/bare")
    public = [given for _, path, given in shelf.asked if path == "/api/models"]
    assert public.count(None) == 3, "what everybody may see is asked for as nobody"


def test_a_user_without_models_on_the_hub_is_told_how_to_push(shelf, open_tab, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", shelf.token("carol"))
    page = open_tab()
    order(page, "ada/songs", "bob/logs", "eve/bare")
    pill(page, "Yours")
    expect(page.locator("#hub-search .model-empty")).to_contain_text(
        "There are no charrnn models of yours"
    )
