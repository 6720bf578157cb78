"""Checkpoints dropped onto the Models tab, by the browser's own drag and drop."""

import re

import models_page
import pytest
from models_page import chosen, expect, field, open_model, problem, remembered
from test_page_open_model import zipped

pytest_plugins = ["page"]
app = models_page.app
made = models_page.made
open_tab = models_page.open_tab
root = models_page.root
shared_pages = models_page.shared_pages


@pytest.fixture
def drag():
    """`drag(page, *paths)` brings files above the field, or `onto` something else; the answer, when
    called, lets them go there."""

    def bring(page, *paths, onto=".open-model"):
        devtools = page.context.new_cdp_session(page)
        box = page.locator(onto).bounding_box()
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 12, "data": data}

        def send(kind):
            devtools.send("Input.dispatchDragEvent", {"type": kind, **at})

        for kind in ("dragEnter", "dragOver"):
            send(kind)
        return lambda kind="drop": send(kind)

    return bring


@pytest.mark.parametrize("kind", ["safetensors", "zip"])
def test_a_dropped_file_is_opened(open_tab, drag, made, tmp_path, kind):
    file = made / "model.safetensors"
    if kind == "zip":
        file = tmp_path / "mine.ZIP"
        file.write_bytes(zipped(made))
    page = open_tab()
    drop = drag(page, file)
    expect(page.locator(".open-model-drop")).to_have_text("Drop the file to open it.")
    expect(page.locator(".open-model-hint")).to_be_hidden()
    drop()
    chosen(page, "Made elsewhere")
    assert re.fullmatch("upload-[0-9a-f]{32}", *remembered(page))


def test_a_file_dragged_away_again_changes_nothing(open_tab, drag, made):
    page = open_tab()
    hint, shown = page.locator(".open-model-hint"), page.locator(".open-model-drop")
    drag(page, made / "model.safetensors")
    expect(shown).not_to_be_empty()
    drag(page, made / "model.safetensors", onto=".models")
    expect(shown).to_be_empty()
    drag(page, made / "model.safetensors")
    expect(hint).to_be_hidden()
    page.locator(".open-model").dispatch_event("dragleave")  # as where it leaves the window
    expect(shown).to_be_empty()
    expect(hint).to_be_visible()
    expect(problem(page)).to_be_empty()


@pytest.mark.parametrize(
    ("locale", "names", "said"),
    [
        ("en-US", ["a.zip", "b.zip"], "These are 2 files, but only one can be opened at a time"),
        ("en-US", ["<b>.txt"], "<b>.txt is not a checkpoint: choose a .safetensors"),
        ("en-US", ["folder"], "folder is not a checkpoint"),
        ("en-US", ["damaged.zip"], "There is no model in damaged.zip"),
        ("zh-CN", ["a.zip", "b.zip", "c.zip"], "这里有 3 个"),
        ("zh-CN", ["notes.txt"], "notes.txt 不是检查点"),
    ],
)
def test_a_file_that_cannot_be_opened_gets_a_message(open_tab, drag, tmp_path, locale, names, said):
    for name in names:
        if name == "folder":
            (tmp_path / name).mkdir()
        else:
            (tmp_path / name).write_bytes(b"PK\x03\x04 nothing")
    page = open_tab(locale=locale)
    drag(page, *(tmp_path / name for name in names))()
    if names == ["damaged.zip"]:
        said = re.compile("damaged.zip is a damaged zip archive|There is no model in damaged.zip")
    expect(problem(page)).to_contain_text(said)
    assert remembered(page) == []
    assert page.url.startswith("http")


def test_a_file_that_is_too_large_is_not_uploaded(open_tab, drag, tmp_path):
    page = open_tab()
    for name, most in (("large.zip", 86), ("large.safetensors", 64)):
        with (tmp_path / name).open("wb") as file:
            file.truncate((90 << 20) + 100_000)
        drag(page, tmp_path / name)()
        said = f"{name} has 90.1 MB, and the limit here is {most} MB."
        expect(problem(page)).to_have_text(said)


def test_a_file_dropped_beside_the_field_is_ignored_and_the_page_stays(open_tab, drag, made, app):
    page = open_tab()
    for onto in (".models", ".page-header"):
        drop = drag(page, made / "model.safetensors", onto=onto)
        expect(page.locator(".open-model-drop")).to_be_empty()
        drop()
    assert page.url == f"{app}/?tab=models"
    expect(field(page)).to_be_visible()
    assert remembered(page) == []


def test_only_one_model_is_opened_at_a_time(open_tab, hub, drag, made):
    hub.faults.silent = True
    page = open_tab()
    open_model(page, "ada/slow")
    expect(page.locator(".open-model-busy p")).to_contain_text("ada/slow")
    drop = drag(page, made / "model.safetensors")
    expect(page.locator(".open-model-drop")).to_be_empty()
    drop()
    expect(page.locator(".open-model-busy p")).to_contain_text("ada/slow")
    page.keyboard.press("Escape")
    expect(page.locator(".open-model-busy")).to_be_hidden()
    assert remembered(page) == []
