"""The six public endpoints, called as anyone would: by gradio_client over HTTP."""

import itertools
import json
import os
from pathlib import Path

import httpx
import pytest
from conftest import small_model
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from charrnn import corpora
from charrnn.checkpoint import Checkpoint, save
from charrnn.corpus import Corpus
from charrnn.evaluation import score
from charrnn.generation import generate
from charrnn.recipes import RECIPES
from charrnn.ui import House, build, launch_options
from charrnn.vocabulary import Vocabulary
from charrnn.workers import Runs

TEXT = "the tide comes in and the tide goes out\n" * 60
QUICK = {"hidden_size": 16, "layers": 1, "epochs": 12, "batch_size": 4, "steps": 16}
NAMES = {"/train", "/stop", "/generate", "/score", "/models", "/recipes"}


@pytest.fixture(scope="module")
def small():
    vocabulary = Vocabulary.from_text("aaaaaaaabbbbbbbccccccdddddeeeefffgg\n ")
    model = small_model(vocabulary_size=len(vocabulary))
    about = {"name": "Small", "corpus": {"name": "Letters"}, "recipe": "sprint"}
    results = {"results": {"validation_perplexity": 7.5}}
    return Checkpoint(model, vocabulary, about | results)


@pytest.fixture(scope="module")
def house(tmp_path_factory, small):
    root = tmp_path_factory.mktemp("house")
    save(small, root / "checkpoints" / "small")
    runs = Runs(root / "runs")
    yield House(runs, root / "checkpoints")
    runs.close()


@pytest.fixture(scope="module")
def url(house):
    app = build(house)
    _, address, _ = app.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    yield address
    app.close()


@pytest.fixture(scope="module")
def client(url):
    return Client(url, verbose=False)


def ask(client, endpoint, **arguments):
    return client.predict(api_name=endpoint, **arguments)


def events(client, **arguments):
    return list(client.submit(api_name="/train", **arguments))


def refusal(client, endpoint, **arguments):
    with pytest.raises(AppError) as raised:
        ask(client, endpoint, **arguments)
    return str(raised.value)


def test_exactly_six_endpoints_are_public(client):
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
        "/train": ["corpus", "text", "recipe", "settings", "seed"],
        "/stop": ["run"],
        "/generate": ["checkpoint", "prefix", "length", "mode", "alpha", "seed"],
        "/score": ["checkpoint", "text"],
        "/models": [],
        "/recipes": [],
    }


def test_models_lists_what_is_on_the_shelf(client, small):
    [model] = ask(client, "/models")
    assert model["name"] == "small"
    assert model["title"] == "Small"
    assert model["perplexity"] == 7.5
    assert model["symbols"] == len(small.vocabulary) - 1
    assert model["parameters"] == small.model.parameter_count


def test_recipes_lists_them_all(client):
    assert [recipe["name"] for recipe in ask(client, "/recipes")] == list(RECIPES)


def test_training_on_a_text_streams_every_event_once_with_falling_perplexity(client):
    told = events(client, text=TEXT, settings=QUICK, seed=1)
    assert told[0]["event"] == "start"
    assert told[0]["training"]["seed"] == 1
    assert told[-1]["event"] == "end"
    assert told[-1]["reason"] == "finished"
    steps = [event["step"] for event in told if event["event"] == "progress"]
    assert steps == sorted(set(steps))
    perplexities = [event["train_perplexity"] for event in told if event["event"] == "progress"]
    assert perplexities[-1] < perplexities[0] / 2


def test_the_stream_is_the_run_s_own_record_without_this_machine_s_paths(client, house):
    told = events(client, text=TEXT, settings=QUICK)
    run = house.runs.find(told[0]["run"])
    recorded, _ = run.read_events()
    for event in recorded:
        if event["event"] == "checkpoint":
            event["path"] = None
        if event["event"] == "end":
            event["checkpoint"] = run.id
    assert told == recorded
    assert str(house.runs.root) not in str(told)


def test_a_trained_run_can_be_generated_from_and_scored(client):
    run = events(client, text=TEXT, settings=QUICK)[0]["run"]
    text = ask(client, "/generate", checkpoint=run, prefix="the ", length=30, mode="greedy")
    assert text.startswith("the ")
    assert len(text) == 34
    assert ask(client, "/score", checkpoint=run, text=TEXT)["perplexity"] < 20


def test_training_on_an_uploaded_file_finds_its_encoding(client, tmp_path):
    poem = "分开不分开，我们还是会重来。\n" * 80
    file = tmp_path / "poem.txt"
    file.write_bytes(poem.encode("gb18030"))
    told = events(client, corpus=handle_file(str(file)), settings=QUICK)
    assert told[-1]["reason"] == "finished"
    assert told[0]["vocabulary_size"] == len(set(poem)) + 1
    assert told[0]["characters"] == len(poem)


