"""The run card alone in a browser, drawn from the events of an imagined run: no app, no training.

A test module takes the fixture by assignment: `draw = card_page.draw`.
"""

from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from charrnn.ui.page.modules import main_path, module
from charrnn.ui.page.theme import styles
from charrnn.ui.run_card import run_card

SHELL = """<!doctype html><meta charset="utf-8"><style>{css}</style>
<body class="{dark}"><div id="card">{card}</div>"""
RUN = """async ([code, value, words]) => {
  const element = document.querySelector("#card");
  const props = { value, words };
  const watch = (name, act) => { window.redraw = (value) => { props.value = value; act(); }; };
  const trigger = () => {}, server = {}, upload = null;
  window.gradio_config = { root: location.origin };
  await import(`${location.origin}/MAIN`);
  const parts = ["element", "props", "watch", "trigger", "server", "upload"];
  new Function(...parts, code)(element, props, watch, trigger, server, upload);
}""".replace("MAIN", main_path())
ORIGIN = "http://card.test"  # no server: the test answers with the page and its modules


async def poll(asked):
    """Answer that nothing has changed."""


def star(asked, request):
    """Nothing is starred."""


def answer(route, shell):
    """Answer a request of the page: a module, or the page itself."""
    version, _, path = urlsplit(route.request.url).path.removeprefix("/modules/").partition("/")
    if path:
        request = SimpleNamespace(path_params={"version": version, "path": path})
        text = module(request).body.decode()
        route.fulfill(body=text, content_type="text/javascript")
    else:
        route.fulfill(body=shell, content_type="text/html")


@pytest.fixture
def draw(browser):
    """`draw(view, state="finished", …)`: a page on which the card of a `RunViewModel` is drawn."""
    pages, complaints = [], []

    def drawn(view, state="finished", *, width=760, locale="en-US", scheme="light"):
        size = {"width": width, "height": 900}
        page = browser.new_page(viewport=size, locale=locale, color_scheme=scheme)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        pages.append(page)
        view.state = state
        card = run_card(view.value(), poll, star)
        dark = "dark" if scheme == "dark" else ""
        shell = SHELL.format(css=styles(), card=card.html_template, dark=dark)
        page.route(ORIGIN + "/**", lambda route: answer(route, shell))
        page.goto(ORIGIN)
        page.evaluate(RUN, [card.js_on_load, card.value, card.props["words"]])
        return page

    yield drawn
    for page in pages:
        page.close()
    assert complaints == []
