"""What the server answers about copies: only of texts that the user may read."""

import asyncio
import threading

import pytest
from conftest import awaited, small_model
from launching import app_context

import charrnn
from charrnn.checkpoint import Checkpoint, save
from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.runs.view_ids import view_id
from charrnn.text import datasets, read_text
from charrnn.ui.novelty import Comparer, compare_texts, server_functions, show_copy, stop_comparison
from charrnn.utils.yield_points import yield_point
from charrnn.vocabulary import Vocabulary

STORY = datasets.load("tide-clock").text
TRAINED = STORY[: len(STORY) - round(0.1 * len(STORY))]
SECRET = "a secret that nobody else may read. " * 100


@pytest.fixture(scope="module")
def comparer(tmp_path_factory):
    root = tmp_path_factory.mktemp("app")
    known = Vocabulary.from_text(STORY)
    about = {
        "name": "The Tide Clock",
        "corpus": {"name": "The Tide Clock", "characters": len(STORY)},
        "training": {"validation": 0.1},
    }
    model = small_model(vocabulary_size=len(known))
    save(Checkpoint(model, known, about), root / "shelf" / "tide-clock")
    save(Checkpoint(model, known, {"name": "Other"}), root / "shelf" / "other")
    with app_context(root) as context:
        yield Comparer(context)


@pytest.fixture(scope="module")
def run(comparer):
    run = Run.create(comparer.context.runs.root, make_plan(read_text(SECRET)))
    known = Vocabulary.from_text(SECRET)
    about = {"name": "secret", "training": {"validation": 0.25}}
    model = Checkpoint(small_model(vocabulary_size=len(known)), known, about)
    save(model, run.directory / "checkpoint")
    return run


@pytest.fixture
def upload(tmp_path, monkeypatch):
    """Stores a text as an upload; returns its path."""
    monkeypatch.setattr(server_functions, "get_upload_folder", lambda: str(tmp_path))

    def store(text):
        (tmp_path / "text.txt").write_text(text, "utf-8")
        return str(tmp_path / "text.txt")

    return store


def compare(comparer, *texts, **query):
    return awaited(compare_texts(comparer, {"texts": list(texts), **query}, None))


def show(comparer, **query):
    return awaited(show_copy(comparer, query, None))


def test_a_text_is_compared_with_the_part_that_was_trained_on(comparer):
    text = "Copied: " + TRAINED[1000:1100] + "\n" + STORY[-200:-100]
    told = compare(comparer, text, "", checkpoint="tide-clock")
    expected = charrnn.novelty(text, TRAINED)
    found, empty = told["comparisons"]
    assert empty is None
    assert found["copied_spans"] == [list(span) for span in expected.copied_spans]
    assert found["longest"] == expected.longest >= 100
    assert found["new_ngrams"] == expected.as_dict()["new_ngrams"]
    held_out = charrnn.novelty(STORY[len(TRAINED) :], TRAINED)
    assert told["held_out"]["new_ngrams"] == held_out.as_dict()["new_ngrams"]
    assert told["held_out"]["copied"] == held_out.copied
    assert not [name for name in told["held_out"] if "spans" in name]


def test_a_copy_is_shown_in_its_place(comparer):
    told = show(comparer, checkpoint="tide-clock", start=1000, length=100)
    assert told["copy"] == TRAINED[1000:1100]
    assert TRAINED[:1000].endswith(told["before"]) and len(told["before"]) > 50
    assert TRAINED[1100:].startswith(told["after"]) and len(told["after"]) > 50


def test_what_is_held_out_is_not_shown_as_trained_on(comparer):
    told = show(comparer, checkpoint="tide-clock", start=len(TRAINED) - 10, length=500)
    assert (told["copy"], told["after"]) == (TRAINED[-10:], "")
    assert show(comparer, checkpoint="tide-clock", start=-5, length=10**9)["before"] == ""
    assert show(comparer, checkpoint="tide-clock", start="1", length=None) == {"at_hand": False}


def test_the_text_of_a_run_is_its_owners_only(comparer, run):
    copied = SECRET[:200]
    assert compare(comparer, copied, checkpoint=run.id)["comparisons"][0]["longest"] == 200
    assert show(comparer, checkpoint=run.id, start=0, length=36)["copy"] == SECRET[:36]
    watched = view_id(run.id)
    assert compare(comparer, copied, checkpoint=watched) == {"at_hand": False}
    assert show(comparer, checkpoint=watched, start=0, length=36) == {"at_hand": False}


def test_a_training_text_can_be_brought_along(comparer, upload):
    assert compare(comparer, "a", checkpoint="other") == {"at_hand": False}
    file = upload("before " + SECRET)
    told = compare(comparer, SECRET[:50], checkpoint="other", file=file)
    assert told["comparisons"][0]["longest"] == 50
    assert told["held_out"] is None
    shown = show(comparer, checkpoint="other", file=file, start=7, length=8)
    assert (shown["before"], shown["copy"]) == ("before ", "a secret")


def test_only_an_uploaded_file_is_read(comparer, upload, tmp_path):
    upload("x")
    for file in ("/etc/passwd", str(tmp_path / ".." / "text.txt"), str(tmp_path / "gone.txt")):
        for told in (
            compare(comparer, "a", checkpoint="other", file=file),
            show(comparer, checkpoint="other", file=file, start=0, length=5),
        ):
            assert "problem" in told and "root:" not in str(told)


def test_problems_name_their_field(comparer, monkeypatch):
    most = server_functions.MAX_COMPARED_CHARACTERS
    problem = compare(comparer, "a" * (most + 1), checkpoint="tide-clock")["problem"]
    assert problem["field"] == "text" and "100,000" in problem["message"]
    assert compare(comparer, "a", checkpoint="gone")["problem"]["field"] == "checkpoint"
    monkeypatch.setattr(server_functions, "MAX_TRAINING_CHARACTERS", 1000)
    problem = compare(comparer, "a", checkpoint="tide-clock")["problem"]
    assert problem["field"] == "corpus" and "1,000" in problem["message"]


def test_the_figures_of_a_held_out_text_are_computed_once(comparer, monkeypatch):
    compare(comparer, "a", checkpoint="tide-clock")
    compared = []
    monkeypatch.setattr(
        server_functions,
        "novelty",
        lambda text, whole: compared.append(text) or charrnn.novelty(text, whole),
    )
    assert compare(comparer, "abc", checkpoint="tide-clock")["held_out"] is not None
    assert compared == ["abc"]


@pytest.mark.parametrize("newer", [True, False])
def test_a_comparison_that_nobody_waits_for_stops(comparer, monkeypatch, newer):
    begun, ended, compare_now = threading.Event(), threading.Event(), server_functions.novelty

    def compare_slowly(text, training):
        if text != "slow":
            return compare_now(text, training)
        begun.set()
        try:
            while True:
                yield_point()
                ended.wait(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(server_functions, "novelty", compare_slowly)
    query = {"checkpoint": "tide-clock", "job": "mine"}

    async def stopped():
        slow = asyncio.create_task(compare_texts(comparer, query | {"texts": ["slow"]}, None))
        assert await asyncio.to_thread(begun.wait, 30)
        await stop_comparison(comparer, {"job": "another"}, None)
        assert not slow.done()
        if newer:
            assert "comparisons" in await compare_texts(comparer, query | {"texts": ["a"]}, None)
        else:
            await stop_comparison(comparer, {"job": "mine"}, None)
        return await slow

    assert awaited(stopped()) == {}
    assert ended.wait(90)
