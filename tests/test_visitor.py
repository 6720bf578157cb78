"""Who a visitor is: what a caller cannot choose."""

import gradio as gr
from starlette.requests import Request

from charrnn.ui.visitor import visitor


def asked(headers=(), client=("10.0.0.1", 5), username=None, session=None):
    scope = {
        "type": "http", "headers": [(k.encode(), v.encode()) for k, v in headers],
        "client": client, "session": session or {},
    }  # fmt: skip
    return gr.Request(Request(scope), username=username)


def forwarded(*values, **more):
    return asked([("x-forwarded-for", value) for value in values], **more)


def test_a_visitor_is_the_address_that_the_proxy_saw():
    def known(*values):
        return visitor(forwarded(*values), proxied=True)

    one = known("8.8.8.8")
    assert one == known("1.2.3.4, 8.8.8.8") == known("1.2.3.4", "8.8.8.8, 10.16.3.80")
    assert one == known("8.8.8.8:1234") != known("8.8.4.4")
    assert known("2a00:1450:4001:81b::1") == known("2a00:1450:4001:81b:ffff::2")
    assert known("2a00:1450:4001:81b::1") == known("[2a00:1450:4001:81b::7]:443")
    assert known("2a00:1450:4001:81b::1") != known("2a00:1450:4001:81c::1")
    assert known("nonsense") == known("") == known("10.1.2.3"), "all that is left is who connects"
    assert "8.8" not in one


def test_without_a_proxy_nothing_that_a_caller_writes_counts():
    direct = visitor(asked(), proxied=False)
    assert direct == visitor(forwarded("8.8.8.8"), proxied=False)
    assert direct != visitor(asked(client=("10.0.0.2", 5)), proxied=False)
    cookie = asked([("cookie", "session=x"), ("x-ip-token", "y"), ("user-agent", "z")])
    assert visitor(cookie, proxied=False) == direct
    assert visitor(None, proxied=True) == "", "a call from inside"


def test_who_has_signed_in_is_known_by_name_wherever_they_are():
    profile = {"oauth_info": {"userinfo": {"preferred_username": "ada"}}}
    at_home, at_work = forwarded("8.8.8.8", session=profile), forwarded("9.9.9.9", session=profile)
    assert visitor(at_home, proxied=True) == visitor(at_work, proxied=True) == "name:ada"
    assert visitor(asked(username="bob"), proxied=False) == "name:bob"
