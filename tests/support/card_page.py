"""The run card alone in a browser, drawn from the events of an imagined run: no app, no training.

A test module takes the fixture by assignment: `draw = card_page.draw`.
"""

import pytest

from charrnn.ui.page.theme import styles
from charrnn.ui.run_card.view_model import run_card

SHELL = """<!doctype html><meta charset="utf-8"><style>{css}</style>
<body class="{dark}"><div id="card">{card}</div>"""
RUN = """([code, value, words]) => {
  const element = document.querySelector("#card");
  const props = { value, words };
  const watch = (name, act) => { window.redraw = (value) => { props.value = value; act(); }; };
  const trigger = () => {}, server = {};
  const parts = ["element", "props", "watch", "trigger", "server"];
  new Function(...parts, code)(element, props, watch, trigger, server);
}"""


async def _follow(asked):
    """Nothing is followed: the run has ended."""


def _star(asked, request):
    """Nothing is starred."""


@pytest.fixture
def draw(browser):
    """`draw(story, state="finished", …)`: a page on which the card of a `Story` is drawn."""
    pages, complaints = [], []

    def drawn(story, state="finished", *, width=760, locale="en-US", scheme="light"):
        size = {"width": width, "height": 900}
        page = browser.new_page(viewport=size, locale=locale, color_scheme=scheme)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        pages.append(page)
        story.state = state
        card = run_card(story.value(), _follow, _star)
        dark = "dark" if scheme == "dark" else ""
        page.set_content(SHELL.format(css=styles(), card=card.html_template, dark=dark))
        page.evaluate(RUN, [card.js_on_load, card.value, card.props["words"]])
        return page

    yield drawn
    for page in pages:
        page.close()
    assert complaints == []
