"""Signing in on a Space, and pushing there: Gradio's own routes, Chromium, and a Hub and a provider
of OpenID on loopback."""

import json
import re
import shutil
import urllib.error
import urllib.request

import gradio as gr
import hub_openid
import pytest
from elsewhere import REFUSED, REPO, SESSION, attack, components, elsewhere
from hub_server import serving
from page import LOCAL, forget, wait_until_drawn
from push_page import SHIPPED, button, expect, license_field, name, press, problem, pushed

from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.text import read_text
from charrnn.ui import launch_options
from charrnn.ui.server.sign_in import add_sign_in_routes

pytest_plugins = ["page"]

WITHIN = ("csp", "net::ERR_ABORTED")  # held back by the page's policy, or by leaving the page
NAMES = {
    "/train", "/follow", "/stop", "/generate", "/lines", "/score", "/inspect", "/find_units",
    "/novelty", "/models", "/recipes",
}  # fmt: skip


@pytest.fixture(scope="module")
def hub():
    with serving() as hub:
        yield hub


@pytest.fixture(scope="module")
def openid(hub):
    with hub_openid.provider(hub) as openid:
        yield openid


@pytest.fixture(scope="module")
def owner(hub):
    """The token of the Space itself, which is no visitor's."""
    return hub.token("owner")


def space(place, hub, owner, **told):
    """The app as a Space has it."""
    from page import Server

    server = Server(place)
    server._told |= {
        "SYSTEM": "spaces",
        "SPACE_ID": "owner/charrnn",
        "SPACE_HOST": server.url.removeprefix("http://"),
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(place / "hf"),
        "HF_TOKEN": owner,
        "CHARRNN_KEEP_HOURS": "none",
    } | told
    try:
        server.start()
    except BaseException:
        server.kill()
        raise
    return server


@pytest.fixture(scope="module")
def server(tmp_path_factory, hub, openid, owner):
    server = space(
        tmp_path_factory.mktemp("space"),
        hub,
        owner,
        OAUTH_CLIENT_ID=hub_openid.CLIENT,
        OAUTH_CLIENT_SECRET=hub_openid.SECRET,
        OAUTH_SCOPES="openid profile contribute-repos",
        OPENID_PROVIDER_URL=openid.address,
    )
    try:
        yield server
        assert sound(server.log) and "hf_" not in server.log
    finally:
        server.stop()


def sound(log):
    """Whether nothing broke but Gradio's reloader, which wants a package that Spaces bring."""
    return log.count("Traceback") == log.count("`spaces` package is required to run hot-reloading")


@pytest.fixture(scope="module")
def errors():
    """What the pages of the current test have complained of."""
    return []


@pytest.fixture(scope="module")
def load(app, errors):
    """Opens the app in a browser profile. What Gradio adds to the page of a Space would fetch its
    own from elsewhere: the page's policy does not let it."""

    def load_page(profile, address=""):
        page = profile.new_page()
        page.on("requestfailed", lambda r: r.failure in WITHIN or errors.append(f"asked {r.url}"))
        page.on("response", lambda r: r.url.startswith(LOCAL) or errors.append(f"read {r.url}"))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(app + address)
        wait_until_drawn(page)
        return page

    return load_page


@pytest.fixture(autouse=True)
def no_errors(errors):
    yield
    found, errors[:] = list(errors), []
    assert found == []


@pytest.fixture
def visit(app, load, profiles):
    """Opens the app as a new visitor."""
    used = []

    def open_page(address=""):
        used.append(profiles("en-US", len(used)))
        return load(used[-1], address)

    yield open_page
    for profile in used:
        forget(profile, app)


@pytest.fixture(scope="module")
def shared_page(app, load, profiles):
    profile = profiles("en-US", "shared")
    yield load(profile)
    forget(profile, app)


@pytest.fixture
def ada(shared_page, openid):
    """A page on which ada has signed in; tests share it for as long as she is."""
    expect(header(shared_page)).to_have_text(re.compile("Sign in|ada"))  # once it is known
    if header(shared_page).inner_text() == "Sign in":
        sign_in(shared_page, openid, "ada")
    yield shared_page
    if shared_page.get_by_role("dialog").is_visible():
        shared_page.locator(".push-cancel").click()


def sign_in(page, openid, user):
    openid.user = user
    header(page).get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Authorize").click()
    expect(header(page)).to_contain_text(user)


@pytest.fixture
def run(server):
    """The id of a run that has saved a model."""
    made = Run.create(server.runs, make_plan(read_text("a text of one's own\n" * 200)))
    shutil.copytree(SHIPPED, made.directory / "checkpoint")
    return made.id


def header(page):
    return page.locator(".page-header .account")


def told(page):
    """All that the server has answered by now, but for the cookies, which are its own."""
    answers = []
    for response in page.answers:
        cookie = response.header_value("set-cookie") or ""
        answers.append(json.dumps(response.all_headers()).replace(json.dumps(cookie)[1:-1], ""))
        if response.status == 200:
            answers.append(response.text())
    return "".join(answers)


