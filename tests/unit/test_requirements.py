"""Every package that charrnn imports is named in requirements.txt, and the reverse."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

from conftest import ROOT

# Imported only where they are installed: Spaces adds them, for its GPUs, MCP and signing in.
OPTIONAL = {"authlib", "httpx", "mcp", "spaces"}


def imported_packages():
    """Return the top-level names of the third-party packages that the package and app.py import."""
    names = set()
    for file in [ROOT / "app.py", *(ROOT / "charrnn").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"charrnn"}


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_what_is_imported_is_required_and_the_reverse():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {
        canonical(re.split(r"[\[<>=]", line)[0]) for line in lines if line and line[0] != "#"
    }
    distributions = packages_distributions()
    imported = {
        canonical(distributions.get(name, [name])[0]) for name in imported_packages() - OPTIONAL
    }
    assert imported == required