def test_a_text_beside_an_uploaded_file_is_refused(client, tmp_path):
    file = tmp_path / "text.txt"
    file.write_text(TEXT)
    for corpus in (handle_file(str(file)), [handle_file(str(file))]):
        assert "not both" in refusal(client, "/train", corpus=corpus, text=TEXT)


def test_a_run_that_cannot_be_kept_is_refused_without_this_machine_s_paths(
    client, house, monkeypatch
):
    def refuse(corpus, directory):
        raise OSError(28, "No space left on device", str(directory))

    monkeypatch.setattr(Corpus, "save", refuse)
    said = refusal(client, "/train", text=TEXT, settings=QUICK)
    assert said == "The run cannot be kept: No space left on device."


def test_training_on_a_text_by_its_name(client):
    settings = {**QUICK, "epochs": None, "seconds": 0.5}
    told = events(client, corpus="songs", settings=settings)
    assert told[0]["characters"] == corpora.find("songs").characters


def test_settings_may_be_a_json_string(client):
    settings = '{"cell": "gru", "hidden_size": 8, "epochs": 1, "batch_size": 4, "steps": 16}'
    start = events(client, text=TEXT, settings=settings)[0]
    assert start["model"]["cell"] == "gru"
    assert start["model"]["hidden_size"] == 8


def test_a_second_client_stops_a_run_and_its_model_is_kept(client, url):
    job = client.submit(text=TEXT, settings={**QUICK, "epochs": 1_000_000}, api_name="/train")
    told = iter(job)
    run = next(told)["run"]
    while next(told)["event"] != "progress":
        pass
    state = ask(Client(url, verbose=False), "/stop", run=run)
    assert state in ("stopping", "stopped")
    *_, end = told
    assert end["reason"] == "stopped"
    assert ask(client, "/stop", run=run) == "stopped"
    assert ask(client, "/generate", checkpoint=run, prefix="t", length=3)[0] == "t"


def test_a_run_goes_on_when_its_caller_goes_away(client, house):
    leaving = client.submit(text=TEXT, settings={**QUICK, "epochs": 1_000_000}, api_name="/train")
    run = house.runs.find(next(iter(leaving))["run"])
    leaving.cancel()
    offset = run.read_events()[1]
    while not run.read_events(offset)[0]:
        assert run.live
    run.stop()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"text": TEXT, "settings": {"hidden_size": -3}}, "hidden_size = -3"),
        ({"text": TEXT, "settings": {"colour": 3}}, "There is no setting 'colour'"),
        ({"text": TEXT, "settings": "{"}, "settings must be a JSON object"),
        ({"text": TEXT, "settings": [1]}, "settings must be a JSON object"),
        ({"text": TEXT, "recipe": "nonsense"}, "There is no recipe 'nonsense'"),
        ({"text": TEXT, "seed": 1.5}, "seed = 1.5: give a whole number"),
        ({}, "There is nothing to train on"),
        ({"text": TEXT, "corpus": "songs"}, "not both"),
        ({"corpus": "no-such-text"}, "no-such-text"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_words(client, arguments, words):
    assert words in refusal(client, "/train", **arguments)


def test_only_uploaded_files_are_read(client, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text(TEXT)
    for path in (str(secret), os.path.relpath(secret), "/etc/passwd", "", "\0", None, 3):
        for corpus in ({"path": path}, [{"path": path}], {}, [path]):
            assert "has not been uploaded" in refusal(client, "/train", corpus=corpus)


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


def test_half_a_surrogate_pair_is_replaced_not_choked_on(url):
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
    ],
)
def test_what_cannot_be_generated_is_refused_in_words(client, arguments, words):
    assert words in refusal(client, "/generate", **({"checkpoint": "small"} | arguments))


def test_a_score_is_that_of_the_whole_text_carried(client, small):
    text = "abcabc\nßgfedcba" * 20
    told = ask(client, "/score", checkpoint="small", text=text)
    assert told == pytest.approx(score(small, text).as_dict())
    assert told["protocol"] == "carried"
    assert told["unknown_characters"] == 20


def test_a_text_with_nothing_to_score_is_refused_in_words(client):
    assert "nothing to score" in refusal(client, "/score", checkpoint="small", text="")


def test_a_path_is_refused_like_any_unknown_name(client, house):
    shelf = Path(house.shelf)
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
        said = f"There is no model called {key!r}"
        assert refusal(client, "/generate", checkpoint=key).startswith(said)
        assert refusal(client, "/score", checkpoint=key, text="ab").startswith(said)


def test_an_unknown_run_cannot_be_stopped(client):
    for run in ("0123456789abcdef", "../../etc/passwd", "small", ""):
        assert refusal(client, "/stop", run=run) == "There is no such run."


def test_what_goes_wrong_inside_is_not_told_to_callers(client, house, monkeypatch, caplog):
    def fall_over(run_id):
        raise RuntimeError("a secret of this machine")

    monkeypatch.setattr(house.runs, "find", fall_over)
    said = refusal(client, "/stop", run="x")
    assert "secret" not in said
    assert "a secret of this machine" in caplog.text
