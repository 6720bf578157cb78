"""The code that the dialog Use via API shows, written by its own JavaScript, in Node.

That the code runs is tested in tests/server/test_api_snippets.py."""

import ast
import json
import shutil
from dataclasses import replace

import pytest
from snippets import call_of, code_of

from charrnn.runs.limits import Limits
from charrnn.ui.operations.training import TrainArguments, plan_run
from charrnn.ui.train.request import CUSTOM, TrainRequest
from charrnn.ui.train.settings_form import as_field

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
GENERATE = {"checkpoint": "tide-clock", "prefix": "It's \"so\"\n", "length": 120,
            "next_char": {"mode": "sample", "alpha": 0.5}, "generate-seed": " 7 ",
            "generate-finish": False}  # fmt: skip


def test_generating_takes_its_arguments_from_the_fields():
    assert call_of("generate", GENERATE) == {
        "endpoint": "/generate",
        "arguments": {
            "checkpoint": "tide-clock", "prefix": "It's \"so\"\n", "length": 120, "mode": "sample",
            "alpha": 0.5, "seed": 7,
        },
        "streams": False,
        "notes": [],
    }  # fmt: skip
    stopping = call_of("generate", GENERATE | {"generate-stop": r"\n\n"})
    assert stopping["arguments"]["stop"] == "\n\n"
    finishing = call_of("generate", GENERATE | {"generate-finish": True})
    assert finishing["arguments"]["finish_sentence"] is True
    greedy = GENERATE | {"next_char": {"mode": "greedy", "alpha": 0.5}, "prefix": ""}
    assert call_of("generate", greedy)["arguments"] == {
        "checkpoint": "tide-clock",
        "length": 120,
        "mode": "greedy",
    }


@pytest.mark.parametrize(
    ("fields", "arguments"),
    [
        ({"corpus": "songs", "recipe": "deep"}, {"corpus": "songs", "recipe": "deep"}),
        (
            {"corpus": "songs", "recipe": "textbook", "experiment": "lyrics-concise"},
            {"corpus": "songs", "recipe": "lyrics-concise"},
        ),
        (
            {"corpus": "own", "paste": "abc", "recipe": "sprint", "files": None},
            {"text": "abc", "recipe": "sprint"},
        ),
        (
            {"corpus": "own", "paste": "", "recipe": "sprint", "files": [{"orig_name": "a.txt"}]},
            {"corpus": {"file": "a.txt"}, "recipe": "sprint"},
        ),
        (
            {"corpus": "songs", "recipe": "sprint", "start": "base-chinese"},
            {"corpus": "songs", "recipe": "sprint", "start": "base-chinese"},
        ),
        (
            {
                "corpus": "songs",
                "recipe": "custom",
                "previous_choice": {"recipe": "deep", "text": None},
                "dropout": 0,
                "clip": "",
                "shift": False,
            },
            {
                "corpus": "songs",
                "recipe": "deep",
                "settings": {"dropout": 0, "clip": "none", "shift": False},
            },
        ),
    ],
)
def test_training_takes_its_arguments_from_the_form(fields, arguments):
    call = call_of("train", fields, ["dropout", "clip", "shift"])
    assert (call["endpoint"], call["arguments"], call["streams"]) == ("/train", arguments, True)


def test_the_settings_of_custom_train_the_same_model_as_the_form():
    """The form shows what Sprint chooses for the text, and one setting is changed there."""
    form_request = TrainRequest(recipe=CUSTOM, base_recipe="sprint").resolved()
    shown = {name: as_field(value) for name, value in form_request.settings.items()}
    shown |= {"dropout": 0, "clip": ""}
    fields = {"corpus": form_request.corpus, "recipe": CUSTOM, **shown,
              "previous_choice": {"recipe": "sprint"}}  # fmt: skip
    given = call_of("train", fields, [*shown])["arguments"]
    asked = TrainArguments(given["corpus"], "", given["recipe"], given["settings"])
    plan = plan_run(Limits(), asked)
    entered = {name: "" if value is None else value for name, value in shown.items()}
    expected = replace(form_request, settings=entered).plan()
    assert (plan.model, plan.training) == (expected.model, expected.training)
    assert (plan.model.dropout, plan.training.clip) == (0, None)


def test_a_long_text_is_shortened_and_what_one_must_know_of_a_model_is_noted():
    call = call_of("generate", GENERATE | {"prefix": "分" * 3000, "checkpoint": "0" * 32})
    assert call["arguments"]["prefix"] == "分" * 2000
    assert [key for key, _ in call["notes"]] == ["note-run", "note-cut"]
    from_run = call_of("train", {"corpus": "songs", "recipe": "sprint", "start": "0" * 32})
    assert [key for key, _ in from_run["notes"]] == ["note-run"]
    hub = call_of("inspect", {"reading": {"checkpoint": "ada/tide", "text": "abc"}})
    assert hub["arguments"] == {"checkpoint": "ada/tide", "text": "abc"}
    assert [key for key, _ in hub["notes"]] == ["note-private"]


def test_python_and_shell_quote_any_text():
    python = code_of("python", "generate", GENERATE)
    [call] = [node for node in ast.walk(ast.parse(python)) if isinstance(node, ast.Call)
              and getattr(node.func, "attr", "") == "predict"]  # fmt: skip
    values = {one.arg: ast.literal_eval(one.value) for one in call.keywords}
    assert values == call_of("generate", GENERATE)["arguments"] | {"api_name": "/generate"}
    curl = code_of("curl", "generate", GENERATE)
    assert r"It'\''s \"so\"\n" in curl


def test_an_agent_gets_the_address_of_the_mcp_server():
    told = json.loads(code_of("mcp", "train", {"corpus": "songs"}))
    assert told["mcpServers"]["charrnn"]["url"] == "http://127.0.0.1:7860/gradio_api/mcp/"
