"""What a browser kept of the Train form may be anything: only valid values go back into it."""

import pytest

from charrnn.ui.train.form_storage import checked_values


@pytest.mark.parametrize("kept", [None, "a text", 7, []])
def test_what_is_no_form_is_left_out(form, kept):
    assert checked_values(form, kept) is None


@pytest.mark.parametrize(
    "kept",
    [
        {"recipe": "no such recipe", "corpus": 7, "files": 3, "gpu": "yes", "paste": None},
        {"recipe": ["deep"], "files": [None, "/etc/passwd"], "previous_choice": 1, "base": []},
        {"no such field": "deep", "previous_choice": {"recipe": 7, "text": "own"}},
    ],
)
def test_invalid_values_are_left_out(form, kept):
    before = {"recipe": "sprint", "text": None}
    assert checked_values(form, kept) == {"values": {"previous_choice": before}, "files": []}


def test_valid_values_are_restored(form):
    kept = {
        "recipe": "deep",
        "corpus": "songs",
        "previous_choice": {"recipe": "deep", "text": "songs"},
    }
    assert checked_values(form, kept) == {"values": kept, "files": []}
