"""The page's JavaScript as ES modules: where it is served, and how Gradio's strings call it."""

import re

import pytest
import serving

from charrnn.ui.page.modules import call, main_path, mount

served, http = serving.served, serving.http


def imports(text):
    return re.findall(r'(?:import|from) "(\.[^"]+\.js)"', text)


def test_every_module_that_main_imports_is_served_and_kept_for_good(http):
    waiting, seen = [main_path()], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = http.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        waiting += [str(answer.url.join(one).path).lstrip("/") for one in imports(answer.text)]
    assert len(seen) > 30 and any(path.endswith("/contract.js") for path in seen)


@pytest.mark.parametrize(
    "path",
    [
        "modules/0123456789abcdef/page/main.js",  # another version of the app
        main_path().replace("main.js", "theme.py"),
        main_path().replace("page/main.js", "../__init__.py"),
        main_path().replace("page/main.js", "%2e%2e/%2e%2e/model.py"),
    ],
)
def test_nothing_else_is_served(http, path):
    assert http.get(path).status_code == 404


def test_the_modules_are_found_where_a_proxy_serves_the_app():
    assert f"import(`${{window.gradio_config.root}}/{main_path()}`)" in mount("train/summary", [])


def test_an_event_hands_over_what_is_fixed_before_its_values():
    assert 'window.charrnn.takeSuggestion("a \\" b", ...values)' in call("takeSuggestion", 'a " b')


def test_the_page_loads_them_before_its_components(served):
    assert main_path() in served.page.config["head"]
