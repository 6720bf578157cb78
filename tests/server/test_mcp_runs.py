"""The tools that start, watch and stop training, by MCP's official client."""

import asyncio
import json
import re

import endpoints
import pytest

pytest.importorskip("mcp")
from mcp_client import in_session, refusal, refusals, result

from charrnn.runs.view_ids import view_id

small, context, url = endpoints.small, endpoints.context, endpoints.url
TEXT = "the tide comes in and the tide goes out\n" * 60
QUICK = {"hidden_size": 16, "layers": 1, "epochs": 12, "batch_size": 4}
ENDLESS = QUICK | {"epochs": 1_000_000, "settings": json.dumps({"steps": 16, "sample_every": 1})}
ACTIVE = ("queued", "running", "stopping")


@pytest.fixture
def endless(url):
    """The id of a run that goes on until it is stopped."""
    run = result(url, "start_training", text=TEXT, **ENDLESS)["run"]
    yield run
    result(url, "stop_training", run=run)


def arguments_for(schema, wishes):
    """Arguments that a schema allows, found by what the descriptions say of them."""
    named = {}
    for words, value in wishes.items():
        found = [
            name
            for name, field in schema["properties"].items()
            if re.search(words, field["description"], re.I)
        ]
        assert len(found) == 1, (words, found)
        named[found[0]] = value
    assert set(schema.get("required", ())) <= set(named)
    return named


def test_an_agent_that_knows_the_descriptions_only_trains_watches_stops_generates_and_inspects(url):
    async def play(session):
        tools = {}
        for tool in (await session.list_tools()).tools:
            tools[tool.description.split(".")[0]] = tool

        def find(words):
            [found] = [tool for text, tool in tools.items() if re.search(words, text)]
            return found

        async def call(words, **wishes):
            tool = find(words)
            named = arguments_for(tool.inputSchema, wishes)
            answer = await session.call_tool(tool.name, named)
            assert not answer.isError, answer.content
            return answer.structuredContent

        begun = await call(
            "return at once",
            **{"^The text to train on": TEXT, "^Passes": 12, "^Hidden units": 16,
               "^Sequences in": 4, "recurrent cell": "gru", "set to zero": 0.0},
        )  # fmt: skip
        told = begun
        while told["state"] in ACTIVE:
            told = await call(
                "how a training run goes",
                **{"run's id": begun["run"], "wait for news": 20, "only later": told["events"]},
            )
        model = {"^A model: a name": told["checkpoint"]}
        text = await call("continue a text", **model, **{"text begins": "the ", "to write": 30})
        score = await call("how well", **model, **{"text to score": TEXT})
        inspected = await call(
            "character by character: what", **model, **{"text to read": "the tide"}
        )
        copied = await call(
            "a generated text is copied",
            **{"generated text": text["text"], "was trained on, the text": TEXT},
        )
        endless = await call(
            "return at once", **{"^The text to train on": TEXT, "^Passes": 1_000_000}
        )
        stopped = await call("End a training run", **{"run's id": endless["run"]})
        return begun, told, text, score, inspected, copied, stopped

    begun, told, text, score, inspected, copied, stopped = in_session(url, play)
    assert begun["state"] in ACTIVE
    assert (told["state"], told["checkpoint"]) == ("finished", begun["run"])
    assert told["message"] and told["sample"]
    assert told["validation_perplexity"] < told["baselines"]["unigram"]
    assert len(text["text"]) == 34
    assert score["perplexity"] < told["baselines"]["unigram"]
    assert inspected["characters"] == list("the tide")
    assert copied["characters"] == 34
    assert stopped["state"] in ("stopped", "stopping")


