"""The public endpoints, called as anyone would: by gradio_client over HTTP. Those that train are in
test_endpoints_train.py."""

import itertools
import json
from pathlib import Path

import endpoints
import httpx
import pytest
from conftest import small_model
from endpoints import ask, refusal

from charrnn.checkpoint import Checkpoint, save
from charrnn.evaluation import score
from charrnn.generation import generate
from charrnn.generation.lines import lines
from charrnn.recipes import RECIPES
from charrnn.ui.operations import generation, inspection, line_generation
from charrnn.vocabulary import Vocabulary

small, context, url, client = endpoints.small, endpoints.context, endpoints.url, endpoints.client
NAMES = {
    "/train", "/follow", "/stop", "/generate", "/lines", "/score", "/inspect", "/find_units",
    "/novelty", "/models", "/recipes",
}  # fmt: skip


def test_exactly_these_endpoints_are_public(client):
    api = client.view_api(return_format="dict", print_info=False)
    assert set(api["named_endpoints"]) == NAMES
    assert api["unnamed_endpoints"] == {}


def test_parameters_have_the_names_that_programs_rely_on(client):
    api = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    names = {
        name: [parameter["parameter_name"] for parameter in endpoint["parameters"]]
        for name, endpoint in api.items()
    }
    assert names == {
        "/train": ["corpus", "text", "recipe", "settings", "seed", "start"],
        "/follow": ["run", "after"],
        "/stop": ["run"],
        "/generate": [
            "checkpoint",
            "prefix",
            "length",
            "mode",
            "alpha",
            "seed",
            "stop",
            "finish_sentence",
        ],
        "/lines": ["checkpoint", "n", "prefix", "alpha", "seed"],
        "/score": ["checkpoint", "text"],
        "/inspect": ["checkpoint", "text"],
        "/find_units": ["checkpoint", "text", "concept"],
        "/novelty": ["generated", "training_text"],
        "/models": [],
        "/recipes": [],
    }


@pytest.mark.parametrize(
    ("endpoint", "parameter", "most"),
    [
        ("/generate", "length", generation.MAX_GENERATED_CHARACTERS),
        ("/lines", "n", line_generation.MAX_LINES),
        ("/score", "text", generation.MAX_SCORED_CHARACTERS),
        ("/inspect", "text", inspection.MAX_INSPECTED_CHARACTERS),
        ("/novelty", "generated", inspection.MAX_GENERATED_CHARACTERS),
        ("/novelty", "training_text", inspection.MAX_TRAINING_CHARACTERS),
    ],
)
def test_the_documentation_of_a_parameter_tells_its_limit(url, endpoint, parameter, most):
    told = httpx.get(f"{url}gradio_api/info").json()["named_endpoints"][endpoint]["parameters"]
    (found,) = [one for one in told if one["parameter_name"] == parameter]
    assert f" {most:,}" in found["type"]["description"]


def test_each_parameter_and_result_is_described_in_full(url):
    told = httpx.get(f"{url}gradio_api/info").json()["named_endpoints"]
    for endpoint in told.values():
        for value in (*endpoint["parameters"], *endpoint["returns"]):
            assert value["type"]["description"].endswith(".")
            assert value["python_type"]["description"] == value["type"]["description"]
    seed = told["/generate"]["parameters"][5]
    assert (seed["label"], seed["parameter_default"]) == ("seed", None)
    assert seed["type"]["description"].endswith("Empty: another text each time.")
    paths = httpx.get(f"{url}gradio_api/openapi.json").json()["paths"]
    body = paths["/gradio_api/call/v2/follow"]["post"]["requestBody"]["content"]
    arguments = body["application/json"]["schema"]["properties"]
    assert "from the `start` event of /train." in arguments["run"]["description"]


def test_models_lists_the_bundled_models(client, small):
    [model] = ask(client, "/models")
    assert (model["name"], model["source"]) == ("small", "bundled")
    assert model["title"] == "Small"
    assert model["perplexity"] == 7.5
    assert model["symbols"] == len(small.vocabulary) - 1
    assert model["parameters"] == small.model.parameter_count


def test_recipes_lists_them_all(client):
    assert [recipe["name"] for recipe in ask(client, "/recipes")] == list(RECIPES)


def test_greedy_text_is_the_same_twice_and_exactly_as_long_as_asked(client, small):
    arguments = {"checkpoint": "small", "prefix": "ab", "length": 57, "mode": "greedy"}
    text = ask(client, "/generate", **arguments)
    assert text == ask(client, "/generate", **arguments)
    assert text == generate(small, "ab", 57, "greedy")
    assert len(text) == 2 + 57


def test_a_seed_makes_a_sampled_text_repeatable(client, small):
    arguments = {"checkpoint": "small", "prefix": "a", "length": 40, "alpha": 0.8}
    text = ask(client, "/generate", **arguments, seed=7)
    assert text == ask(client, "/generate", **arguments, seed=7)
    assert text == generate(small, "a", 40, alpha=0.8, seed=7)
    assert text != ask(client, "/generate", **arguments, seed=8)


def test_lines_are_those_of_the_library(client, small):
    found = ask(client, "/lines", checkpoint="small", n=7, prefix="a", alpha=0.8, seed=7)
    assert found == [one.as_dict() for one in lines(small, 7, "a", 0.8, 7)]
    assert {line["new"] for line in found} == {None}
    assert "give 1 to 200 lines" in refusal(client, "/lines", checkpoint="small", n=201)


