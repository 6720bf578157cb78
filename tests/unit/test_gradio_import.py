"""What Gradio leaves out when the app imports it, shown with a package that stands for it."""

import subprocess
import sys

from conftest import ROOT

LIKE_GRADIO = """
from .component_meta import create_or_modify_pyi, kept
create_or_modify_pyi("component")
"""
ITS_MODULE = """
def create_or_modify_pyi(component):
    print("writes a file")
def kept():
    return "the rest is there"
"""


def imported(tmp_path, first):
    """What a process prints that imports the package after these statements."""
    (package := tmp_path / "gradio").mkdir(exist_ok=True)
    (package / "__init__.py").write_text(LIKE_GRADIO)
    (package / "component_meta.py").write_text(ITS_MODULE)
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n{first}\n"
    code += "import gradio\nprint(gradio.kept())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_gradio_writes_no_interface_files(tmp_path):
    assert imported(tmp_path, "") == ["writes a file", "the rest is there"]
    skip = "from charrnn.utils.gradio_import import skip_interface_files as skip; skip(); skip()"
    assert imported(tmp_path, skip) == ["the rest is there"]


def test_the_app_skips_them_before_it_imports_gradio(tmp_path):
    first = (
        "import os; os.environ['CHARRNN_WORKERS'] = 'many'\n"
        "from charrnn import app\nfrom charrnn.errors import UserError\n"
        "try: app.create_context()\nexcept UserError: pass"
    )
    assert imported(tmp_path, first) == ["the rest is there"]
