"""*Start from* on the Train tab: the models on offer, who may take which, and what they decide."""

import gc
import weakref
from dataclasses import replace

import launching
import pytest
from conftest import awaited, small_model

from charrnn.checkpoint import Checkpoint, save
from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.runs.limits import Limits
from charrnn.runs.manager import RunManager
from charrnn.runs.view_ids import view_id
from charrnn.training import start_proposal
from charrnn.ui.push_dialog import Pushes
from charrnn.ui.services.context import AppContext
from charrnn.ui.services.start_models import find_start, key_of_start, propose, start_options
from charrnn.ui.train.form_storage import checked_values
from charrnn.ui.train.holdout_offer import hold_out
from charrnn.ui.train.request import CUSTOM, OWN, TEXTBOOK, TrainRequest
from charrnn.ui.train.start_model import (
    AUTOMATIC,
    checked_key,
    list_starts,
    note_of,
    with_proposed_start,
)
from charrnn.vocabulary import Vocabulary

TEXT = "the cat sat on the mat and the dog sat on the log. "
context = launching.context


@pytest.fixture
def models(context):
    """Models that come with the app: a base and another one."""
    vocabulary = Vocabulary.from_text(TEXT)
    model = small_model("gru", vocabulary_size=len(vocabulary), hidden_size=12)
    for name, title in (("base-tale", "Tales"), ("small", "Small")):
        save(Checkpoint(model, vocabulary, {"name": title}), context.bundled_dir / name)
    (context.bundled_dir / "base-tale" / "README.md").write_text("---\nlicense: gpl-3.0\n---\n")
    return context


def request_from(context, key, **more):
    """A request whose model to start from has been found."""
    given = TrainRequest(corpus=OWN, paste=TEXT * 60, start_key=key, **more)
    return replace(given, start=find_start(context, key, None))


def run_from(context, key, client="ada", **more):
    return context.runs.start(request_from(context, key, **more).resolved().plan(), client)


def with_model(context, run):
    """The run, with a model of its own."""
    source = context.bundled_dir / "small"
    (run.directory / "checkpoint").mkdir()
    for file in source.iterdir():
        (run.directory / "checkpoint" / file.name).write_bytes(file.read_bytes())
    return run


@pytest.fixture
def queue(models):
    """The models, in an app whose runs wait."""
    root = models.runs.root
    models.runs.close()
    runs = RunManager(root, workers=0, limits=Limits())
    yield AppContext(runs, models.bundled_dir)
    runs.close(timeout_seconds=0)  # there are no workers to wait for


def test_bases_are_offered_first_then_others_and_own_runs_but_none_that_is_only_watched(queue):
    run = with_model(queue, run_from(queue, "small"))
    watched = with_model(queue, run_from(queue, "small"))
    groups = start_options(queue, [run.id, view_id(watched.id), "ada/model"], "en")
    assert list(groups) == ["bases", "bundled", "runs", "opened"]
    keys = {name: [key for _, key in options] for name, options in groups.items()}
    assert keys == {
        "bases": ["base-tale"],
        "bundled": ["small"],
        "runs": [run.id],
        "opened": ["ada/model"],
    }
    query = {"state": {"runs": [run.id]}, "chosen": "x" * 999}
    answer = awaited(list_starts(queue, query, None))
    assert [key for _, key in answer["groups"]["runs"]] == [run.id]


def test_nobody_starts_from_the_run_of_somebody_else(queue):
    run = with_model(queue, run_from(queue, "small"))
    assert find_start(queue, run.id, None).key == run.id
    with pytest.raises(UserError, match="only its owner can start another run") as refused:
        find_start(queue, view_id(run.id), None)
    assert refused.value.field == "start"
    for key in ("nothing-like-it", "0" * 32, f"start-{view_id(run.id)}", "start-../small"):
        with pytest.raises(UserError) as refused:
            find_start(queue, key, None)
        assert refused.value.field == "start", key


