"""The page's JavaScript as ES modules: where it is served, and how Gradio's strings call it."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
import serving
from conftest import awaited

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
        main_path().replace("page/main.js", "page/..%2fpage/main.js"),
        main_path().replace("page/main.js", "%2fetc/passwd"),
        main_path().replace("page/main.js", "page%5cmain.js"),
        main_path() + "%00",
        main_path() + "/" + 30_000 * "x",
        main_path().replace("page/main.js", ""),
    ],
)
def test_nothing_else_is_served(http, path):
    answer = http.get(path)
    assert answer.status_code == 404 and len(answer.content) < 40
    assert "cache-control" not in answer.headers, "the path may be a module's after an update"


def test_a_module_is_only_read(http):
    assert http.head(main_path()).status_code == 200
    for method in ("POST", "PUT", "DELETE"):
        assert http.request(method, main_path(), json={}).status_code == 405


def test_a_flood_of_requests_reads_no_file_and_is_answered_at_once(served, http, monkeypatch):
    assert http.get(main_path()).status_code == 200
    monkeypatch.setattr(Path, "read_text", None)

    async def flood():
        async with httpx.AsyncClient(base_url=served.url, timeout=90) as client:
            known = [client.get(main_path()) for _ in range(150)]
            unknown = [client.get(f"{main_path()}/{number}") for number in range(150)]
            return [answer.status_code for answer in await asyncio.gather(*known, *unknown)]

    assert awaited(flood()) == [200] * 150 + [404] * 150


def test_the_modules_are_found_where_a_proxy_serves_the_app():
    assert f"import(`${{window.gradio_config.root}}/{main_path()}`)" in mount("train/summary", [])


def test_an_event_hands_over_what_is_fixed_before_its_values():
    assert 'window.charrnn.takeSuggestion("a \\" b", ...values)' in call("takeSuggestion", 'a " b')


def test_the_page_loads_them_before_its_components(served):
    assert main_path() in served.page.config["head"]