def test_a_long_text_is_streamed_as_it_grows(client):
    job = client.submit(checkpoint="small", prefix="a", length=20_000, api_name="/generate")
    frames = list(job)
    assert len(frames) > 1
    for earlier, later in itertools.pairwise(frames):
        assert later.startswith(earlier)
    assert len(frames[-1]) == 20_001


@pytest.mark.parametrize("prefix", ["", "Où, 你好?", "a\nb\n"])
def test_any_prefix_is_kept(client, prefix):
    text = ask(client, "/generate", checkpoint="small", prefix=prefix, length=5)
    assert text.startswith(prefix)
    assert len(text) == len(prefix) + 5


def test_a_text_ends_with_a_sentence_where_one_is_to_be_finished(client, small):
    arguments = {"checkpoint": "small", "prefix": "a", "length": 60}
    ended = {seed: generate(small, "a", 60, seed=seed, sentence_after=45) for seed in range(60)}
    seed = next(seed for seed, text in ended.items() if len(text) < 61)
    text = ask(client, "/generate", **arguments, seed=seed, finish_sentence=True)
    assert text == ended[seed]
    whole = ask(client, "/generate", **arguments, seed=seed)
    assert whole.startswith(text) and len(whole) == 61


def test_a_text_ends_after_what_it_is_to_stop_at(client, small):
    arguments = {"checkpoint": "small", "prefix": "a", "length": 60, "seed": 7}
    whole = ask(client, "/generate", **arguments)
    end = whole[20:22]
    for stop in (end, ["zzz", end]):
        text = ask(client, "/generate", **arguments, stop=stop)
        assert text == generate(small, "a", 60, seed=7, stop=stop) == whole[: len(text)]
        assert text.endswith(end) and len(text) < len(whole)
    assert ask(client, "/generate", **arguments, stop="") == whole
    assert "give a string of 1 to 100" in refusal(client, "/generate", **arguments, stop="x" * 101)


@pytest.mark.parametrize("values", [["small", "a", 9, "greedy", 1.0, 7], ["small", "a", 9]])
def test_a_program_may_leave_out_the_last_values_of_an_endpoint(url, small, values):
    """Programs written before an endpoint had its last parameter send a value less."""
    call = f"{url}gradio_api/call/generate"
    event = httpx.post(call, json={"data": values}).json()["event_id"]
    told = httpx.get(f"{call}/{event}").text
    assert "event: complete" in told
    text = json.loads(told.rsplit("data: ", 1)[1])[0]
    assert len(text) == 10
    if len(values) == 6:
        assert text == generate(small, "a", 9, "greedy")


def test_half_a_surrogate_pair_is_replaced(url):
    call = f"{url}gradio_api/call/generate"
    asked = b'{"data": ["small", "\\ud800a", 5, "greedy", 1, null]}'
    headers = {"Content-Type": "application/json"}
    event = httpx.post(call, content=asked, headers=headers).json()["event_id"]
    told = httpx.get(f"{call}/{event}").text
    assert "event: complete" in told
    text = json.loads(told.rsplit("data: ", 1)[1])[0]
    assert text.startswith("\ufffda")
    assert len(text) == 7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"length": 100_001}, "length = 100001"),
        ({"length": -1}, "length = -1"),
        ({"length": "many"}, "length = 'many': give a whole number"),
        ({"length": 2.5}, "length = 2.5: give a whole number"),
        ({"mode": "wild"}, "choose greedy or sample"),
        ({"alpha": 0}, "alpha = 0"),
        ({"seed": -1}, "seed = -1"),
        ({"prefix": 3}, "prefix = 3: give a text"),
        ({"prefix": "a" * 100_001}, "The prefix has 100,001 characters"),
        ({"finish_sentence": "yes"}, "finish_sentence = 'yes': choose true or false"),
    ],
)
def test_invalid_arguments_of_generate_are_refused_with_a_message(client, arguments, words):
    assert words in refusal(client, "/generate", **({"checkpoint": "small"} | arguments))


def test_score_carries_the_state_over_the_whole_text(client, small):
    text = "abcabc\nßgfedcba" * 20
    told = ask(client, "/score", checkpoint="small", text=text)
    assert told == pytest.approx(score(small, text).as_dict())
    assert told["protocol"] == "carried"
    assert told["unknown_characters"] == 20


def test_a_text_with_nothing_to_score_is_refused_with_a_message(client):
    assert "nothing to score" in refusal(client, "/score", checkpoint="small", text="")


def test_a_path_is_refused_like_any_unknown_name(client, context):
    shelf = Path(context.bundled_dir)
    outside = save(Checkpoint(small_model(vocabulary_size=3), Vocabulary(["<unk>", "a", "b"])),
                   shelf.parent / "outside")  # fmt: skip
    for key in (
        "nobody",
        "../../etc/passwd",
        "../outside",
        str(outside),
        str(shelf / "small"),
        "small/",
        "./small",
        "",
        ".",
    ):
        said = f"There is no model called {key[:59]!r}"[:-1]  # a long one is cut short
        assert refusal(client, "/generate", checkpoint=key).startswith(said)
        assert refusal(client, "/score", checkpoint=key, text="ab").startswith(said)


def test_internal_errors_are_not_shown_to_callers(client, context, monkeypatch, caplog):
    def fall_over(run_id):
        raise RuntimeError("a secret of this machine")

    monkeypatch.setattr(context.runs, "find", fall_over)
    said = refusal(client, "/stop", run="x")
    assert "secret" not in said
    assert "a secret of this machine" in caplog.text