def test_a_run_keeps_the_model_with_its_name_and_license(queue):
    run = run_from(queue, "base-tale", recipe="sprint")
    start = run.manifest["started_from"]
    assert (start["name"], start["model"], start["license"]) == ("Tales", "base-tale", "gpl-3.0")
    assert run.manifest["model"]["cell"] == "gru" and run.manifest["model"]["hidden_size"] == 12
    assert run.start.source.model == "base-tale"


def test_a_run_is_tried_again_from_the_model_that_it_started_from(queue):
    bundled = run_from(queue, "base-tale")
    assert key_of_start(queue, bundled.id) == "base-tale"
    first = with_model(queue, run_from(queue, "small"))
    second = run_from(queue, first.id)
    queue.runs.delete(first.id)
    key = key_of_start(queue, second.id)
    assert find_start(queue, key, None).open().model.config.hidden_size == 12
    assert key_of_start(queue, queue.runs.start(TrainRequest().plan(), "ada").id) == ""


def test_the_limits_hold_for_a_model_to_start_from(queue):
    limits = Limits(parameters=100)
    with pytest.raises(UserError, match="parameters, and the limit here is 100"):
        replace(request_from(queue, "base-tale"), limits=limits).plan()
    symbols = Limits(symbols=len(set(TEXT)))
    more = "abcxyz" * 200
    wide = replace(request_from(queue, "base-tale", recipe=CUSTOM), paste=more, limits=symbols)
    wide.resolved().plan()
    kept = replace(wide, settings={"keep_symbols": True})
    with pytest.raises(UserError, match="different characters, and the limit here is"):
        kept.resolved().plan()


def test_the_architecture_is_the_models_and_what_was_typed_gives_way(queue, form):
    typed = request_from(queue, "base-tale", recipe=CUSTOM, settings={"hidden_size": "99"})
    typed = replace(typed, base=replace(typed.base, recipe="sprint"), start=None)
    before = typed.resolved()
    chosen = replace(before, start=find_start(queue, "base-tale", None))
    after = chosen.resolved()
    assert after.settings["hidden_size"] == "12" and after.plan().model.cell == "gru"
    shown = form.validate(chosen, "en")
    field = shown[form.custom.fields["hidden_size"]]
    assert (field["interactive"], field["value"]) == (False, "12")
    assert shown[form.custom.fields["keep_symbols"]]["visible"] is True
    assert "interactive" not in str(shown.get(form.custom.fields["dropout"]))
    back = replace(after, start=None)
    assert back.resolved().settings["hidden_size"] == "128"
    shown = form.validate(back, "en")
    assert shown[form.custom.fields["hidden_size"]]["interactive"] is True
    assert shown[form.custom.fields["keep_symbols"]]["visible"] is False


def test_what_speaks_against_a_start_is_said_beside_it(queue, form):
    shown = form.validate(request_from(queue, "base-tale", recipe=TEXTBOOK), "en")
    assert "begins with random weights" in shown[form.start_problem]
    assert shown[form.settings_problem] == shown[form.text_problem] == ""
    based = request_from(queue, "small", recipe=CUSTOM, base_recipe="lyrics-concise")
    assert "begins with random weights" in form.validate(based, "en")[form.start_problem]
    gone = TrainRequest(corpus=OWN, paste=TEXT * 60, start_key="gone")
    shown = form.validate(
        gone,
        "zh",
        UserError("There is no such run: it may have been removed. Train again.", field="start"),
    )
    assert "没有" in shown[form.start_problem]


def test_a_base_is_proposed_where_it_helps_and_what_is_chosen_is_described(queue, monkeypatch):
    text = TrainRequest(corpus=OWN, paste=TEXT * 60)
    assert note_of(queue, text) == {}, "counting in the text itself is better"
    monkeypatch.setattr(start_proposal, "_MAX_PERPLEXITY_RATIO", 1e9)
    text = replace(text, paste=TEXT * 61)
    note = note_of(queue, text)
    assert note["key"] == AUTOMATIC and note["text"]["en"].startswith("“Tales” knows texts like")
    assert "熟悉这类文本" in note["text"]["zh"]
    assert note_of(queue, replace(text, recipe=CUSTOM))["key"] == "base-tale"
    assert note_of(queue, replace(text, recipe=TEXTBOOK)) == {}
    assert note_of(queue, replace(text, start_key="gone")) == {}
    chosen = note_of(queue, request_from(queue, "small"))
    assert chosen["key"] == "" and chosen["text"]["en"].startswith("GRU 12. ")
    fixed = note_of(queue, request_from(queue, "small", recipe=CUSTOM))["text"]
    assert "Hidden size, Layers" in fixed["en"] and "隐藏单元数、层数" in fixed["zh"]


