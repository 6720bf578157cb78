"""Client ids: whose share a request counts against, and that no caller can choose it."""

import gradio as gr
import httpx
import pytest
from conftest import awaited
from refusals import refusal
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route
from worker_runs import small

from charrnn.runs.admission import check_client
from charrnn.runs.limits import Limits, address_of
from charrnn.runs.manager import RunManager
from charrnn.ui.server.client_id import COOKIE, ClientCookieMiddleware, ClientIds
from charrnn.ui.services.context import AppContext
from charrnn.utils.secret_key import read_key

KEY = b"k" * 32


def client_ids(**options):
    return ClientIds(KEY, **({"behind_proxy": False, "in_frame": False} | options))


def request(headers=(), client=("10.0.0.1", 5), username=None, session=None):
    scope = {
        "type": "http", "headers": [(k.encode(), v.encode()) for k, v in headers],
        "client": client, "session": session or {},
    }  # fmt: skip
    return gr.Request(Request(scope), username=username)


def forwarded(*values, **more):
    return request([("x-forwarded-for", value) for value in values], **more)


def cookie(ids):
    """The `name=value` that a browser sends after the page has been opened in it."""
    return ids.set_cookie().partition(";")[0]


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw():
    ids = client_ids(behind_proxy=True)

    def known(*values):
        return ids.of(forwarded(*values))

    one = known("8.8.8.8")
    assert one == known("1.2.3.4, 8.8.8.8") == known("1.2.3.4", "8.8.8.8, 10.16.3.80")
    assert one == known("8.8.8.8:1234") != known("8.8.4.4")
    assert known("2a00:1450:4001:81b::1") == known("2a00:1450:4001:81b:ffff::2")
    assert known("2a00:1450:4001:81b::1") == known("[2a00:1450:4001:81b::7]:443")
    assert known("2a00:1450:4001:81b::1") != known("2a00:1450:4001:81c::1")
    assert known("nonsense") == known("") == known("10.1.2.3"), "all that is left is who connects"
    assert "8.8" not in one


def test_without_a_proxy_nothing_that_a_caller_writes_counts():
    ids = client_ids()
    direct = ids.of(request())
    assert direct == ids.of(forwarded("8.8.8.8"))
    assert direct != ids.of(request(client=("10.0.0.2", 5)))
    invented = request([("cookie", "session=x"), ("x-ip-token", "y"), ("user-agent", "z")])
    assert ids.of(invented) == direct
    assert ids.of(None) == "", "a call from inside"


def test_a_signed_in_user_is_known_by_name_in_every_browser():
    ids = client_ids(behind_proxy=True)
    profile = {"oauth_info": {"userinfo": {"preferred_username": "ada"}}}
    at_home, at_work = forwarded("8.8.8.8", session=profile), forwarded("9.9.9.9", session=profile)
    assert ids.of(at_home) == ids.of(at_work) == "name:ada"
    assert ids.of(request(username="b/ob")) == address_of("name:b/ob") == "name:b/ob"


def test_browsers_behind_one_address_are_different_clients_of_it():
    ids = client_ids()
    browsers = [ids.of(request([("cookie", f"a=b; {cookie(ids)}")])) for _ in range(30)]
    assert len(set(browsers)) == 30
    without = ids.of(request())
    assert {address_of(one) for one in browsers} == {without} and without not in browsers
    elsewhere = ids.of(request([("cookie", cookie(ids))], client=("10.0.0.2", 5)))
    assert address_of(elsewhere) != without


@pytest.mark.parametrize(
    "forged",
    [
        lambda real: real[:-1] + ("A" if real[-1] != "A" else "B"),
        lambda real: real.replace(f"{COOKIE}=", f"{COOKIE}=x"),
        lambda real: real.partition(".")[0],
        lambda real: f"{COOKIE}=",
        lambda real: f"{COOKIE}=.",
        lambda real: f"{COOKIE}=" + "a" * 60_000,
        lambda real: f"{COOKIE}=\u00fc.\u00fc",
        lambda real: cookie(ClientIds(b"x" * 32, behind_proxy=False, in_frame=False)),
    ],
)
def test_a_cookie_that_this_server_has_not_signed_counts_for_nothing(forged):
    ids = client_ids()
    real = cookie(ids)
    sent = request([("cookie", forged(real).encode("latin-1").decode("latin-1"))])
    assert ids.of(sent) == ids.of(request())
    both = request([("cookie", f"{forged(real)}; {real}")])
    assert ids.of(both) == ids.of(request([("cookie", real)])), "a forged one beside does no harm"


