"""The documents become a site: it builds without a warning, no link leads nowhere, and the
reference has every public name."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from conftest import ROOT

import charrnn

LANGUAGES = ("", "zh/")


class Page(HTMLParser):
    """The anchors of a page, its links, and what it loads."""

    def __init__(self, html):
        super().__init__()
        self.anchors, self.links, self.loaded = set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors |= {found[key] for key in ("id", "name") if found.get(key)}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        is_loaded = found.get("src") or (tag == "link" and found.get("rel") != "canonical")
        if is_loaded:
            self.loaded.append(found.get("src") or found["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, ROOT / "docs" / "site" / "build.py", place]
    built = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert (built.returncode, built.stderr) == (0, "")
    return place


@pytest.fixture(scope="module")
def pages(site):
    return {
        path.relative_to(site).as_posix(): Page(path.read_text("utf-8"))
        for path in site.rglob("*.html")
    }


def test_every_document_is_a_page_in_both_languages(pages):
    documents = {path.name.split(".")[0] for path in (ROOT / "docs").glob("*.md")}
    documents |= {"changelog", "contributing", "security", "index"}
    for language in LANGUAGES:
        assert {f"{language}{name}.html" for name in documents} <= set(pages)
        notebooks = {f"{language}{path.name}.html" for path in (ROOT / "docs").glob("*.ipynb")}
        assert notebooks and notebooks <= set(pages)


def test_links_lead_to_pages_and_anchors_that_are_there(site, pages):
    checked = 0
    for name, page in pages.items():
        if name == "404.html":  # its links begin with the root of a server
            continue
        for link in page.links:
            if urlsplit(link).scheme:
                continue
            path, _, anchor = unquote(link).partition("#")
            target = ((site / name).parent / path).resolve() if path else site / name
            assert target.is_file(), (name, link)
            found = pages.get(target.relative_to(site.resolve()).as_posix() if path else name)
            assert not anchor or found is None or anchor in found.anchors, (name, link)
            checked += 1
    assert checked > 1000


def test_pages_load_nothing_from_other_servers(site, pages):
    assert [one for page in pages.values() for one in page.loaded if urlsplit(one).netloc] == []
    # The theme's own script loads what draws such a diagram.
    drawn = [name for name in pages if 'class="mermaid"' in (site / name).read_text("utf-8")]
    assert drawn == []


def test_the_reference_has_every_public_name_with_its_docstring(site, pages):
    text = re.sub(r"<[^>]+>|\s+", "", (site / "reference.html").read_text("utf-8"))
    for name in set(charrnn.__all__) - {"__version__"}:
        assert f"charrnn.{name}" in pages["reference.html"].anchors, name
        first, _, _ = getattr(charrnn, name).__doc__.partition("\n")
        assert re.sub(r"`|\s+", "", first)[:40] in text, name


@pytest.mark.parametrize("name", ["using", "sharing", "understanding"])
def test_a_page_for_users_leads_to_itself_in_the_other_language(pages, name):
    assert f"zh/{name}.html" in pages[f"{name}.html"].links
    assert f"../{name}.html" in pages[f"zh/{name}.html"].links