def test_who_says_no_and_then_yes_comes_back_and_pushes_in_their_own_name(
    visit, hub, openid, owner, run
):
    openid.user = "ada"
    hub.asked.clear()
    page = visit(f"?run={run}")
    expect(page.locator(".run")).to_have_attribute("data-run", run)
    expect(header(page)).to_have_text("Sign in")
    page.get_by_role("button", name="Push…").click()
    expect(page.get_by_role("dialog")).to_contain_text("write to those that it created")
    expect(button(page, "Push")).to_have_attribute("aria-disabled", "true")
    name(page).fill("mine")
    license_field(page).fill("mit")

    button(page, "Sign in with Hugging Face").click()
    page.get_by_role("link", name="Deny").click()
    page.wait_for_url(re.compile(rf"/\?run={run}"))
    expect(problem(page, "account")).to_contain_text("You were not signed in")
    expect(button(page, "Push")).to_have_attribute("aria-disabled", "true")

    button(page, "Sign in with Hugging Face").click()
    page.get_by_role("link", name="Authorize").click()
    page.wait_for_url(re.compile(rf"/\?run={run}"))
    page.answers = []
    page.on("requestfinished", lambda request: page.answers.append(request.response()))
    expect(page.get_by_role("dialog")).to_contain_text("Signed in as ada")
    expect(page.locator(".run")).to_have_attribute("data-run", run)
    expect(header(page)).to_contain_text("ada")
    expect(name(page)).to_have_value("ada/mine")
    expect(license_field(page)).to_have_value("mit")
    press(page)
    pushed(page)
    repo = hub.repos["ada/mine"]
    assert repo.private and b"license: mit" in repo.files["README.md"]
    assert b"owner/charrnn" in repo.files["README.md"], "the Space where the model can be tried"
    token = openid.tokens[-1]
    assert set(openid.scopes) == {"openid profile contribute-repos"}
    assert {sent for _, _, sent in hub.asked} - {None} == {f"Bearer {token}"}
    assert token not in page.content() and token not in told(page)
    assert token not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert "hf_" not in page.evaluate("document.cookie")

    button(page, "Close").click()
    header(page).get_by_role("button", name="Sign out").click()
    expect(header(page)).to_have_text("Sign in")
    expect(page.locator(".run")).to_have_attribute("data-run", run)
    page.get_by_role("button", name="Push…").click()
    expect(name(page)).to_have_value("ada/mine")
    expect(button(page, "Push")).to_have_attribute("aria-disabled", "true")


def test_two_users_push_each_in_their_own_name(ada, visit, hub, openid):
    bob = visit()
    sign_in(bob, openid, "bob")
    hub.asked.clear()
    for page, user in ((ada, "ada"), (bob, "bob")):
        page.get_by_role("button", name="Push…").click()
        expect(name(page)).to_have_value(f"{user}/the-tide-clock")
        press(page)
        pushed(page)
    commits = {path: sent for m, path, sent in hub.asked if m == "POST" and "/commit/" in path}
    whose = {path: hub.tokens[sent.removeprefix("Bearer ")][0] for path, sent in commits.items()}
    assert whose == {
        "/api/models/ada/the-tide-clock/commit/main": "ada",
        "/api/models/bob/the-tide-clock/commit/main": "bob",
    }


def test_another_site_s_page_is_nobody_and_cannot_sign_out(ada, app, hub):
    hub.add("ada/secret", {}, private=True)
    hub.asked.clear()
    with elsewhere("localhost") as address:
        other = ada.context.new_page()
        other.route("**/*.js", lambda route: route.abort())  # of the page that it leads to
        other.goto(address)
        parts = components(ada.evaluate("window.gradio_config"))
        answers = attack(other, app, parts, "tide-clock")
        who, listed, joined = answers[-3:]  # as nobody
        assert answers[:-3] == [REFUSED] * 9
        assert '"signedIn":false,"account":null' in who and '"signed_in":false' in listed
        assert joined.startswith('200 {"event_id"')
        for path in ("/logout", "/login/huggingface"):
            other.goto(address)
            with other.expect_navigation(url=app + "/"):
                other.evaluate("address => { location = address; }", app + path)
    with urllib.request.urlopen(f"{app}/gradio_api/queue/data?session_hash={SESSION}") as heard:
        ended = heard.read().decode()  # once the push has ended
    assert "You are no longer signed in" in ended and '"done"' not in ended
    assert REPO not in hub.repos and {token for _, _, token in hub.asked} == {None}
    other.close()
    ada.reload()
    expect(header(ada)).to_contain_text("ada")


def test_a_sign_in_that_ended_is_told_and_nothing_typed_is_lost(ada, hub):
    ada.get_by_role("button", name="Push…").click()
    expect(ada.locator(".push-account")).to_contain_text("ada")  # before that ends
    name(ada).fill("ada/late")
    ada.context.clear_cookies()
    press(ada)
    expect(problem(ada, "account")).to_contain_text("You are no longer signed in")
    expect(button(ada, "Sign in with Hugging Face")).to_be_visible()
    expect(name(ada)).to_have_value("ada/late")
    assert "ada/late" not in hub.repos


def test_signing_in_leads_nowhere_else(app):
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    for target in ("https://evil.example/x", "//evil.example/x", "/\\evil.example/x"):
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.build_opener(Stay).open(
                f"{app}/login/callback?error=access_denied&_target_url={target}"
            )
        assert answer.value.headers["location"] in ("/x", "/evil.example/x")


def test_signing_in_adds_nothing_to_what_programs_see(app):
    with urllib.request.urlopen(f"{app}/gradio_api/info") as answer:
        told = json.load(answer)
    assert set(told["named_endpoints"]) == NAMES and told["unnamed_endpoints"] == {}


def test_a_space_that_was_not_set_up_for_it_is_built_without(monkeypatch):
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "owner/charrnn")

    def has_routes():
        with gr.Blocks() as page:
            added = add_sign_in_routes()
        assert added == page.expects_oauth
        return added

    assert not has_routes()
    handled = launch_options()["app_kwargs"]["exception_handlers"]
    assert not [error for error in handled if "authlib" in error.__module__]
    for variable in ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES"):
        monkeypatch.setenv(variable, "set")
    assert not has_routes(), "there is no OPENID_PROVIDER_URL"
