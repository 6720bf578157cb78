"""A page of another site, open in the same browser, neither acts as the visitor nor frames the
app; what programs may send, and the rest, is in `test_same_origin` and `test_security_headers`."""

import push_page
import pytest
from elsewhere import REFUSED, attack, components, elsewhere
from push_page import log_in

pytest_plugins = ["page", "shared_pages"]
app = push_page.app
root = push_page.root

FRAME = """src => {
  document.body.append(Object.assign(document.createElement("iframe"), { src }));
}"""


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_on_another_port_gets_nothing_and_shows_nothing(shared_page, app, hub, name):
    log_in(hub)
    hub.add("ada/secret", {}, private=True)
    page = shared_page()
    parts = components(page.evaluate("window.gradio_config"))
    hub.asked.clear()
    with elsewhere(name) as address:
        other = page.context.new_page()
        other.goto(address)
        with other.expect_console_message(lambda message: "frame-ancestors" in message.text):
            other.evaluate(FRAME, app)
        answers = attack(other, app, parts, "letters")
        assert "another site's page" in other.content()
        other.close()
    assert answers == [REFUSED] * 12
    assert hub.asked == [] and set(hub.repos) == {"ada/secret"}
