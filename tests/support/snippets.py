"""The code that the dialog Use via API shows, as its JavaScript writes it in Node."""

import json
import subprocess
from pathlib import Path

import charrnn

FOLDER = Path(charrnn.__file__).parent / "ui" / "api_dialog"
SCRIPT = """
import {{ callOf, withoutFile }} from {calls};
import {{ LANGUAGES }} from {snippets};
const {{ address, language, tab, fields, settings }} = JSON.parse(process.argv[2]);
const call = callOf(tab, fields, settings);
const code = language && LANGUAGES[language]({{
  address, call: language === "curl" ? withoutFile(call) : call,
}});
console.log(JSON.stringify({{ call, code }}));
"""


def _write(**asked):
    modules = {name: json.dumps((FOLDER / f"{name}.js").as_uri()) for name in ("calls", "snippets")}
    # Node takes a .js file for an ES module by its syntax; a warning says so.
    command = ["node", "--no-warnings", "--experimental-default-type=module"]
    command += ["--input-type=module", "-e", SCRIPT.format(**modules), "--", "-", json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def call_of(tab, fields, settings=()):
    """The call of an endpoint that does what a tab shows with these values in its fields."""
    return _write(language=None, address="", tab=tab, fields=fields, settings=settings)["call"]


def code_of(language, tab, fields, settings=(), address="http://127.0.0.1:7860/"):
    """The code for that call."""
    asked = {"address": address, "tab": tab, "fields": fields, "settings": settings}
    return _write(language=language, **asked)["code"]
