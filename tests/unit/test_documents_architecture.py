"""docs/architecture.md shows the repository as it is: the tree, the layers, the paths it names."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "charrnn"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def block_after(mark):
    """The first block of text after a mark."""
    return PAGE.split(mark, 1)[1].split("```text\n", 1)[1].split("```", 1)[0]


def listed_in(tree):
    """The files of a tree, and the words beside each file and folder, by path."""
    files, words, folders = [], {}, []
    for line in tree.splitlines():
        indented, name, said = re.fullmatch(r"( *)(\S+)(?: +(.*))?", line).groups()
        folders = folders[: len(indented) // 2]
        path = "".join(folders) + name
        words[path] = said
        if name.endswith("/"):
            folders.append(name)
        else:
            files.append(path)
    return files, words


def test_the_tree_lists_every_file_of_the_package_with_a_few_words():
    files, words = listed_in(block_after("<!-- tree -->"))
    on_disk = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert set(files) == on_disk
    assert len(files) == len(set(files))
    del words["charrnn/"]
    assert [path for path, said in words.items() if not said] == []


def test_what_is_listed_beside_the_package_is_there():
    lines = block_after("## The tree").splitlines()
    names = [line.split()[0] for line in lines]
    assert {"app.py", "charrnn/", "tests/", "README.md", "pyproject.toml"} <= set(names)
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_the_layers_are_those_that_are_checked():
    settings = (ROOT / "pyproject.toml").read_text("utf-8")
    contract = re.search(r"layers = \[\n(.*?)\n\]", settings, re.DOTALL)[1]
    checked = [re.findall(r"charrnn\.(\w+)", line) for line in contract.splitlines()]
    checked[-1] = ["errors"]  # and the version, which is no layer to speak of
    part = PAGE.split("## Layers", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`.+?) \|", part, re.MULTILINE)
    assert [re.findall(r"`(\w+)`", row) for row in rows] == checked[1:]  # below __main__


def test_every_path_on_the_journeys_exists():
    journeys = PAGE.split("## Two journeys", 1)[1].split("\n## ", 1)[0]
    paths = set(re.findall(r"`([\w./]+\.(?:py|js|css|html))`", journeys))
    assert len(paths) > 40
    assert sorted(path for path in paths if not (PACKAGE / path).exists()) == []
