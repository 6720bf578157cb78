"""The tools for agents, by MCP's official client. Attempts at files are in test_mcp_files.py."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading

import endpoints
import httpx
import pytest
from conftest import awaited

pytest.importorskip("mcp")
from launching import app_context, serving
from mcp import ClientSession
from mcp_client import call, in_session, refusal, result

from charrnn.evaluation import score
from charrnn.generation import generate
from charrnn.generation.lines import lines
from charrnn.inspection import inspect
from charrnn.recipes import RECIPES
from charrnn.ui.mcp_server.generation_tools import Generate
from charrnn.ui.mcp_server.tool import ToolCall
from charrnn.ui.mcp_server.training_tools import SETTING_RULES, SETTINGS
from charrnn.ui.operations import generation, runs
from charrnn.ui.operations.inspection import MAX_INSPECTED_CHARACTERS

small, context, url = endpoints.small, endpoints.context, endpoints.url
TEXT = "the tide comes in and the tide goes out\n" * 60
QUICK = {"hidden_size": 16, "layers": 1, "epochs": 12, "batch_size": 4, "steps": 16}
ENDLESS = json.dumps(QUICK | {"epochs": 1_000_000})
HEADERS = {"accept": "application/json, text/event-stream"}
SCALARS = {"string", "integer", "number", "boolean", "null"}


@pytest.fixture(scope="module")
def tools(url):
    return {tool.name: tool for tool in in_session(url, ClientSession.list_tools).tools}


def test_the_tools_are_these(tools):
    assert set(tools) == {
        "start_training", "run_status", "stop_training", "train", "generate", "lines", "score",
        "inspect", "find_units", "novelty", "models", "recipes",
    }  # fmt: skip


def test_it_is_said_how_much_of_a_corpus_is_searched(tools):
    assert f"first {MAX_INSPECTED_CHARACTERS:,} characters" in tools["find_units"].description


def test_arguments_are_strings_and_numbers(tools):
    for tool in tools.values():
        schema = tool.inputSchema
        assert schema["additionalProperties"] is False
        for argument in schema["properties"].values():
            kinds = argument.get("anyOf", [argument])
            assert {kind["type"] for kind in kinds} <= SCALARS
            assert argument["description"]


def test_schemas_tell_an_agent_what_to_give(tools):
    arguments = tools["generate"].inputSchema["properties"]
    assert arguments["length"]["minimum"] == 0
    assert arguments["length"]["maximum"] == 100_000
    assert arguments["length"]["default"] == 200
    assert arguments["mode"]["enum"] == ["greedy", "sample"]
    for name in ("train", "start_training"):
        arguments = tools[name].inputSchema["properties"]
        assert arguments["recipe"]["enum"] == list(RECIPES)
        assert arguments["recipe"]["default"] == "sprint"
        assert "tide-clock" in arguments["corpus"]["enum"]
        for setting in SETTINGS:
            [kind, null] = arguments[setting]["anyOf"]
            rule = SETTING_RULES[setting]
            assert null == {"type": "null"} and arguments[setting]["default"] is None
            assert kind["type"] == {int: "integer", float: "number", str: "string"}[rule.kind]
            assert kind.get("minimum") == rule.low and kind.get("maximum") == rule.high
            assert tuple(kind.get("enum", ())) == rule.choices
    arguments = tools["run_status"].inputSchema["properties"]
    assert (arguments["wait_seconds"]["minimum"], arguments["wait_seconds"]["maximum"]) == (0, 60)


def test_every_tool_has_a_title_a_description_and_a_schema_of_its_result(tools):
    for tool in tools.values():
        assert tool.title
        assert tool.description
        assert tool.outputSchema["properties"]


def test_results_are_json(url, small):
    answer = call(url, "models", {})
    assert json.loads(answer.content[0].text) == answer.structuredContent
    [model] = answer.structuredContent["models"]
    assert model["name"] == "small"
    told = result(url, "recipes")
    assert [recipe["name"] for recipe in told["recipes"]] == list(RECIPES)
    assert [setting["name"] for setting in told["settings"]] == list(SETTING_RULES)


def test_a_text_is_generated(url, small):
    arguments = {"checkpoint": "small", "prefix": "ab", "length": 57}
    assert result(url, "generate", **arguments, mode="greedy") == {
        "text": generate(small, "ab", 57, "greedy")
    }
    assert result(url, "generate", **arguments, alpha=0.8, seed=7) == {
        "text": generate(small, "ab", 57, alpha=0.8, seed=7)
    }
    assert result(url, "generate", **arguments, seed=7, stop="c") == {
        "text": generate(small, "ab", 57, seed=7, stop="c")
    }
    for seed in range(3):
        finished = result(url, "generate", **arguments, seed=seed, finish_sentence=True)
        assert finished == {"text": generate(small, "ab", 57, seed=seed, sentence_after=42)}


def test_lines_are_written(url, small):
    found = result(url, "lines", checkpoint="small", n=3, seed=7)["lines"]
    assert [line["text"] for line in found] == [line.text for line in lines(small, 3, seed=7)]


def test_a_text_is_scored(url, small):
    text = "abcabc\nßgfedcba" * 20
    told = result(url, "score", checkpoint="small", text=text)
    assert told == pytest.approx(score(small, text).as_dict())


def test_a_text_is_inspected_searched_and_compared(url, small):
    found = result(url, "inspect", checkpoint="small", text="abcab")
    expected = inspect(small, "abcab").as_dict()
    assert found["characters"] == list("abcab")
    assert found["surprisal"][0] is None
    assert found["surprisal"][1:] == pytest.approx(expected["surprisal"][1:])
    assert found["candidates"] == expected["candidates"]
    units = result(url, "find_units", checkpoint="small", text="abc\n" * 50, concept="/b/")["units"]
    assert units[0]["score_held_out"] > 0.7
    copied = result(url, "novelty", generated="abcdefgh" * 3, training_text="abcdefgh" * 9)
    assert copied["longest"] == 24


def test_an_agent_trains_watches_and_uses_the_model(url):
    progress = []

    async def train(session):
        async def noted(done, total, message):
            progress.append((done, message))

        arguments = {"text": TEXT, "settings": json.dumps(QUICK), "seed": 1}
        return await session.call_tool("train", arguments, progress_callback=noted)

    end = in_session(url, train).structuredContent
    run = end["run"]
    assert end["state"] == "finished"
    assert end["checkpoint"] == run
    assert end["validation_perplexity"] < 5
    assert run in progress[0][1]
    assert any(re.search(r"step \d+, training perplexity \d", message) for _, message in progress)
    assert [done for done, _ in progress] == sorted({done for done, _ in progress}), "it grows"
    text = result(url, "generate", checkpoint=run, prefix="the ", length=30)["text"]
    assert text.startswith("the ")
    assert result(url, "score", checkpoint=run, text=TEXT)["perplexity"] < 5


def test_the_progress_of_a_text_grows_where_two_frames_are_equal(monkeypatch):
    async def frames(*_):
        for text in ("a", "ab", "ab"):
            yield text

    async def note(progress, total, message):
        noted.append(progress)

    noted = []
    monkeypatch.setattr(generation, "generate", frames)
    tool = Generate(checkpoint="small")
    assert awaited(tool.call(ToolCall(None, None, note))).text == "ab"
    assert noted == [1, 2]


def test_another_call_stops_a_run_and_its_model_is_kept(url):
    async def train_and_stop(session):
        learned = asyncio.get_running_loop().create_future()

        async def noted(done, total, message):
            found = re.match(r"Run (\w+), step", message)
            if found and not learned.done():
                learned.set_result(found[1])

        arguments = {"text": TEXT, "settings": ENDLESS}
        training = asyncio.create_task(
            session.call_tool("train", arguments, progress_callback=noted)
        )
        run = await learned
        stopped = await session.call_tool("stop_training", {"run": run})
        return run, stopped.structuredContent, (await training).structuredContent

    run, stopped, end = in_session(url, train_and_stop)
    assert stopped["run"] == run
    assert stopped["state"] in ("stopping", "stopped")
    assert end["state"] == "stopped"
    assert end["checkpoint"] == run


def test_a_run_goes_on_when_its_caller_goes_away_and_nobody_watches_it(url, context, monkeypatch):
    left = threading.Event()
    watched = []

    async def watch(context, run, notify, after=0, watch=runs.watch):
        watched.append(run)
        try:
            async for event in watch(context, run, notify, after):
                yield event
        finally:
            left.set()

    monkeypatch.setattr(runs, "watch", watch)
    call = {"name": "train", "arguments": {"text": TEXT, "settings": ENDLESS},
            "_meta": {"progressToken": 1}}  # fmt: skip
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    address = f"{url}gradio_api/mcp/"
    with httpx.stream("POST", address, json=message, headers=HEADERS, timeout=60) as answer:
        next(line for line in answer.iter_lines() if "perplexity" in line)
    assert left.wait(90)
    [run] = watched
    offset = run.read_events()[1]
    while not run.read_events(offset)[0]:
        assert run.is_active
    run.stop()


def test_a_long_call_does_not_hold_up_the_app(url, context, monkeypatch):
    begun, enough = threading.Event(), threading.Event()

    async def score(*arguments):
        begun.set()
        assert await asyncio.to_thread(enough.wait, 60)
        return {"perplexity": 2.0, "bits_per_character": 1.0, "nats": 0.7, "characters": 1,
                "unknown_characters": 0, "protocol": "carried"}  # fmt: skip

    async def ask(session):
        scoring = asyncio.create_task(session.call_tool("score", {"checkpoint": "x", "text": "a"}))
        await asyncio.to_thread(begun.wait, 60)
        listed = await session.call_tool("models", {})
        enough.set()
        return listed, await scoring

    monkeypatch.setattr(generation, "score", score)
    listed, scored = in_session(url, ask)
    assert listed.structuredContent["models"]
    assert scored.structuredContent["perplexity"] == 2.0


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("generate", {"checkpoint": "nowhere"}, "There is no model called 'nowhere'"),
        ("generate", {"checkpoint": "small", "length": 100_001}, "length: "),
        ("generate", {"checkpoint": "small", "length": "many"}, "length: "),
        ("generate", {"checkpoint": "small", "mode": "wild"}, "mode: "),
        ("generate", {"checkpoint": "small", "alpha": 0}, "alpha: "),
        ("generate", {"checkpoint": "small", "lenght": 3}, "The arguments are: checkpoint, "),
        ("generate", {}, "checkpoint: "),
        ("score", {"checkpoint": "small", "text": ""}, "nothing to score"),
        (
            "stop_training",
            {"run": "../../etc/passwd"},
            "There is no such run: it may have been removed. Train again.",
        ),
        ("train", {}, "There is nothing to train on"),
        ("train", {"text": TEXT, "corpus": "songs"}, "not both"),
        ("train", {"text": TEXT, "settings": "{"}, "settings must be a JSON object"),
        ("train", {"text": TEXT, "settings": "[" * 10_001}, "settings: "),
        ("train", {"text": TEXT, "settings": "[" * 9_999}, "settings must be a JSON object"),
        ("train", {"text": TEXT, "settings": '{"colour": 3}'}, "There is no setting 'colour'"),
        ("train", {"text": TEXT, "recipe": "nonsense"}, "There is no recipe 'nonsense'"),
        ("train", {"text": TEXT, "seed": 1.5}, "seed: "),
    ],
)
def test_a_mistake_is_explained_in_a_sentence(url, tool, arguments, words):
    assert words in refusal(url, tool, arguments)


def test_internal_errors_are_not_shown_to_callers(url, context, monkeypatch, caplog):
    def fall_over(run_id):
        raise RuntimeError("a secret of this machine")

    monkeypatch.setattr(context.runs, "find", fall_over)
    assert "secret" not in refusal(url, "stop_training", {"run": "x"})


@pytest.mark.parametrize("tool", ["use_model", "_linked", "poll", "component_server", "upload"])
def test_nothing_of_the_page_is_a_tool(url, tool):
    assert refusal(url, tool, {}).startswith("There is no such tool.")


def test_gradio_s_other_routes_for_mcp_are_gone(url):
    for path in ("sse", "messages/", "http"):
        assert httpx.get(f"{url}gradio_api/mcp/{path}").status_code == 404


def test_the_address_works_without_its_slash(url):
    for path in ("gradio_api/mcp", "gradio_api/mcp/"):
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        assert httpx.post(f"{url}{path}", json=ping, headers=HEADERS).status_code == 200


def test_half_a_surrogate_pair_is_replaced(url):
    arguments = b'{"checkpoint": "small", "prefix": "\\ud800a", "length": 5}'
    asked = (
        b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", '
        b'"params": {"name": "generate", "arguments": %b}}'
    )
    headers = HEADERS | {"content-type": "application/json"}
    answer = httpx.post(f"{url}gradio_api/mcp/", content=asked % arguments, headers=headers)
    told = json.loads(answer.text.partition("data: ")[2])
    text = told["result"]["structuredContent"]["text"]
    assert text.startswith("\ufffda")
    assert len(text) == 7


def test_the_hub_can_read_the_tools_schemas(url, tools):
    told = httpx.get(f"{url}gradio_api/mcp/schema").json()
    assert {tool["name"]: tool["inputSchema"] for tool in told} == {
        name: tool.inputSchema for name, tool in tools.items()
    }


def test_apps_come_one_after_the_other_in_one_process(tmp_path):
    with app_context(tmp_path) as context:
        for _ in range(2):
            with serving(context) as url:
                assert result(f"{url}/", "models") == {"models": []}


def test_the_address_is_that_below_a_proxy_s_path(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/charrnn")
    with app_context(tmp_path) as context, serving(context) as url:
        for path in ("/", "/charrnn/"):  # the proxy takes its path away, or not
            assert result(f"{url}{path}", "models") == {"models": []}


WITHOUT = """
import sys
sys.modules["mcp"] = None  # as where it is not installed
from pathlib import Path
import httpx
from charrnn.ui import AppContext, build, launch_options
from charrnn.runs.manager import RunManager
context = AppContext(RunManager(Path(sys.argv[1])), Path(sys.argv[1]))
page = build(context)
_, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(context))
for path in ("gradio_api/mcp", "gradio_api/mcp/"):
    print(httpx.post(url + path, json={}).status_code, httpx.get(url + path).status_code)
print(httpx.get(url).status_code)
page.close()
context.runs.close()
"""


def test_without_its_package_the_app_starts_and_the_address_answers_404(tmp_path):
    environment = os.environ | {"GRADIO_ANALYTICS_ENABLED": "False"}
    command = [sys.executable, "-c", WITHOUT, tmp_path]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split()[:5] == ["404", "404", "404", "404", "200"]
