"""Pushing from the page, in a real browser, to a Hub on loopback."""

import json
import re
import shutil
import threading
import urllib.request

import push_page
import pytest
from grids import in_stress
from hub_server import Faults
from page import wait_until_drawn
from push_page import (
    button,
    expect,
    license_field,
    listed,
    log_in,
    name,
    open_dialog,
    press,
    problem,
    pushed,
)

from charrnn.checkpoint.known_lines import LINE_HASHES, KnownLines
from charrnn.errors import UserError
from charrnn.hub import preview_push
from charrnn.ui import push_dialog

pytest_plugins = ["page"]
app = push_page.app
open_page = push_page.open_page
root = push_page.root
run = push_page.run
shared_pages = push_page.shared_pages

ALL = {
    *("model.safetensors", "config.json", "training_log.csv"),
    *("perplexity.png", "samples.json", "README.md"),
}


def tokens(hub, method="POST"):
    return {token for m, _, token in hub.asked if m == method}


def test_a_model_is_pushed_from_the_run_card_to_a_private_repository_in_one_commit(
    visit, hub, run, app, root
):
    token = log_in(hub)
    page = visit(f"?run={run}")
    expect(page.locator(".run")).to_have_attribute("data-run", run)
    page.get_by_role("button", name="Push…").click()
    expect(page.get_by_role("dialog")).to_contain_text("As ada")
    expect(name(page)).to_have_value("ada/pasted-text")
    expect(page.get_by_label("Private")).to_be_checked()
    shown = listed(page)
    expect(page.get_by_role("dialog")).to_contain_text("a model can recite from it")
    sizes = page.locator(".push-files li span:last-child").all_inner_texts()
    exact = preview_push(root / "runs" / run / "checkpoint", "ada/pasted-text")
    assert shown == [file.name for file in exact] and set(shown) == ALL
    assert sizes == [
        f"{file.size}\xa0B" if file.size < 1000 else f"{(file.size + 500) // 1000}\xa0kB"
        for file in exact
    ]
    press(page)
    pushed(page)
    repo = hub.repos["ada/pasted-text"]
    assert repo.private and len(repo.commits) == 2 and repo.files.keys() == ALL
    assert {n: len(data) for n, data in repo.files.items()} == {f.name: f.size for f in exact}
    assert b"what the model was trained on" not in b"".join(repo.files.values())
    assert tokens(hub) == {f"Bearer {token}"}
    expect(page.get_by_role("dialog")).to_contain_text("A new private repository")
    link = page.locator(".push-link")
    expect(link).to_be_focused()
    assert link.get_attribute("href") == f"{hub.address}/ada/pasted-text"
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener")
    share = f"{app}/?model=ada/pasted-text"
    expect(page.get_by_label("A link that opens")).to_have_value(share)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button(page, "Copy").click()
    expect(button(page, "Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == share
    button(page, "Close").click()
    expect(page.locator("#train-push")).to_be_focused()
    assert token not in page.content()


def test_pushing_again_updates_the_same_repository_and_keeps_its_owners_card(open_page, hub, root):
    names = shutil.copytree(root / "shelf" / "letters", root / "shelf" / "names")
    (names / LINE_HASHES).write_bytes(KnownLines.of(["ann", "bob"]).serialize())
    log_in(hub)
    page = open_page()
    open_dialog(page, "names", "Names")
    hashes = page.get_by_label("With hashes of its lines")
    name(page).fill("ada/mine")
    license_field(page).fill("mit")
    page.get_by_label("Private").uncheck()
    listed(page)
    expect(hashes).not_to_be_checked()
    expect(page.locator(".push-hashes")).to_contain_text("can be guessed from hashes")
    press(page)
    pushed(page)
    expect(page.locator(".push-made")).to_have_text("A new repository holds the model:")
    repo = hub.repos["ada/mine"]
    assert not repo.private and b"license: mit" in repo.files["README.md"]
    assert LINE_HASHES not in repo.files
    repo.commit(repo.files | {"README.md": b"# Mine alone", "config.json": b"{}"})
    page.reload()
    wait_until_drawn(page)
    open_dialog(page, "names", "Names")
    expect(name(page)).to_have_value("ada/mine")
    expect(license_field(page)).to_have_value("mit")
    expect(page.get_by_label("Private")).not_to_be_checked()
    hashes.check()
    expect(page.locator(".push-files li").filter(has_text=LINE_HASHES)).to_be_visible()
    press(page)
    pushed(page)
    expect(page.locator(".push-made")).to_have_text("The existing repository has been updated:")
    expect(page.locator(".push-kept")).to_contain_text("was left as it was")
    assert repo.files["README.md"] == b"# Mine alone" and repo.files["config.json"] != b"{}"
    assert LINE_HASHES in repo.files


def test_a_selection_in_the_name_survives_the_arrival_of_the_account(open_page, hub):
    log_in(hub)
    page = open_page()
    push_page.wait_for_script(page)
    page.evaluate(
        f"""(detail) => {{
        ({push_page.OPEN})(detail);
        document.querySelector("#push-name").select(); // before any answer can have come
    }}""",
        {"key": "letters", "title": "Letters"},
    )
    expect(name(page)).to_have_value("ada/letters")
    page.keyboard.insert_text("ada/mine")
    expect(name(page)).to_have_value("ada/mine")
    listed(page)


def test_an_error_is_shown_beside_its_field_and_the_form_stays(open_page, hub):
    log_in(hub)
    hub.add("ada/public", {"a": b"b"})
    page = open_page()
    open_dialog(page)
    expect(name(page)).to_have_value("ada/letters")
    for repo, terms, place, said in (
        ("letters", "mit", "name", "write it as owner/name"),
        ("bob/letters", "mit", "name", "You may not write to bob/letters"),
        ("ada/public", "mit", "name", "public: make it private"),
        ("ada/letters", "My Own", "license", "not the name of a license"),
    ):
        name(page).fill(repo)
        license_field(page).fill(terms)
        expect(button(page, "Push")).to_have_attribute("aria-disabled", "false")
        button(page, "Push").click()
        expect(problem(page, place)).to_contain_text(said)
        expect(name(page) if place == "name" else license_field(page)).to_be_focused()
        expect(name(page)).to_have_value(repo)
        expect(license_field(page)).to_have_value(terms)
        assert hub.repos.keys() == {"ada/public"} and len(hub.repos["ada/public"].commits) == 2
        name(page).fill("ada/other")
        license_field(page).fill("mit")
        expect(problem(page, place)).to_be_hidden()
    press(page)
    pushed(page)
    assert hub.repos["ada/other"].files.keys() == ALL


def test_a_failed_push_shows_the_error_and_can_be_retried(open_page, hub):
    log_in(hub)
    page = open_page()
    open_dialog(page)
    listed(page)
    for faults, said in (
        (Faults(429, on="/api/models/", headers={"Retry-After": "55"}), "in 55 seconds"),
        (Faults(503, on="/api/models/"), "internal error (503)"),
        (Faults(412, on="/commit/"), "Somebody else changed"),
        (Faults(body=b"{}", on="/commit/"), "unexpected response"),
    ):
        hub.faults = faults
        button(page, "Push").click()
        expect(page.locator(".push .problem:visible")).to_contain_text(said)
        assert not hub.repos["ada/letters"].files if "ada/letters" in hub.repos else True
    hub.faults = Faults()
    press(page)
    pushed(page)
    assert hub.repos["ada/letters"].files.keys() == ALL


def test_an_interrupted_upload_is_resumed(open_page, hub):
    log_in(hub)
    hub.faults.hangs_up, hub.faults.on = 1, "/large/"
    page = open_page()
    open_dialog(page)
    press(page)
    pushed(page)
    assert hub.faults.hangs_up == 0 and len(hub.paths("PUT")) == 2
    assert hub.repos["ada/letters"].files.keys() == ALL


def test_a_slow_push_shows_progress_and_ends_only_when_stopped(open_page, hub):
    log_in(hub)
    hub.faults.silent, hub.faults.on = True, "/large/"
    page = open_page()
    open_dialog(page)
    press(page)
    progress = page.locator(".push-progress")
    expect(progress).to_contain_text(re.compile(r"[01]\.\d of 1\.\d MB"))
    expect(button(page, "Stop the push")).to_be_focused()
    expect(name(page)).to_be_disabled()
    for _ in range(3):  # a browser would close it at the second
        page.keyboard.press("Escape")
    expect(problem(page, "push")).to_contain_text("still running")
    expect(progress).to_be_visible()
    button(page, "Stop the push").click()
    expect(problem(page, "push")).to_contain_text("Stopped: the model was not uploaded")
    expect(button(page, "Push")).to_be_focused()
    expect(name(page)).to_have_value("ada/letters")
    assert hub.repos["ada/letters"].files == {}
    hub.faults.silent = False
    press(page)
    pushed(page)
    assert hub.repos["ada/letters"].files.keys() == ALL


def test_closing_the_page_cancels_its_push(visit, hub, monkeypatch):
    ended = threading.Event()

    def push(*given, real=push_dialog.hub.push, **options):
        try:
            return real(*given, **options)
        finally:
            ended.set()

    monkeypatch.setattr(push_dialog.hub, "push", push)
    log_in(hub)
    hub.faults.silent, hub.faults.on = True, "/large/"
    page = visit()
    open_dialog(page)
    press(page)
    expect(page.locator(".push-progress")).to_contain_text(" of ")
    page.close()
    assert ended.wait(90)
    assert hub.repos["ada/letters"].files == {}


def test_on_a_laptop_without_a_token_the_user_logs_in_and_checks_again(open_page, hub):
    page = open_page()
    open_dialog(page)
    expect(page.locator(".push-command")).to_have_text("hf auth login")
    expect(button(page, "Push")).to_have_attribute("aria-disabled", "true")
    name(page).fill("mine")
    license_field(page).fill("mit")
    name(page).press("Enter")
    assert not hub.asked
    log_in(hub)
    button(page, "Check again").click()
    expect(name(page)).to_have_value("ada/mine")
    expect(license_field(page)).to_have_value("mit")
    press(page)
    pushed(page)
    assert hub.repos["ada/mine"].private


def test_the_dialog_works_by_keyboard_and_keeps_a_draft(open_page, hub):
    log_in(hub)
    page = open_page()
    page.locator("#train-push").focus()
    page.keyboard.press("Enter")
    expect(name(page)).to_be_focused()
    expect(name(page)).to_have_value("ada/the-tide-clock")
    name(page).fill("ada/typed")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#train-push")).to_be_focused()
    page.keyboard.press("Enter")
    expect(name(page)).to_have_value("ada/typed")
    listed(page)
    page.keyboard.press("Enter")
    pushed(page)
    assert set(hub.repos) == {"ada/typed"}


def test_an_account_that_the_hub_names_late_is_shown_and_an_emptied_name_stays_empty(
    open_page, hub, monkeypatch
):
    tries, emptied = [], threading.Event()

    def account(token, real=push_dialog.account):
        tries.append(token)
        if len(tries) == 1:
            raise UserError("The Hub did not answer in time.")
        assert emptied.wait(90)
        return real(token)

    monkeypatch.setattr(push_dialog, "account", account)
    log_in(hub)
    page = open_page()
    open_dialog(page)
    expect(page.locator(".push-account")).to_contain_text("As the account that is logged in")
    name(page).fill("")
    emptied.set()
    expect(page.locator(".push-account")).to_contain_text("As ada, the account")
    expect(name(page)).to_have_value("")
    assert len(tries) == 2


def ask(app, function, given=None, **headers):
    """A server function of the dialog, asked as the page asks it."""
    config = json.load(urllib.request.urlopen(f"{app}/config"))
    (dialog,) = (c["id"] for c in config["components"] if c["props"].get("elem_id") == "push")
    body = {"session_hash": "s", "component_id": dialog, "fn_name": function, "data": given}
    headers = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(
        f"{app}/gradio_api/component_server/", json.dumps(body).encode(), headers
    )
    return json.load(urllib.request.urlopen(request))


def push_as(app, **headers):
    """What the page is told of a push that comes with these headers."""
    config = json.load(urllib.request.urlopen(f"{app}/config"))
    targets = {d["id"]: [name for _, name in d["targets"]] for d in config["dependencies"]}
    (index,) = (one for one, names in targets.items() if "push" in names)
    said = {"push_id": "w", "key": "letters", "repo": "ada/theirs", "license": "", "private": True}
    body = {"data": [], "event_data": said, "fn_index": index, "session_hash": "stranger"}
    headers = {"Content-Type": "application/json"} | headers
    join = urllib.request.Request(
        f"{app}/gradio_api/queue/join", json.dumps(body).encode(), headers
    )
    urllib.request.urlopen(join).close()
    with urllib.request.urlopen(f"{app}/gradio_api/queue/data?session_hash=stranger") as stream:
        for line in stream:
            if b"process_completed" in line:
                return line.decode()
    return None


@pytest.mark.parametrize(
    "headers",
    [
        {},  # a program
        {"Host": "charrnn.example", "Origin": "http://charrnn.example"},
        {"X-Forwarded-For": "203.0.113.9", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_only_the_page_in_its_own_browser_has_the_token_of_the_laptop(app, hub, headers):
    token = log_in(hub)
    assert ask(app, "account_status", Origin=app)["signedIn"] is True
    hub.asked.clear()
    assert ask(app, "account_status", **headers) == {
        "signInMethod": "none",
        "signedIn": False,
        "account": None,
    }
    told = push_as(app, **headers)
    assert "cannot push in your name" in told and token not in told
    assert not hub.asked and not hub.repos


def test_a_user_who_cannot_sign_in_is_told_how_to_push(open_page, hub):
    log_in(hub)
    page = open_page()
    page.context.set_extra_http_headers({"X-Forwarded-For": "203.0.113.9"})
    open_dialog(page)
    expect(page.locator(".push-command")).to_contain_text("python -m charrnn push")
    expect(button(page, "Push")).to_be_hidden()
    expect(name(page)).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert not hub.asked


@pytest.mark.parametrize("locale", ["en-US", *in_stress("zh-CN")])
def test_the_dialog_fits_a_phone(open_page, hub, locale):
    log_in(hub)
    page = open_page(width=390, height=700, locale=locale)
    open_dialog(page)
    listed(page)
    dialog = page.get_by_role("dialog")
    for box in (dialog, page.locator(".push-go"), page.locator(".push-cancel")):
        at = box.bounding_box()
        assert at["x"] >= 0 and at["x"] + at["width"] <= 390 and at["y"] + at["height"] <= 700
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    body = "document.querySelector('.push-body')"
    page.wait_for_function(f"{body}.scrollWidth <= {body}.clientWidth")
    if locale == "zh-CN":
        expect(dialog).to_contain_text("训练文本不会上传")
        name(page).fill("张/三")
        page.locator(".push-go").click()
        expect(problem(page, "name")).to_contain_text("不是 Hub 上的模型名")
