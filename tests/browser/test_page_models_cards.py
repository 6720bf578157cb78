"""The cards of the Models tab, in a real browser: of runs, of opened models, and of a model that
says nothing of itself."""

import json
import re
import zipfile

import models_page
import pytest
from conftest import small_model
from grids import in_stress
from models_page import (
    LETTERS,
    bundled_cards,
    chosen,
    expect,
    files,
    listed,
    open_model,
    own_cards,
    press,
    problem,
    put,
    remembered,
    show,
)
from push_page import log_in, pushed
from test_minimal_checkpoint import with_a_log
from worker_runs import small

import charrnn
from charrnn.checkpoint import Checkpoint, save
from charrnn.checkpoint.format import WEIGHTS
from charrnn.runs.run import Run

pytest_plugins = ["page"]
app = models_page.app
made = models_page.made
no_hub = models_page.no_hub
open_tab = models_page.open_tab
open_tab_without_hub = models_page.open_tab_without_hub
root = models_page.root
shared_pages = models_page.shared_pages


def test_a_download_can_be_loaded_as_a_checkpoint(open_tab, root, tmp_path):
    page = open_tab()
    (root / "shelf" / "fox" / "corpus.txt").write_text("nobody's business")
    expect(bundled_cards(page).nth(1)).to_contain_text("Fox")
    with page.expect_download() as download:
        press(bundled_cards(page).nth(1), "Download")
    assert download.value.suggested_filename == "Fox.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(tmp_path / "fox")
    assert charrnn.load(tmp_path / "fox").name == "Fox"
    there = {path.name for path in (tmp_path / "fox").iterdir()}
    assert there == {"model.safetensors", "config.json", "README.md", "training_log.csv"}
    expect(bundled_cards(page).nth(1).get_by_role("button", name="Download")).to_have_text(
        "Download"
    )


def test_the_card_of_a_deleted_model_says_so(open_tab, root):
    page = open_tab()
    card = bundled_cards(page).first
    weights = root / "shelf" / "dog" / "model.safetensors"
    data = weights.read_bytes()
    weights.unlink()
    press(card, "Download")
    expect(card.locator(".model-problem")).to_contain_text("There is no model called 'dog'")
    weights.write_bytes(data)


def remember_runs(page, *runs):
    page.evaluate(
        """runs => {
          localStorage.setItem("charrnn:runs", JSON.stringify(runs));
          window.dispatchEvent(new CustomEvent("charrnn-runs-changed"));
        }""",
        [run.id for run in runs],
    )


def test_runs_have_cards_and_can_be_resumed(open_tab_without_hub, root):
    finished, cut, bare = (Run.create(root / "runs", small(epochs=3)) for _ in range(3))
    list(finished.train())
    minibatches = iter(range(1000))
    cut.should_abort = lambda: next(minibatches) > 5
    list(cut.train())
    page = open_tab_without_hub()
    remember_runs(page, bare, finished, cut)
    expect(own_cards(page)).to_have_count(2)
    done = page.locator(f'.models-own [data-key="{finished.id}"]')
    broken = page.locator(f'.models-own [data-key="{cut.id}"]')
    expect(done).to_contain_text("cats.txt")
    expect(done).to_contain_text(re.compile(r"3\sepochs"))
    expect(done).to_contain_text("Your run · Finished")
    expect(done.get_by_role("button", name="Keep training")).to_be_visible()
    done.locator('[data-term="perplexity"]').click()
    expect(done.locator(".term-card")).to_contain_text("equally likely characters each time")
    page.keyboard.press("Escape")
    expect(broken).to_contain_text("Interrupted")
    press(broken, "Resume")
    expect(page.locator(".run")).to_be_visible()
    expect(page.locator(".run")).to_have_attribute("data-run", cut.id)
    expect(page.locator(".run")).to_have_attribute("data-state", "finished", timeout=60_000)
    show(page)
    expect(broken).to_contain_text("Finished")
    expect(broken.get_by_role("button", name="Keep training")).to_be_visible()


