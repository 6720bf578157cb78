"""A stranger's model that says nothing of itself, opened, shown, used, sent on and downloaded."""

import json
import re
import zipfile

import models_page
import pytest
from conftest import small_model
from models_page import LETTERS, chosen, expect, field, open_model, own_cards, press, show
from push_page import log_in, pushed
from test_minimal_checkpoint import with_a_log

import charrnn
from charrnn.checkpoint import WEIGHTS, Checkpoint, save

pytest_plugins = ["page"]
app = models_page.app
root = models_page.root
tab = models_page.tab


@pytest.fixture
def bare(tmp_path):
    """The directory of a model that is nothing but its weights, and a log of odd figures."""
    network = small_model(vocabulary_size=len(LETTERS), hidden_size=16)
    directory = save(Checkpoint(network, LETTERS), tmp_path / "bare")
    (directory / "config.json").unlink()
    return directory


def written(page):
    page.get_by_role("button", name=re.compile("^Generate$|^生成$")).click()
    expect(page.locator("#generate-page")).to_contain_text(re.compile("[a-z]{2}"))


def test_a_model_with_only_weights_generates_is_pushed_and_downloaded(tab, hub, bare, tmp_path):
    log_in(hub)
    page = tab()
    page.locator(".open-model-pick input").set_input_files(bare / WEIGHTS)
    chosen(page, "^your file [0-9a-f]{4}… · LSTM 16$")
    written(page)
    show(page)
    card = own_cards(page)
    expect(card.locator("h3")).to_have_text("From a file")
    expect(card.locator(".model-line")).to_have_text(["LSTM 16"])
    expect(card.locator(".model-figure")).to_have_text("–")
    with page.expect_download() as download:
        press(card, "Download")
    assert download.value.suggested_filename == "model.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(tmp_path / "again")
    assert charrnn.load(tmp_path / "again").name == "unnamed"
    press(card, "Push…")
    expect(page.get_by_label("Name on the Hub")).to_have_value("ada/char-rnn")
    expect(page.locator(".push-go")).to_have_attribute("aria-disabled", "false")
    page.locator(".push-go").click()
    pushed(page)
    assert hub.repos["ada/char-rnn"].files.keys() == {WEIGHTS, "config.json", "README.md"}


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_hub_model_without_a_title_is_named_by_its_repository(tab, hub, bare, locale):
    with_a_log(bare)
    odd = {"library_name": "charrnn", "downloads": "many", "model-index": [7]}
    readme = f"---\n{json.dumps(odd)}\n---\n".encode()
    found = {path.name: path.read_bytes() for path in bare.iterdir()}
    hub.add("eve/bare", found | {"README.md": readme})
    page = tab(locale=locale)
    expect(field(page)).to_be_visible()
    open_model(page, "eve/bare")
    chosen(page, "^eve/bare · LSTM 16$")
    written(page)
    show(page)
    card = own_cards(page)
    expect(card.locator("h3")).to_have_text("bare")
    expect(card.locator(".model-line")).to_have_text(["LSTM 16", "eve/bare"])
    expect(card.locator(".model-figure")).to_have_text("–")
    expect(card.locator(".model-spark svg")).to_have_count(1)
