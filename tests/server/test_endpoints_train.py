"""The endpoints that train and stop, called as anyone would: by gradio_client over HTTP."""

import os

import endpoints
import pytest
from endpoints import ask, events, refusal
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from charrnn.corpus import Corpus
from charrnn.runs.view_ids import view_id
from charrnn.text import datasets

small, context, url, client = endpoints.small, endpoints.context, endpoints.url, endpoints.client
TEXT = "the tide comes in and the tide goes out\n" * 60
QUICK = {"hidden_size": 16, "layers": 1, "epochs": 12, "batch_size": 4, "steps": 16}


@pytest.fixture(scope="module")
def told(client):
    """The events of a run, as a caller of /train has got them."""
    return events(client, text=TEXT, settings=QUICK, seed=1)


def test_training_on_a_text_streams_every_event_once_with_falling_perplexity(told):
    assert told[0]["event"] == "start"
    assert told[0]["training"]["seed"] == 1
    assert told[-1]["event"] == "end"
    assert told[-1]["reason"] == "finished"
    steps = [event["step"] for event in told if event["event"] == "progress"]
    assert steps == sorted(set(steps))
    perplexities = [event["train_perplexity"] for event in told if event["event"] == "progress"]
    assert perplexities[-1] < perplexities[0] / 2


def test_the_stream_is_the_run_s_own_record_without_this_machine_s_paths(told, context):
    run = context.runs.find(told[0]["run"])
    recorded, _ = run.read_events()
    for event in recorded:
        if event["event"] == "checkpoint":
            event["path"] = None
        if event["event"] == "end":
            event["checkpoint"] = run.id
    assert told == recorded
    assert str(context.runs.root) not in str(told)


def test_a_trained_run_can_be_generated_from_and_scored(client, told):
    run = told[0]["run"]
    text = ask(client, "/generate", checkpoint=run, prefix="the ", length=30, mode="greedy")
    assert text.startswith("the ")
    assert len(text) == 34
    assert ask(client, "/score", checkpoint=run, text=TEXT)["perplexity"] < 20


def test_a_run_starts_from_a_model_by_its_name_or_from_a_run_by_its_id(
    client, context, told, small
):
    settings = {"epochs": 1, "batch_size": 4, "steps": 16}
    given = {"text": TEXT, "recipe": "custom", "settings": settings}
    first = events(client, **given, start="small")
    assert first[0]["started_from"]["name"] == "Small"
    assert first[0]["started_from"]["model"] == "small"
    assert first[0]["model"]["hidden_size"] == small.model.config.hidden_size
    assert context.runs.find(first[0]["run"]).start.vocabulary.symbols == small.vocabulary.symbols
    second = events(client, **given, start=told[0]["run"])
    assert second[0]["model"]["hidden_size"] == QUICK["hidden_size"]
    assert second[0]["started_from"]["symbols_new"] == 0
    known = second[0]["started_from"]["validation_perplexity"]
    assert known == pytest.approx(told[-1]["validation_perplexity"], rel=0.01)
    assert second[-1]["reason"] == "finished"


def test_a_client_that_knows_of_no_start_calls_as_before(client):
    job = client.submit(None, TEXT, "sprint", {**QUICK, "epochs": 1}, 3, api_name="/train")
    start, *_ = job
    assert start["started_from"] is None and start["training"]["seed"] == 3


@pytest.mark.parametrize(
    ("start", "more", "words"),
    [
        ("../small", {}, "There is no model called '../small'"),
        ("/etc/passwd", {}, "There is no model called '/etc/passwd'"),
        ("checkpoints/small", {}, "HF_HUB_OFFLINE"),  # which is the id of a model on the Hub
        ("https://huggingface.co/ada/letters", {}, "There is no model called 'https://"),
        ("0" * 32, {}, "There is no model called '00"),
        ("start-../small", {}, "There is no such run"),
        (7, {}, "start = 7: give a text"),
        (["small"], {}, "start = ['small']: give a text"),
        (0, {}, "start = 0: give a text"),
        (False, {}, "start = False: give a text"),
        ([], {}, "start = []: give a text"),
        ({}, {}, "start = {}: give a text"),
        ("small", {"recipe": "lyrics-concise"}, "begins with random weights"),
        ("small", {"settings": {"hidden_size": 99}}, "hidden_size = 99: the model to start from"),
        ("small", {"settings": {"cell": "tanh"}}, "cell = tanh: the model to start from"),
    ],
)
def test_what_is_no_model_to_start_from_is_refused(client, start, more, words):
    assert words in refusal(client, "/train", **{"text": TEXT, "start": start, **more})


def test_nobody_starts_from_a_run_by_its_link(client, told):
    link = view_id(told[0]["run"])
    said = refusal(client, "/train", text=TEXT, start=link)
    assert "only its owner can start another run from it" in said


def test_training_on_an_uploaded_file_finds_its_encoding(client, tmp_path):
    poem = "分开不分开，我们还是会重来。\n" * 80
    file = tmp_path / "poem.txt"
    file.write_bytes(poem.encode("gb18030"))
    told = events(client, corpus=handle_file(str(file)), settings={**QUICK, "epochs": 1})
    assert told[-1]["reason"] == "finished"
    assert told[0]["vocabulary_size"] == len(set(poem)) + 1
    assert told[0]["characters"] == len(poem)


