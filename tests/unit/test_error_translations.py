"""Static checks: every message in the source has a Chinese entry, and the tables hold no other."""

import ast
import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import charrnn
from charrnn.errors import UserError
from charrnn.ui import i18n
from charrnn.ui.i18n.errors_zh import ERRORS
from charrnn.ui.i18n.phrases_zh import OS_REASONS

SOURCE = Path(charrnn.__file__).parent

# Modules whose messages appear on the command line or in programs only, which speak English.
ENGLISH_ONLY = (
    *("cli/", "loading.py", "hub/space.py", "ui/api.py", "ui/mcp_server/"),
    *(f"ui/operations/{name}.py" for name in ("generation", "runs", "training")),
    *("app.py", "runs/limits.py"),
)
# Messages of other modules that do not reach the page.
NOT_ON_THE_PAGE = {
    "{directory} already holds a run. Resume it (resume=True), or choose another directory.",
    "{directory} already holds a run. Resume it (--resume), or choose another directory.",
    "This run started from random weights. Leave out --from to resume it, or give another "
    "--run-dir for a new run.",
    "This run started from {own}, not from {start}. Leave out --from to resume it, or give another "
    "--run-dir for a new run.",
    "Give --alpha or --temperature, not both: alpha is 1 / temperature.",
    "temperature = {value}: give a number above 0.",
    "{space} is not the name of a Space: write it as owner/name.",
    "{model} is not on this machine: download it first, or leave out local_files_only.",
}
# Words that are the same in Chinese: names, units, and the codes of settings.
SAME_IN_CHINESE = {
    *(
        "A",
        "BMP",
        "BOM",
        "Corpus",
        "EPUB",
        "Excel",
        "GIF",
        "Git",
        "LFS",
        "git-lfs",
        "CPU",
        "GPU",
        "Hub",
        "JPEG",
        "JSON",
        "MB",
    ),
    *("MP3", "ModelConfig", "Office", "OpenDocument", "PDF", "PNG", "Preparation", "PyTorch"),
    *("Python", "RAR", "RTF", "SHA-1", "SQLite", "TrainingConfig", "UTF-8", "Vocabulary", "Z"),
    *("Windows", "HF", "HUB", "OFFLINE", "Mac", "DOS", "CP949", "CP866", "CP437", "CP850"),
    *("CP852", "CP874", "auto", "batch", "big5", "bzip2", "cc-by-4", "charrnn", "config", "cpu"),
    *(
        "corpus",
        "device",
        "dtype",
        "epoch",
        "epochs",
        "euc-kr",
        "float32",
        "from",
        "gb18030",
        "greedy",
    ),
    *("gzip", "hidden", "id", "implementation", "json", "koi8-r", "layers", "load", "minibatch"),
    *("mit", "model", "n", "name", "none", "owner", "precision", "random", "revision", "run"),
    *("safetensors", "sample", "sampling", "seconds", "sequential", "shift", "size", "smoothing"),
    *("steps", "text", "threads", "torch", "true", "false", "truncate", "txt", "unk", "utf-16"),
    *(
        "Hugging",
        "Face",
        "huggingface",
        "co",
        "utf-8",
        "validation",
        "windows-1251",
        "windows-1252",
        "documents",
        "reset",
        "bidirectional",
        "xz",
        "zip",
        "7z",
        "jis",
        "CSV",
        "HTML",
        "Lines",
        "Markdown",
        "TSV",
        "csv",
        "ipynb",
        "tar",
    ),
}


def name_of(node):
    """The name that an expression is, if it is one."""
    return node.id if isinstance(node, ast.Name) else None


def error_names(classes):
    """The names of UserError and of those among these classes that are derived from it."""
    names = {UserError.__name__}
    while more := {c.name for c in classes for b in c.bases if name_of(b) in names} - names:
        names |= more
    return names


@cache
def messages():
    """Every first argument of such an error, of a Message or of a DownloadError, with its file."""
    classes, calls = [], []
    for path in sorted(SOURCE.rglob("*.py")):
        file = path.relative_to(SOURCE).as_posix()
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        classes += [node for node in nodes if isinstance(node, ast.ClassDef)]
        calls += [(file, node) for node in nodes if isinstance(node, ast.Call) and node.args]
    names = {*error_names(classes), "Message", "DownloadError"}
    return [(file, node.args[0]) for file, node in calls if name_of(node.func) in names]


def templates():
    """The file of each message that is a literal."""
    return {node.value: file for file, node in messages() if isinstance(node, ast.Constant)}


def placeholders(template):
    """The names in a template, each with its format specification."""
    return {(name, form) for _, name, form, _ in Formatter().parse(template) if name is not None}


def test_messages_are_templates_and_not_put_together_in_the_source():
    made = [
        f"{file}:{node.lineno}"
        for file, node in messages()
        if not isinstance(node, ast.Constant | ast.Name | ast.Attribute | ast.Call)
    ]
    assert made == [], "write a literal template, and give its values as arguments"


def test_every_message_has_a_chinese_entry():
    lacking = [
        template
        for template, file in templates().items()
        if template not in ERRORS
        and not file.startswith(ENGLISH_ONLY)
        and template not in NOT_ON_THE_PAGE
    ]
    assert lacking == [], "put them into charrnn/ui/i18n/errors_zh.py"


def test_every_chinese_entry_belongs_to_a_message():
    assert set(ERRORS) - set(templates()) - set(OS_REASONS) == set()


@pytest.mark.parametrize("template", ERRORS)
def test_a_translation_has_the_same_values_and_no_english(template):
    assert placeholders(ERRORS[template]) == placeholders(template)
    words = re.sub(r"\{[^}]*\}|`.*?`", "", ERRORS[template])
    english = set(re.findall(r"[A-Za-z0-9]*[A-Za-z][A-Za-z0-9-]*", words)) - SAME_IN_CHINESE
    assert english == set()


def test_a_message_without_a_translation_stays_english():
    assert (
        i18n.translate_error(UserError("Something else: {n}.", n=2), "zh") == "Something else: 2."
    )
