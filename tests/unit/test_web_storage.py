"""How the page reads and writes the browser's storage, by its own JavaScript."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import charrnn.ui

MODULE = Path(charrnn.ui.__file__).parent / "page" / "web_storage.js"
pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
MEMORY = """
const kept = new Map();
const localStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, text) => kept.set(key, text),
  removeItem: (key) => kept.delete(key),
};
globalThis.window = { localStorage };
"""
DENIED = """
globalThis.window = { get localStorage() { throw new Error("denied"); } };
"""


def evaluated(storage, expression):
    """The value of an expression, as JSON, beside this storage."""
    script = f"""
      console.info = () => {{}};
      {storage}
      const {{ readStored, readText, writeStored, writeText }} =
        await import({json.dumps(MODULE.as_uri())});
      process.stdout.write(JSON.stringify({expression}));
    """
    command = ["node", "--input-type=module", "-e", script]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def test_what_was_written_is_read_and_an_empty_text_is_removed():
    write = 'writeText("localStorage", "a", "on"), writeStored("localStorage", "b", [1])'
    read = '[readText("localStorage", "a"), readStored("localStorage", "b")]'
    assert evaluated(MEMORY, f"({write}, {read})") == ["on", [1]]
    removed = 'writeText("localStorage", "a", ""), readText("localStorage", "a")'
    assert evaluated(MEMORY, f"({write}, {removed})") is None


def test_what_is_no_json_is_read_as_null():
    expression = 'writeText("localStorage", "a", "{"), readStored("localStorage", "a")'
    assert evaluated(MEMORY, f"({expression})") is None


def test_where_storage_is_denied_everything_is_null():
    write = 'writeText("localStorage", "a", "on"), writeStored("localStorage", "b", [1])'
    read = '[readText("localStorage", "a"), readStored("localStorage", "b")]'
    assert evaluated(DENIED, f"({write}, {read})") == [None, None]
