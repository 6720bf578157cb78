"""What the page gets instead of the next characters when there are none."""

import pytest
from conftest import awaited
from launching import app_context

from charrnn.checkpoint import save
from charrnn.ui.generate import events


@pytest.fixture
def context(tmp_path, checkpoint):
    save(checkpoint, tmp_path / "shelf" / "small")
    with app_context(tmp_path) as context:
        yield context


def ask(context, **query):
    return awaited(events.next_characters(context, query, None))


def test_a_model_that_is_not_there_is_a_problem_of_its_field(context):
    assert ask(context, checkpoint="other", text="a")["problem"]["field"] == "checkpoint"
    assert ask(context, checkpoint=7, text="a")["problem"]["field"] == "checkpoint"


def test_a_bug_is_told_as_an_internal_error(context, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(events, "next_char_table", fail)
    problem = ask(context, checkpoint="small", text="a")["problem"]
    assert problem["field"] is None
    assert "ZeroDivisionError" not in problem["message"]
