"""Runs the cells of a notebook of docs/, with other parameters than those that stand in it."""

import ast
import json

from conftest import ROOT


def notebook(name):
    return json.loads((ROOT / "docs" / f"{name}.ipynb").read_text("utf-8"))


def cells_of(name, kind):
    """The cells of a kind, "code" or "markdown", as one string each."""
    cells = notebook(name)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def run_cell(code, names):
    """Run a cell; return what its last line shows in a notebook."""
    *before, last = ast.parse(code).body
    if not isinstance(last, ast.Expr):
        before, last = [*before, last], None
    exec(compile(ast.Module(before, []), "<cell>", "exec"), names)
    return last and eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)


def run_notebook(name, **parameters):
    """Run all cells; return the names that they leave, and what they show.

    The parameters take effect after the cell with the tag "parameters", which must set each.
    """
    names, shown = {}, []
    for cell in notebook(name)["cells"]:
        if cell["cell_type"] != "code":
            continue
        shown.append(run_cell("".join(cell["source"]), names))
        if "parameters" in cell["metadata"].get("tags", ()):
            assert parameters.keys() <= names.keys()
            names |= parameters
    return names, [one for one in shown if one is not None]
