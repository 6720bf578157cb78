"""Every package that charrnn imports is declared, and the reverse: in requirements.txt for a clone
and a Space, in pyproject.toml for an installation, whose core needs no page."""

import ast
import re
import sys
from importlib.metadata import distributions

import pytest
import yaml
from conftest import ROOT

# What only `ui/` and the app of a clone may import.
PAGE = ("charrnn/ui/", "app.py")
# What huggingface_hub imports for the template of a model card, and does not bring along.
FOR_OTHERS = {"jinja2"}


def imports_of(tree):
    """Yield the top-level names of the packages that a module imports, with the nodes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0], node


def trees():
    """Yield the path and the syntax tree of app.py and of every module of the package."""
    for file in [ROOT / "app.py", *(ROOT / "charrnn").rglob("*.py")]:
        yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(belongs):
    """The distributions that modules whose path `belongs` import."""
    names = {name for path, tree in trees() if belongs(path) for name, _ in imports_of(tree)}
    # `packages_distributions` of Python 3.10 knows few of them.
    owners = {}
    for distribution in distributions():
        files = (distribution.read_text("RECORD") or "").splitlines()
        tops = {re.split("[/,]", file)[0].removesuffix(".py") for file in files}
        owners |= dict.fromkeys(tops, distribution.metadata["Name"])
    return {
        canonical(owners.get(name, name)) for name in names - sys.stdlib_module_names - {"charrnn"}
    }


def names_in(requirements):
    return {canonical(re.split(r"[\[<>=]", line)[0]) for line in requirements}


@pytest.fixture(scope="module")
def project():
    # Python 3.10 has no tomllib. Each list stands between brackets.
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    def listed(name):
        (found,) = re.findall(rf"^{name} = \[\n?(.*?)\]$", text, re.DOTALL | re.MULTILINE)
        return re.findall(r'"([^"]+)"', found)

    return {name: listed(name) for name in ("dependencies", "app", "space")}


def test_what_is_imported_is_required_and_the_reverse(project):
    core, page = names_in(project["dependencies"]), names_in(project["app"])
    on_a_space = names_in(project["space"]) - page
    assert imported(lambda path: not path.startswith(PAGE)) - {"gradio", "spaces"} == (
        core - FOR_OTHERS
    )
    assert imported(lambda path: path.startswith(PAGE)) - core - on_a_space == page


def test_requirements_txt_has_the_core_and_the_page_with_the_same_bounds(project):
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {line for line in lines if line and line[0] != "#"}
    assert required == {*project["dependencies"], *project["app"]}


def test_the_core_imports_nothing_of_the_page_when_it_is_loaded(project):
    """Where Gradio is not installed, all but the page works."""
    extras = names_in(project["app"]) | names_in(project["space"])
    for path, tree in trees():
        if path.startswith(PAGE):
            continue
        inside = {
            node
            for block in ast.walk(tree)
            if isinstance(block, ast.FunctionDef) or is_for_types(block)
            for node in ast.walk(block)
        }
        loaded = {name for name, node in imports_of(tree) if node not in inside}
        assert not {canonical(name) for name in loaded} & extras, path


def is_for_types(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def test_every_promised_python_is_tested_on_every_system():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    promised = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text)
    jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))["jobs"]
    matrix = jobs["installed"]["strategy"]["matrix"]
    assert matrix["python"] == jobs["check"]["strategy"]["matrix"]["python"] == promised
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "windows", "macos"}
    assert f'requires-python = ">={promised[0]}"' in text