def app(ids):
    routes = [
        Route("/", lambda request: HTMLResponse("<p>")),
        Route("/api", lambda request: JSONResponse({})),
        Route("/post", lambda request: HTMLResponse("<p>"), methods=["POST"]),
        Route("/broken", lambda request: HTMLResponse("<p>", 500)),
    ]
    return Starlette(routes=routes, middleware=[Middleware(ClientCookieMiddleware, client_ids=ids)])


def answers(ids, *requests):
    async def scene():
        transport = httpx.ASGITransport(app(ids))
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return [await client.request(*one) for one in requests]

    return awaited(scene())


def test_opening_the_page_gives_a_browser_its_cookie_once():
    ids = client_ids()
    first, second = answers(ids, ("GET", "/"), ("GET", "/"))
    attributes = first.headers["set-cookie"].partition("; ")[2].split("; ")
    assert {"Path=/", "HttpOnly", "SameSite=Lax"} < set(attributes)
    assert not {"Secure", "Partitioned"} & set(attributes), "a laptop has no certificate"
    assert first.headers["cache-control"] == "private"
    assert "set-cookie" not in second.headers
    for other in (("GET", "/api"), ("POST", "/post"), ("GET", "/broken")):
        [answer] = answers(ids, other)
        assert "set-cookie" not in answer.headers


def test_in_the_frame_of_a_space_the_cookie_is_one_that_browsers_send_there():
    [answer] = answers(client_ids(in_frame=True), ("GET", "/"))
    attributes = set(answer.headers["set-cookie"].split("; "))
    assert {"SameSite=None", "Secure", "Partitioned", "HttpOnly"} < attributes


def test_a_restart_does_not_give_everybody_a_new_share(tmp_path):
    key = read_key(tmp_path)
    assert read_key(tmp_path) == key and len(key) == 32
    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0, "nobody else on this machine can sign cookies"
    file.write_bytes(b"half")
    assert len(read_key(tmp_path)) == 32, "a damaged key is replaced"


def test_an_app_starts_where_the_key_cannot_be_kept(tmp_path):
    assert len(read_key(tmp_path / "gone")) == 32


@pytest.fixture
def runs(tmp_path):
    opened = []

    def open_runs(**limits):
        opened.append(RunManager(tmp_path / "runs", limits=Limits(**limits)))
        return opened[-1]

    yield open_runs
    for one in opened:
        one.close()


def test_a_class_behind_one_router_trains_in_turn(runs, tmp_path):
    context = AppContext(runs(runs_per_visitor=1), tmp_path)
    ids = context.client_ids
    pupils = [context.client_id(request([("cookie", cookie(ids))])) for _ in range(4)]
    waiting = [context.runs.start(small(seconds=60), pupil) for pupil in pupils]
    assert [context.runs.queue_position(run.id)[0] for run in waiting[1:]] == [1, 2, 3]
    said, _ = refusal(context.runs.start, small(), pupils[0])
    assert said.startswith("You have as many runs waiting or training as are allowed at once (1)")
    for run in waiting:
        run.stop()


def test_an_address_has_no_more_than_its_users_worth():
    limits = Limits(runs_per_visitor=2, visitors_per_address=3)
    others = [f"address:one/{browser}" for browser in "aabbc"]
    check_client("address:one/c", others, limits)
    check_client("address:two/x", others, limits)
    check_client("name:ada", others, limits)
    for newcomer in ("address:one/d", "address:one"):
        said, field = refusal(check_client, newcomer, others, limits)
        assert said.startswith(
            "As many users from your network have runs waiting or training as are allowed at "
            "once (3)"
        )
        assert field == "run"
