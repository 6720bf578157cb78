"""The Models open_tab, in a real browser: models opened by name, from a link and from files."""

import io
import re
import threading
import time
import zipfile

import models_page
import pytest
from models_page import (
    chosen,
    expect,
    field,
    files,
    open_model,
    own_cards,
    press,
    problem,
    put,
    remembered,
    show,
)
from page import wait_until_drawn
from worker_runs import small

from charrnn.runs.run import Run
from charrnn.ui.models import open_model as open_model_module
from charrnn.ui.services import hub_models

pytest_plugins = ["page"]
app = models_page.app
made = models_page.made
open_tab = models_page.open_tab
root = models_page.root
shared_pages = models_page.shared_pages

SLOW = 0.2  # seconds between two pieces of a file


def test_a_model_is_opened_by_name_with_progress_and_gets_a_card(open_tab, hub, made):
    hub.add("ada/songs", files(made))
    hub.faults.pause = SLOW
    page = open_tab()
    open_model(page, "ada/songs")
    expect(page.locator(".open-model-busy p")).to_have_text(
        re.compile(r"ada/songs · \d\.\d+ of \d\.\d+ MB")
    )
    hub.faults.pause = 0
    chosen(page, "ada/songs")
    assert remembered(page) == ["ada/songs"]
    show(page)
    expect(field(page)).to_have_value("")
    for reloaded in (False, True):
        if reloaded:
            page.reload()
            wait_until_drawn(page)
            show(page)
        card = own_cards(page)
        expect(card).to_have_count(1)
        expect(card).to_contain_text("Made elsewhere")
        expect(card).to_contain_text("ada/songs")
        expect(card.locator(".model-figure")).to_have_text("3.25perplexityheld out")
    press(own_cards(page), "Generate")
    chosen(page, "ada/songs")


def test_a_model_is_opened_by_its_url(open_tab, hub, made):
    repo = hub.add("ada/songs", files(made))
    repo.tags["v1"] = repo.sha
    page = open_tab()
    open_model(page, "https://huggingface.co/ada/songs/tree/v1?x=1")
    chosen(page, "ada/songs@v1")
    assert remembered(page) == ["ada/songs@v1"]


def test_cancel_keeps_the_name_so_that_the_model_can_be_opened_again(open_tab, hub, made):
    hub.add("ada/slow", files(made))
    hub.faults.pause = SLOW
    page = open_tab()
    open_model(page, "ada/slow")
    expect(page.locator(".open-model-busy p")).to_contain_text(" of ")
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_focused()
    page.wait_for_function("document.querySelector('.open-model-busy progress').position > 0.2")
    cancel.click()
    expect(field(page)).to_have_value("ada/slow")
    expect(field(page)).to_be_focused()
    expect(page.locator(".open-model-busy")).to_be_hidden()
    expect(problem(page)).to_be_empty()
    assert remembered(page) == []
    hub.faults.pause = 0
    field(page).press("Enter")
    chosen(page, "ada/slow")


def test_escape_cancels_opening(open_tab, hub):
    page = open_tab()
    hub.faults.silent = True
    open_model(page, "ada/slow")
    expect(page.locator(".open-model-busy p")).to_have_text("Looking up ada/slow…")
    page.keyboard.press("Escape")
    expect(field(page)).to_be_focused()
    expect(page.locator(".open-model-busy")).to_be_hidden()


def test_a_request_cancelled_before_the_first_frame_is_cancelled_on_the_server(
    open_tab, monkeypatch
):
    ended = threading.Event()

    def opening(context, asked, request, told, cancelled):
        give_up = time.monotonic() + 60
        while not cancelled():
            assert time.monotonic() < give_up
            time.sleep(0.01)
        ended.set()

    monkeypatch.setattr(open_model_module, "_open", opening)
    page = open_tab()
    held = []
    page.route("**/queue/join**", lambda route: held.append(route), times=1)
    with page.expect_request("**/queue/join**"):
        open_model(page, "ada/slow")
    page.keyboard.press("Escape")
    expect(page.locator(".open-model-busy")).to_be_hidden()
    expect(field(page)).to_be_focused()
    (join,) = held
    join.continue_()
    assert ended.wait(60)


def gated(hub, name, made):
    hub.add(name, files(made), gated="manual")


def private(hub, name, made):
    hub.add(name, files(made), private=True)


def no_model(hub, name, made):
    hub.add(name, {"README.md": b"nothing"})


