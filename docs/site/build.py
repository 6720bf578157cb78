"""Build the site of the documents: `python docs/site/build.py [DIRECTORY]`, by default `site/`.

The documents lie where readers of the repository look for them: in `docs/`, in `benchmarks/` and
beside the README. They are copied into one directory, links are changed to match, notebooks become
pages, and MkDocs makes the site of that. Each broken link and each other warning is an error.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import posixpath
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from mkdocs.commands.build import build as build_site
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

ROOT = Path(__file__).resolve().parents[2]
_CONFIG = Path(__file__).with_name("mkdocs.yml")
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^()\s#]+)")
_OWN_ANCHOR = re.compile(r"(?<=\]\(#)[^()\s]+")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_OTHER_LANGUAGE = re.compile(r" ?\[(?:English|简体中文)\]\([^)]+\)")
# Between two Chinese characters, a browser would draw the end of a line as a space.
_CHINESE_LINE_END = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef”*)])\n *(?=[\u3000-\u9fff“*\[])")
_FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def main() -> None:
    """Build the site where the command line says."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("directory", nargs="?", default=ROOT / "site", type=Path)
    try:
        build(arguments.parse_args().directory.resolve())
    except Abort as error:
        sys.exit(str(error))


def build(directory: Path) -> None:
    """Build the site in `directory`. Raises mkdocs.exceptions.Abort for any warning."""
    with tempfile.TemporaryDirectory() as gathered:
        gather(Path(gathered))
        config = load_config(str(_CONFIG), docs_dir=gathered, site_dir=str(directory), strict=True)
        config.plugins.run_event("startup", command="build", dirty=False)
        build_site(config)
        config.plugins.run_event("shutdown")


def places() -> dict[str, str]:
    """Return every file of the site by its path in the repository, and its path in the site."""
    found = {}
    for path in sorted(ROOT.glob("docs/**/*")):
        name = path.relative_to(ROOT / "docs").as_posix()
        if path.suffix == ".ipynb":
            found[f"docs/{name}"] = f"{name}.md"
        elif path.suffix in {".md", ".png", ".gif", ".webp", ".css"}:
            found[f"docs/{name}"] = name
    for path in sorted([*ROOT.glob("benchmarks/*.md"), ROOT / "CITATION.cff", ROOT / "LICENSE"]):
        found[path.relative_to(ROOT).as_posix()] = path.relative_to(ROOT).as_posix()
    for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"):
        found[name] = name.lower()
    return found | {"README.md": "index.md"}


def gather(directory: Path) -> None:
    """Copy all files of the site into `directory`."""
    found = places()
    for source, target in found.items():
        path = directory / target
        path.parent.mkdir(parents=True, exist_ok=True)
        if target.endswith(".md"):
            path.write_text(page(source, found), encoding="utf-8")
        else:
            shutil.copyfile(ROOT / source, path)


def page(source: str, found: dict[str, str]) -> str:
    """Return a document as it is in the site: its links lead to the pages there."""
    text = (ROOT / source).read_text(encoding="utf-8")
    if source.endswith(".ipynb"):
        text = notebook_page(text)
    if source == "README.md":
        text = text.split("---\n", 2)[2]  # without the settings of the Space
    text = _OTHER_LANGUAGE.sub("", text)  # each page of the site has a switch
    english = source.replace(".zh.md", ".md")
    if english != source and (ROOT / english).exists():
        original = (ROOT / english).read_text(encoding="utf-8")
        if len(_headings(text)) != len(_headings(original)):
            sys.exit(f"{source} and {english} have not the same headings.")
        text = _with_anchors_of(original, text)
    text = _outside_code(text, lambda part: _CHINESE_LINE_END.sub("", part))
    return _outside_code(
        text, lambda part: _LINK.sub(lambda link: _target(source, link[1], found), part)
    )


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """Change a document except for its blocks of code."""
    parts = _FENCED.split(text)  # every other one is a block of code
    return "".join(part if index % 2 else change(part) for index, part in enumerate(parts))


def _with_anchors_of(english: str, chinese: str) -> str:
    """Give the headings of a Chinese document the anchors of the English ones, in their order.

    So links to a heading lead to it in both languages.
    """
    anchors = iter([_anchor(heading) for heading in _headings(english)])
    english_of = dict(zip(map(_anchor, _headings(chinese)), _headings(english), strict=True))
    chinese = _outside_code(
        chinese, lambda part: _HEADING.sub(lambda line: f"{line[0]} {{#{next(anchors)}}}", part)
    )
    return _OWN_ANCHOR.sub(lambda link: _anchor(english_of[link[0]]), chinese)


def _headings(text: str) -> list[str]:
    return _HEADING.findall(_FENCED.sub("", text))


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub and the Hub make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def _target(source: str, link: str, found: dict[str, str]) -> str:
    """Return a link of a document as it is in the site."""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
    if place not in found:  # a warning of MkDocs says so
        return link
    return os.path.relpath(found[place], posixpath.dirname(found[source]) or ".")


def notebook_page(notebook: str) -> str:
    """Return a notebook as Markdown: its words, and its code."""
    cells = json.loads(notebook)["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    return "\n\n".join(
        f"```python\n{text}\n```" if cell["cell_type"] == "code" else text
        for cell, text in zip(cells, texts, strict=True)
    )


if __name__ == "__main__":
    main()