def test_a_run_is_renamed_on_its_card_and_in_the_list_of_runs(open_tab_without_hub, root):
    run = Run.create(root / "runs", small(epochs=1))
    list(run.train())
    page = open_tab_without_hub()
    remember_runs(page, run)
    card, field = own_cards(page).first, page.get_by_label("Name of this run")
    press(card, "Rename: cats.txt")
    field.fill("My cats")
    field.press("Escape")
    expect(card.locator("h3")).to_have_text("cats.txt")
    press(card, "Rename: cats.txt")
    field.fill("My <b>cats</b>")
    field.press("Enter")
    expect(card.locator("h3")).to_have_text("My <b>cats</b>")
    expect(card).to_contain_text("cats.txt")
    page.get_by_role("tab", name="Train").click()
    page.locator(".recent-runs summary").click()
    row = page.locator(".recent-runs-list li")
    expect(row).to_contain_text("My <b>cats</b>")
    row.get_by_role("button", name="Rename").click()
    field.fill("")
    page.locator(".recent-runs summary").focus()  # leaving the field saves, too
    expect(row).to_contain_text("cats.txt")
    assert run.name == ""


ASKED = """row => {
  const words = document.createRange();
  words.selectNodeContents(row.querySelector(".recent-runs-delete"));
  const asked = words.getBoundingClientRect();
  const parts = row.querySelectorAll(".recent-runs-show span > span, .recent-runs-rename");
  return [...parts].filter((part) => {
    const box = part.getBoundingClientRect();
    const shown = getComputedStyle(part).visibility === "visible" && part.textContent;
    return shown && box.right > asked.left && box.bottom > asked.top && box.top < asked.bottom;
  }).map((part) => part.textContent);
}"""