def damaged(hub, name, made):
    hub.add(name, files(made) | {"model.safetensors": b"\x08\0\0\0\0\0\0\0{}      "})


def in_trouble(hub, name, made):
    hub.faults.status = 503


def silent(hub, name, made):
    hub.faults.silent = True


def test_errors_are_shown_beside_the_field(open_tab, hub, made, monkeypatch):
    page = open_tab()
    for name, happens, said in (
        ("ada/none", None, "There is no model ada/none on the Hub"),
        ("ada/private", private, "or it is private and you may not see it"),
        ("ada/gated", gated, "ada/gated is gated: request access"),
        ("ada/empty", no_model, "is not a charrnn model"),
        ("ada/damaged", damaged, "This checkpoint cannot be opened"),
        ("ada/trouble", in_trouble, "The Hub has an internal error (503)"),
        ("ada/silent", silent, re.compile("is not responding|did not finish within")),
        ("../etc/passwd", None, "There is no model called '../etc/passwd'"),
        ("<b>x</b>", None, "There is no model called '<b>x</b>'"),
        ("", None, "Type the name of a model on the Hub first"),
    ):
        monkeypatch.setattr(hub_models, "OPEN_TIMEOUT_SECONDS", 1.0 if happens is silent else 120.0)
        if happens:
            happens(hub, name, made)
        open_model(page, name)
        expect(problem(page)).to_contain_text(said)
        expect(field(page)).to_have_value(name)
        expect(field(page)).to_have_attribute("aria-invalid", "true")
        assert remembered(page) == []
        field(page).fill("ada/other")
        expect(problem(page)).to_be_empty()
        hub.forget()


def test_a_link_opens_a_model_once(open_tab, hub, app, made):
    hub.add("ada/linked", files(made))
    page = open_tab()
    page.goto(f"{app}/?model=ada/linked&x=1")
    chosen(page, "ada/linked")
    assert page.url == f"{app}/?x=1&tab=generate"
    asked = len(hub.asked)
    page.reload()
    wait_until_drawn(page)
    page.get_by_role("tab", name="Generate").click()
    chosen(page, "ada/linked")
    page.get_by_role("tab", name="Models").click()
    expect(own_cards(page)).to_have_count(1)
    page.get_by_role("tab", name="Generate").click()
    page.get_by_role("tab", name="Models").click()
    expect(field(page)).to_have_value("")
    assert [path for path in hub.paths()[asked:] if path == "/api/models/ada/linked"] == []


def test_a_link_to_an_unknown_model_shows_an_error_and_leaves_the_url(open_tab, app):
    page = open_tab()
    page.goto(f"{app}/?model=ada/gone")
    expect(problem(page)).to_contain_text("There is no model ada/gone on the Hub")
    assert page.url == f"{app}/?tab=models"


def test_the_field_and_a_link_may_name_a_local_model(open_tab, app, root):
    page = open_tab()
    open_model(page, "dog")
    chosen(page, "Dog")
    run = Run.create(root / "runs", small(epochs=1))
    put(run.directory / "checkpoint", "Of a run")
    page.goto(f"{app}/?model={run.id}")
    chosen(page, r"Of a run · .* · 1\sepoch")
    assert remembered(page) == []


def zipped(directory, under=""):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path in directory.iterdir():
            archive.write(path, under + path.name)
    return data.getvalue()


@pytest.mark.parametrize("kind", ["safetensors", "zip"])
def test_a_file_is_opened_and_gets_a_card(open_tab, made, kind):
    page = open_tab()
    data = (made / "model.safetensors").read_bytes() if kind == "safetensors" else zipped(made)
    file = {"name": f"mine.{kind}", "mimeType": "application/octet-stream", "buffer": data}
    page.locator(".open-model-pick input").set_input_files(file)
    chosen(page, "Made elsewhere")
    (key,) = remembered(page)
    assert re.fullmatch("upload-[0-9a-f]{32}", key)
    show(page)
    expect(own_cards(page)).to_contain_text("From a file")
    expect(own_cards(page).locator(".model-spark svg")).to_have_count(1 if kind == "zip" else 0)


def test_a_file_that_is_not_a_model_gets_an_error(open_tab):
    page = open_tab()
    file = {"name": "a.safetensors", "mimeType": "text/plain", "buffer": b"hello"}
    page.locator(".open-model-pick input").set_input_files(file)
    expect(problem(page)).to_contain_text("This checkpoint cannot be opened")
    assert remembered(page) == []