def test_a_run_is_started_at_once_watched_and_stopped(url, endless):
    async def play(session):
        told = []
        for _ in range(3):
            after = {"after": told[-1]["events"]} if told else {}
            wishes = {"run": endless, "wait_seconds": 60, **after}
            answer = await session.call_tool("run_status", wishes)
            told.append(answer.structuredContent)
        stopped = (await session.call_tool("stop_training", {"run": endless})).structuredContent
        again = await session.call_tool("run_status", {"run": endless, "wait_seconds": 60})
        return told, stopped, again.structuredContent

    told, stopped, again = in_session(url, play)
    counts = [one["events"] for one in told]
    assert counts == sorted(set(counts)), "each answer has something new"
    assert told[-1]["state"] == "running" and told[-1]["sample"]
    assert stopped["state"] == "stopped" and stopped["checkpoint"] == endless
    assert again == stopped, "no news of a run that has ended"


def test_a_run_in_the_queue_tells_its_place_and_the_answer_waits_until_that_changes(url, endless):
    async def play(session):
        begun = (
            await session.call_tool("start_training", {"text": TEXT} | ENDLESS)
        ).structuredContent
        asked = {"run": begun["run"], "wait_seconds": 60}
        waiting = asyncio.create_task(session.call_tool("run_status", asked))
        done, _ = await asyncio.wait({waiting}, timeout=1)
        await session.call_tool("stop_training", {"run": endless})
        moved = (await waiting).structuredContent
        await session.call_tool("stop_training", {"run": begun["run"]})
        return begun, done, moved

    begun, done, moved = in_session(url, play)
    assert (begun["state"], begun["place"], begun["seconds"]) == ("queued", 1, 0)
    assert not done, "nothing happens while the other run trains"
    assert (moved["state"], moved["place"]) == ("running", None)


def test_a_run_is_known_by_its_own_id_only(url, endless):
    key = view_id(endless)
    for refused in refusals(url, [(t, {"run": key}) for t in ("run_status", "stop_training")]):
        assert "only the browser or program that started the run knows it" in refused
    assert "no such run" in refusal(url, "run_status", {"run": "0" * 32})
    assert result(url, "run_status", run=endless)["state"] in ACTIVE


def test_a_setting_is_an_argument_or_in_the_json_and_zero_counts(url, context):
    settings = json.dumps({"dropout": 0.5, "optimizer": "sgd", "layers": 2})
    begun = result(url, "start_training", text=TEXT, **QUICK, dropout=0, settings=settings)
    training = context.runs.find(begun["run"]).manifest
    assert training["model"]["dropout"] == 0
    assert training["model"]["layers"] == 1
    assert training["training"]["optimizer"] == "sgd"
    result(url, "stop_training", run=begun["run"])


def test_a_run_starts_from_a_model_that_is_named(url, context, small):
    short = {"text": TEXT, "recipe": "custom", "epochs": 1}
    told = result(url, "train", **short, start="small")
    assert told["state"] == "finished"
    manifest = context.runs.find(told["run"]).manifest
    assert manifest["started_from"]["model"] == "small"
    assert manifest["model"]["hidden_size"] == small.model.config.hidden_size
    begun = result(url, "start_training", **short, start=told["checkpoint"])
    assert context.runs.find(begun["run"]).manifest["started_from"]["digest"]
    result(url, "stop_training", run=begun["run"])
    wrong = {"/etc/passwd": "There is no model called", view_id(told["run"]): "only its owner can"}
    wrong |= {"https://example.org/a": "There is no model called", "nowhere": "no model called"}
    said = refusals(url, [("start_training", {**short, "start": name}) for name in wrong])
    assert all(words in answer for words, answer in zip(wrong.values(), said, strict=True))
    contradiction = {**short, "start": "small", "hidden_size": 99}
    assert "the model to start from has hidden_size" in refusal(url, "train", contradiction)


def test_a_text_is_given_by_the_name_of_a_corpus(url):
    named = result(url, "novelty", generated="The tide clock", corpus="tide-clock")
    assert named["longest"] == 14
    assert "not both" in refusal(
        url, "score", {"checkpoint": "small", "text": "abc", "corpus": "songs"}
    )