@pytest.mark.parametrize("locale", ["en-US", *in_stress("zh-CN")])
def test_the_columns_of_the_list_are_aligned_and_the_delete_question_covers_nothing(
    open_tab_without_hub, root, locale
):
    done, going = (Run.create(root / "runs", small(epochs=1)) for _ in range(2))
    list(done.train())
    work = going.train()
    next(work)
    page = open_tab_without_hub(locale=locale)
    remember_runs(page, done, going)
    page.locator("#tab-train-button").click()
    page.locator(".recent-runs summary").click()
    rows = page.locator(".recent-runs-list li")
    expect(rows).to_have_count(2)
    ended = rows.filter(has=page.locator(".recent-runs-delete"))
    expect(ended).to_have_count(1)
    for width in (1148, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for column in (".recent-runs-figure", ".recent-runs-when", ".recent-runs-rename"):
            places = [box["x"] + box["width"] for box in boxes(rows.locator(column))]
            assert places[0] == pytest.approx(places[1], abs=1), column
        ended.locator(".recent-runs-delete").click()
        expect(ended.locator(".recent-runs-delete")).to_have_attribute("data-sure", "1")
        assert ended.evaluate(ASKED) == []
        page.keyboard.press("Escape")
    work.close()


def boxes(parts):
    """The boxes of elements, at one moment: a list is drawn again whenever a run tells more."""
    return parts.evaluate_all("parts => parts.map((part) => part.getBoundingClientRect().toJSON())")


def test_push_opens_the_dialog_with_key_and_title(open_tab, root):
    run = Run.create(root / "runs", small(epochs=1))
    list(run.train())
    page = open_tab()
    expect(bundled_cards(page).first.get_by_role("button", name="Push")).to_have_count(0)
    remember_runs(page, run)
    page.evaluate(
        "window.addEventListener('charrnn-push-model', (e) => { window.pushed = e.detail; })"
    )
    press(own_cards(page), "Push…")
    asked = {"key": run.id, "title": "cats.txt", "slug": "cats.txt"}
    assert page.evaluate("window.pushed") == asked
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_forget_can_be_undone_by_keyboard(open_tab, hub, made):
    hub.add("ada/one", files(made))
    hub.add("ada/two", files(made))
    page = open_tab()
    for name in ("ada/one", "ada/two"):
        open_model(page, name)
        chosen(page, name)
        show(page)
    expect(own_cards(page)).to_have_count(2)
    card = page.locator('.models-own [data-key="ada/one"]')
    card.get_by_role("button", name="Forget").focus()
    page.keyboard.press("Enter")
    expect(card).to_contain_text("Made elsewhere was removed from the list.")
    assert remembered(page) == ["ada/two"]
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Forget")).to_be_focused()
    assert remembered(page) == ["ada/two", "ada/one"]
    page.keyboard.press("Enter")
    expect(card).to_contain_text("Made elsewhere was removed from the list.")
    assert remembered(page) == ["ada/two"]


def test_a_model_evicted_from_the_cache_can_be_opened_again(open_tab, hub, made):
    hub.add("ada/again", files(made))
    page = open_tab()
    expect(listed(page)).to_have_count(1)
    asked = len(hub.asked)
    page.evaluate(
        """() => {
          localStorage.setItem("charrnn:opened", '["ada/again", "upload-0"]');
          window.dispatchEvent(new CustomEvent("charrnn-opened-changed"));
        }"""
    )
    expect(own_cards(page)).to_have_count(1)
    expect(own_cards(page)).to_contain_text("Opened from the Hub earlier")
    assert "/api/models/ada/again" not in hub.paths()[asked:]
    press(own_cards(page), "Generate")
    chosen(page, "ada/again")


def test_text_of_a_model_is_never_rendered_as_html(open_tab, hub, tmp_path):
    nasty = "<img src=x onerror=alert(1)>${1+1}{{2}}"
    hub.add("eve/nasty", files(put(tmp_path / "nasty", nasty)))
    page = open_tab()
    open_model(page, "eve/nasty")
    chosen(page, "eve/nasty")
    show(page)
    expect(own_cards(page).locator("h3")).to_have_text(nasty)
    assert page.locator("#models img, #open-model img").count() == 0


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_phone_never_scrolls_sideways(open_tab, hub, made, locale):
    hub.add("ada/" + "long-" * 15 + "name", files(made, "a title that goes on and on " * 4))
    page = open_tab(width=390, locale=locale)
    open_model(page, "ada/nothing-" + "x" * 78)
    said = {"en-US": "There is no model ada/nothing-x", "zh-CN": "Hub 上没有模型 ada/nothing-x"}
    expect(problem(page)).to_contain_text(said[locale])
    expect(page.locator(".hub-search-list .model-spark")).to_have_count(1)
    page.wait_for_function("document.documentElement.scrollWidth === 390")
    texts = page.locator("#open-model, #models, #hub-search").all_inner_texts()
    assert ("Came with charrnn" in texts[1]) == (locale == "en-US")


def test_local_models_work_without_a_network(hub, open_tab_without_hub):
    page = open_tab_without_hub(locale="zh-CN")
    expect(page.locator("#hub-search .model-failed")).to_contain_text(
        "连接不上 Hub：请检查这台机器的网络连接。本页的其他模型不受影响，可以照常使用。"
    )
    bundled_cards(page).nth(1).get_by_role("button", name="生成").click()
    chosen(page, "Fox")


@pytest.fixture
def bare(tmp_path):
    """The directory of a model that is nothing but its weights, and a log of odd figures."""
    network = small_model(vocabulary_size=len(LETTERS), hidden_size=16)
    directory = save(Checkpoint(network, LETTERS), tmp_path / "bare")
    (directory / "config.json").unlink()
    return directory


def written(page):
    page.locator('.generate [data-do="generate"]').click()
    expect(page.locator(".generate-status")).to_contain_text(re.compile("characters/s|字符/秒"))


def test_a_model_with_only_weights_generates_is_pushed_and_downloaded(
    open_tab, hub, bare, tmp_path
):
    log_in(hub)
    page = open_tab()
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


def test_a_hub_model_without_a_title_is_named_by_its_repository(open_tab, hub, bare):
    with_a_log(bare)
    odd = {"library_name": "charrnn", "downloads": "many", "model-index": [7]}
    readme = f"---\n{json.dumps(odd)}\n---\n".encode()
    found = {path.name: path.read_bytes() for path in bare.iterdir()}
    hub.add("eve/bare", found | {"README.md": readme})
    page = open_tab(locale="zh-CN")
    open_model(page, "eve/bare")
    chosen(page, "^eve/bare · LSTM 16$")
    written(page)
    show(page)
    card = own_cards(page)
    expect(card.locator("h3")).to_have_text("bare")
    expect(card.locator(".model-line")).to_have_text(["LSTM 16", "eve/bare"])
    expect(card.locator(".model-figure")).to_have_text("–")
    expect(card.locator(".model-spark svg")).to_have_count(1)
