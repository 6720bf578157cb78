"""The offer beside a text's report: one press chooses Custom with another held-out part."""

import re
from dataclasses import replace

import pytest

from charrnn.text import datasets
from charrnn.training.holdout import check
from charrnn.ui.train.base_settings import BaseSettings
from charrnn.ui.train.holdout_offer import hold_out
from charrnn.ui.train.request import CUSTOM, OWN, TrainRequest
from charrnn.ui.train.summary import corpus_summary

NAMES = "\n".join(sorted(set(re.findall("[a-z]{4,}", datasets.load("tide-clock").text.lower()))))


@pytest.mark.parametrize("recipe", ["sprint", "deep"])
def test_one_press_trains_as_before_but_holds_out_other_lines(form, recipe):
    stale = {"hidden_size": "9", "batch_size": "3"}  # in the hidden fields of Custom
    entered = TrainRequest(corpus=OWN, paste=NAMES, recipe=recipe, settings=stale)
    first = entered.plan()
    summary = corpus_summary(entered, first.corpus, "en")
    assert summary["offer"] == "lines"
    assert "set holdout" not in summary["warnings"][0]["en"], "the button says it"
    filled = hold_out(form, entered, "lines")
    assert filled[form.recipe] == CUSTOM and filled[form.previous_choice]["recipe"] == recipe
    again = replace(
        entered,
        recipe=CUSTOM,
        base_recipe=recipe,
        base=BaseSettings.from_json(filled[form.custom.base]),
        settings={name: filled[box] for name, box in form.custom.fields.items()},
    )
    second = again.resolved().plan()
    assert second.training == replace(first.training, holdout="lines")
    assert second.model == first.model
    assert again.resolved().base.changed(again.resolved().settings) == {"holdout": "lines"}
    assert check(second.corpus) == []
    summary = corpus_summary(again, second.corpus, "en")
    assert (summary["offer"], summary["holdout"], summary["warnings"]) == (None, "lines", [])


def test_in_custom_only_that_field_changes(form):
    entered = TrainRequest(corpus=OWN, paste=NAMES, recipe=CUSTOM, settings={"hidden_size": "9"})
    filled = hold_out(form, entered, "spread")
    fields = {box: filled[box] for box in form.custom.fields.values() if box in filled}
    assert fields == {form.custom.fields["holdout"]: "spread"}
    assert form.recipe not in filled
