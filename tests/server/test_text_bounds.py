"""How long a text may be that a request brings: checked before anything is done with it."""

from types import SimpleNamespace

import pytest
from conftest import awaited
from launching import app_context

from charrnn.checkpoint import save
from charrnn.errors import UserError
from charrnn.ui.generate import events
from charrnn.ui.generate.hidden_states import hidden_states
from charrnn.ui.operations import Caller, generation, training
from charrnn.ui.operations.training import TrainArguments


@pytest.fixture
def context(tmp_path, checkpoint):
    save(checkpoint, tmp_path / "shelf" / "small")
    with app_context(tmp_path) as context:
        yield context


async def look(context, text):
    answer = await events.next_characters(context, {"checkpoint": "small", "text": text}, None)
    if "problem" in answer:
        raise UserError(answer["problem"]["message"], field=answer["problem"]["field"])


async def generate(context, text):
    async for _ in generation.generate(context, Caller(), "small", text, 1):
        pass


async def score(context, text):
    await generation.score(context, Caller(), "small", text)


async def train(context, settings):
    given = TrainArguments(text="abc " * 500, settings=settings)
    await training.start(context, given, Caller())


def settings(length):
    return '{"epochs": 1}'.ljust(length)


SCORED = SimpleNamespace(as_dict=dict)
CASES = {
    "look": (look, 20_000, "a".__mul__, events, {"find_model": None, "next_char_table": {}}),
    "prefix": (
        generate,
        100_000,
        "a".__mul__,
        generation,
        {"find_model": None, "stream": iter(())},
    ),
    "score": (
        score,
        2_000_000,
        "a".__mul__,
        generation,
        {"find_model": None, "score_text": SCORED},
    ),
    "settings": (train, 10_000, settings, training, {"training_text": None, "make_plan": None}),
}


@pytest.mark.parametrize(("act", "most", "of_length", "module", "work"), CASES.values(), ids=CASES)
def test_a_text_of_the_greatest_length_is_accepted_and_a_longer_one_refused_before_any_work(
    context, monkeypatch, act, most, of_length, module, work
):
    done = []

    def spy(name, real, answer):
        def call(*arguments, **more):
            done.append(name)
            return real(*arguments, **more) if answer is None else answer

        return call

    for name, answer in work.items():
        monkeypatch.setattr(module, name, spy(name, getattr(module, name), answer))
    with pytest.raises(UserError) as refused:
        awaited(act(context, of_length(most + 1)))
    assert f"{most:,}" in refused.value.message and not done
    awaited(act(context, of_length(most)))
    assert done == list(work)


def test_settings_are_checked_before_a_text_is_downloaded(context, monkeypatch):
    downloaded = []
    monkeypatch.setattr(training, "_corpus_to_download", lambda given: "time-machine")
    monkeypatch.setattr(training.datasets, "load", downloaded.append)
    with pytest.raises(UserError, match="at most 10,000"):
        awaited(train(context, settings(10_001)))
    assert not downloaded


def test_hidden_states_are_for_a_text_of_the_greatest_length_and_a_place_in_it(context):
    def states(text, start, checkpoint="small"):
        query = {"checkpoint": checkpoint, "text": text, "start": start}
        return awaited(hidden_states(context, query, None))

    assert states("a" * 20_000, 19_999)["units"] == 16
    assert states("a" * 20_001, 0) == {}
    for start in (-1, 4, None, "0", True, 0.5):
        assert states("abc", start) == {}
    assert states("abc", 0, "no such model") == {}
    assert awaited(hidden_states(context, None, None)) == {}
