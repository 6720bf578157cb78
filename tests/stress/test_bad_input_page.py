"""Texts, names and models of HTML and script, in a real browser: shown as text, never obeyed; and
what only a caller who writes JSON by hand can send."""

import json
import re

import httpx
import pytest
from bad_input import BIDI, HTML
from conftest import small_model
from launching import launched

from charrnn.checkpoint import Checkpoint, save
from charrnn.vocabulary import Vocabulary

expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect
pytest_plugins = ["page", "shared_pages"]

NAME = "<img src=x onerror=\"window.hit='name'\"><b>model</b>{{7*7}}"
FILE = "<img src=x onerror=alert(1)>.txt"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of an app whose one model has a name, a text and symbols of script."""
    root = tmp_path_factory.mktemp("app")
    vocabulary = Vocabulary.from_text(HTML + BIDI)
    about = {"name": NAME, "corpus": {"name": NAME}, "prefixes": ["<script>"], "recipe": NAME}
    model = small_model(vocabulary_size=len(vocabulary))
    save(Checkpoint(model, vocabulary, about), root / "shelf" / "odd")
    with launched(root) as url:
        yield url


@pytest.fixture
def watched(shared_page):
    """The page that the tests share; afterwards nothing that a text asked for may have happened."""
    page = shared_page()

    def fail(dialog):
        pytest.fail(f"a dialog: {dialog.message}")

    page.on("dialog", fail)
    page.get_by_role("tab", name="Train").click()
    yield page
    page.remove_listener("dialog", fail)
    assert page.evaluate("window.hit") is None, "a script of a text was run"
    made = "img[src='x'], [onerror], [onload], svg[onload]"
    assert page.locator(made).count() == 0, "a text made an element"
    inner = "[id^=train-] script, [id^=write-] script, .run script, .generate script"
    assert page.locator(inner).count() == 0
    assert page.locator(".run b b, .report-preview *").count() == 0
    assert "49" not in page.locator(".report-preview").inner_text(), "a template was filled in"
    assert "<" not in page.title() and "img" not in page.title(), "the title is the app's own"


def problem(page):
    return page.locator("#train-text-problem [role=alert]")


def own(page, text):
    """Choose a text of one's own, and paste it."""
    page.get_by_role("radio", name="Your own").check()
    page.get_by_label("Paste a text").fill(text)


def test_a_file_of_a_name_of_script_is_named_as_text_where_it_is_refused(watched, tmp_path):
    page = watched
    page.get_by_role("radio", name="Your own").check()
    (tmp_path / FILE).write_bytes(b"%PDF-1.7")
    page.locator("#train-files input").set_input_files(tmp_path / FILE)
    expect(problem(page)).to_contain_text("is a PDF, not a text: save its text as a .txt file")
    assert problem(page).locator("*").count() == 0


def test_what_turns_the_reading_direction_is_shown_by_its_code_among_the_rare_characters(watched):
    page = watched
    own(
        page,
        "The \u202etide\u2066 clock \u200b was right, and the tide was not. " * 1 + "tide " * 300,
    )
    rare = page.locator(".report-rare")
    for code in ("U+202E", "U+2066", "U+200B"):
        expect(rare).to_contain_text(code)
    assert not set(rare.inner_text()) & set("\u202e\u2066\u200b")


def test_a_model_of_a_name_and_symbols_of_script_writes_text(watched):
    page = watched
    page.get_by_role("tab", name="Generate").click()
    chosen = page.locator("#generate-checkpoint input")
    expect(chosen).to_have_value(re.compile(re.escape("<img src=x onerror=")))
    page.locator("#generate-checkpoint input").click()
    expect(page.get_by_role("option").first).to_contain_text("<b>model</b>{{7*7}}")
    page.keyboard.press("Escape")
    page.get_by_label("Prefix").fill(
        "<script>window.hit=1</script>\u202e<img src=x onerror=alert(1)>"
    )
    page.locator('.generate [data-do="generate"]').click()
    expect(page.locator(".generate-status")).to_contain_text("characters/s")
    text = page.locator(".generate-text")
    assert "<script>window.hit=1</script>" in text.evaluate("node => node.textContent")
    assert "\u202e" not in text.inner_text() and "U+202E" in text.inner_text()