def test_a_run_starts_from_the_base_that_helps_unless_the_user_chose_otherwise(queue, monkeypatch):
    text = TrainRequest(corpus=OWN, paste=TEXT * 63, start_key=AUTOMATIC)
    assert with_proposed_start(queue, text).start is None and note_of(queue, text) == {}
    monkeypatch.setattr(start_proposal, "_MAX_PERPLEXITY_RATIO", 1e9)
    text = replace(text, paste=TEXT * 64)
    assert with_proposed_start(queue, text).plan().model.cell == "gru"
    note = note_of(queue, text)
    assert note["key"] == "" and note["text"]["en"].endswith("The run starts from it.")
    assert note["base"] == {"key": "base-tale", "title": {"en": "Tales", "zh": "Tales"}}
    for other in ({"start_key": ""}, {"recipe": CUSTOM}, {"recipe": TEXTBOOK}, {"paste": ""}):
        assert with_proposed_start(queue, replace(text, **other)).start is None, other
    with pytest.raises(UserError):
        with_proposed_start(queue, replace(text, paste="a"))


def test_of_a_text_that_is_not_here_yet_the_form_does_not_say_what_the_run_starts_from(queue):
    far = TrainRequest(corpus="time-machine", start_key=AUTOMATIC)
    assert not far.is_local()
    note = note_of(queue, far)
    assert note["key"] == "" and note["text"]["en"].startswith("Once the text is downloaded")
    assert "base" not in note
    assert note_of(queue, replace(far, start_key="")) == {}


def test_a_press_that_changes_what_is_held_out_keeps_the_base(queue, form, monkeypatch):
    monkeypatch.setattr(start_proposal, "_MAX_PERPLEXITY_RATIO", 1e9)
    text = TrainRequest(corpus=OWN, paste=TEXT * 65, start_key=AUTOMATIC)
    filled = hold_out(form, with_proposed_start(queue, text), "spread")
    assert filled[form.start] == "base-tale"
    assert filled[form.custom.fields["hidden_size"]] == "12"
    assert form.start not in hold_out(form, replace(text, start_key=""), "spread")


def test_a_proposal_keeps_no_text_in_memory(queue):
    corpus = Corpus.from_text(TEXT * 62)
    text = weakref.ref(corpus)
    propose(queue, corpus)
    del corpus
    gc.collect()
    assert text() is None


@pytest.mark.parametrize("kept", [7, ["small"], "x" * 201, "a\nb", None])
def test_a_reload_restores_only_what_may_be_a_key(form, kept):
    assert "start" not in checked_values(form, {"start": kept})["values"]
    assert checked_key(kept) == ""


def test_a_reload_restores_the_model_to_start_from(form):
    for kept in ("base-tale", "", AUTOMATIC):
        assert checked_values(form, {"start": kept})["values"]["start"] == kept


def test_the_push_dialog_learns_which_license_the_start_asks_for(queue):
    opened = find_start(queue, "small", None).open()
    about = {"name": "Child", "started_from": {"name": "Tales", "license": "gpl-3.0"}}
    save(Checkpoint(opened.model, opened.vocabulary, about), queue.bundled_dir / "child")
    pushes = Pushes(queue, has_sign_in_button=False)
    for key, demanded in (("child", "gpl-3.0"), ("small", None)):
        answer = awaited(pushes.list_files({"key": key, "repo": "ada/x"}, None))
        assert answer["files"] and answer["demanded"] == demanded
        assert answer["hashed_lines"] == 0