def test_a_text_beside_an_uploaded_file_is_refused(client, tmp_path):
    file = tmp_path / "text.txt"
    file.write_text(TEXT)
    for corpus in (handle_file(str(file)), [handle_file(str(file))]):
        assert "not both" in refusal(client, "/train", corpus=corpus, text=TEXT)


def test_a_run_that_cannot_be_written_is_refused_without_paths_of_this_machine(
    client, context, monkeypatch
):
    def refuse(corpus, directory):
        raise OSError(28, "No space left on device", str(directory))

    monkeypatch.setattr(Corpus, "save", refuse)
    said = refusal(client, "/train", text=TEXT, settings=QUICK)
    assert said == "The run could not be saved: No space left on device."


def test_training_on_a_text_by_its_name(client):
    settings = {**QUICK, "epochs": None, "seconds": 0.5}
    told = events(client, corpus="songs", settings=settings)
    assert told[0]["characters"] == datasets.find_dataset("songs").characters


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


def test_a_run_goes_on_when_its_caller_goes_away(client, context):
    leaving = client.submit(text=TEXT, settings={**QUICK, "epochs": 1_000_000}, api_name="/train")
    run = context.runs.find(next(iter(leaving))["run"])
    leaving.cancel()
    offset = run.read_events()[1]
    while not run.read_events(offset)[0]:
        assert run.is_active
    run.stop()


def follow(client, **arguments):
    return list(client.submit(api_name="/follow", **arguments))


def test_a_run_is_followed_again_from_the_event_where_the_connection_was_lost(client, told):
    run = told[0]["run"]
    assert follow(client, run=run) == told
    assert follow(client, run=run, after=3) == told[3:]
    assert "you have all of its events" in refusal(client, "/follow", run=run, after=len(told))


def test_a_run_that_goes_on_is_followed_to_its_end(client, url):
    leaving = client.submit(text=TEXT, settings={**QUICK, "epochs": 1_000_000}, api_name="/train")
    run = next(iter(leaving))["run"]
    leaving.cancel()
    events = iter(Client(url, verbose=False).submit(run=run, after=1, api_name="/follow"))
    while next(events)["event"] != "progress":
        pass
    ask(client, "/stop", run=run)
    *_, end = events
    assert (end["event"], end["reason"]) == ("end", "stopped")


def test_only_who_has_the_id_of_a_run_follows_it(client, told):
    key = view_id(told[0]["run"])
    assert "only the browser or program that started the run" in refusal(client, "/follow", run=key)
    assert "There is no such run" in refusal(client, "/follow", run="0" * 32)
    assert "after = -1" in refusal(client, "/follow", run=told[0]["run"], after=-1)
    assert "after = 'x'" in refusal(client, "/follow", run=told[0]["run"], after="x")


def test_a_job_that_is_iterated_hides_its_error_and_its_result_raises_it(client):
    """What the loop in docs/using.md is for."""
    job = client.submit(text=TEXT, settings={"hidden_size": -3}, api_name="/train")
    assert list(job) == []
    with pytest.raises(AppError, match="hidden_size = -3"):
        job.result()


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
def test_invalid_arguments_of_train_are_refused_with_a_message(client, arguments, words):
    assert words in refusal(client, "/train", **arguments)


def test_only_uploaded_files_are_read(client, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text(TEXT)
    for path in (str(secret), os.path.relpath(secret), "/etc/passwd", "", "\0", None, 3):
        for corpus in ({"path": path}, [{"path": path}], {}, [path]):
            assert "has not been uploaded" in refusal(client, "/train", corpus=corpus)


@pytest.mark.parametrize(
    ("endpoint", "argument", "others"),
    [
        ("/train", "text", {}),
        ("/train", "recipe", {"text": TEXT}),
        ("/train", "settings", {"text": TEXT}),
        ("/train", "seed", {"text": TEXT}),
        ("/train", "start", {"text": TEXT}),
        ("/stop", "run", {}),
        ("/generate", "checkpoint", {}),
        ("/generate", "prefix", {"checkpoint": "small"}),
        ("/generate", "length", {"checkpoint": "small"}),
        ("/score", "text", {"checkpoint": "small"}),
    ],
)
def test_no_argument_but_the_corpus_may_be_a_file(client, tmp_path, endpoint, argument, others):
    file = tmp_path / "secret.txt"
    file.write_text("what only a file holds\n" * 60)
    for given in (handle_file(str(file)), [handle_file(str(file))]):
        said = refusal(client, endpoint, **others, **{argument: given})
        assert said.startswith((f"{argument} ", "There is no setting 'path'"))
        assert "what only a file holds" not in said


def test_an_unknown_run_cannot_be_stopped(client):
    for run in ("0123456789abcdef", "../../etc/passwd", "small", ""):
        assert refusal(client, "/stop", run=run) == (
            "There is no such run: it may have been removed. Train again."
        )