def test_a_text_of_script_is_shown_as_text_from_the_preview_to_the_last_sample(watched):
    page = watched
    own(page, HTML)
    expect(page.locator(".report-preview")).to_contain_text("<script>window.hit=1;alert('tide')")
    expect(page.locator(".report-preview")).to_contain_text("{{7*7}} ${window.hit=1}")
    page.get_by_role("radio", name="Sprint").check()
    page.get_by_role("button", name=re.compile("^Train on")).click()
    page.wait_for_function(
        "document.querySelector('.run')?.dataset.state === 'running'", timeout=60_000
    )
    rows = page.locator(".run-rows li .line")
    expect(rows.first).to_contain_text("<", timeout=120_000)  # other tests may keep the cores busy
    expect(page.locator(".run-caption")).to_contain_text("pasted text")
    page.get_by_role("button", name="Stop and keep").click()
    page.wait_for_function(
        "document.querySelector('.run')?.dataset.state === 'stopped'", timeout=30_000
    )


# ---- JSON by hand ----------------------------------------------------------------------------


def call(url, endpoint, body):
    """What an endpoint answers to these bytes of JSON: the last event, and what it carries."""
    address = f"{url}/gradio_api/call/{endpoint}"
    headers = {"Content-Type": "application/json"}
    asked = httpx.post(address, content=body, headers=headers, timeout=60)
    if asked.status_code != 200:
        return str(asked.status_code), asked.text
    told = httpx.get(f"{address}/{asked.json()['event_id']}", timeout=60).text
    kind, data = re.findall(r"event: (\w+)\ndata: (.*)", told)[-1]
    return kind, json.loads(data)


@pytest.mark.parametrize(
    ("endpoint", "arguments", "said"),
    [
        ("train", r'null, "tide", "\ud800", null, null', "There is no recipe '\\ud800'."),
        ("train", r'null, "tide", "sprint", {"\ud83d": 1}, null', "There is no setting '\\ud83d'."),
        (
            "train",
            r'null, "tide", "sprint", {"cell": "\udc00"}, null',
            "cell = \\udc00: choose one of tanh",
        ),
        (
            "train",
            r'null, "tide", "sprint", {"layers": 1e99}, null',
            "layers = 1e+99: give a whole",
        ),
        (
            "train",
            r'null, "\ud800\ud800", "sprint", {"validation": 9}, null',
            "validation = 9: give",
        ),
        ("train", r'"\u202e", "", "sprint", null, null', "There is no text called '\\u202e'."),
        (
            "generate",
            r'"\ud800", "", 5, "sample", 1, null',
            "There is no model called '\\ud800'",
        ),
        ("generate", r'"odd", "a", 5, "\u202e", 1, null', "mode = '\\u202e': choose greedy"),
        ("generate", r'"odd", "a", 1e400, "sample", 1, null', "length"),
        (
            "generate",
            r'"odd", "a", true, "sample", 1, null',
            "length = True: give a whole number.",
        ),
        ("generate", r'"odd", "a", 5, "sample", "1", null', "alpha = '1': give a number."),
        ("generate", r'"odd", ["a"], 5, "sample", 1, null', "prefix = ['a']: give a text."),
        ("score", r'"odd", "\ud800"', "There is nothing to score"),
        ("score", r'{"a": 1}, "tide"', "checkpoint = {'a': 1}: give a text."),
        ("stop", r'"\ud800"', "There is no such run: it may have been removed. Train again."),
        ("stop", r'"../../etc"', "There is no such run: it may have been removed. Train again."),
    ],
)
def test_a_caller_who_writes_json_by_hand_is_answered_in_words(app, endpoint, arguments, said):
    kind, answer = call(app, endpoint, f'{{"data": [{arguments}]}}'.encode())
    assert kind == "error" and said in json.dumps(answer, ensure_ascii=False).replace("\\\\", "\\")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"data": 5}', b'{"data": ' + b"[" * 5000, b'{"data": ["\xff"]}']
)
def test_what_is_no_call_at_all_is_refused_and_the_app_goes_on(app, body):
    kind, _ = call(app, "stop", body)
    assert kind.startswith("4") or kind in ("error", "500")
    assert call(app, "stop", b'{"data": ["x"]}')[0] == "error", "and it still answers"
