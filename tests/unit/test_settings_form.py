"""Custom begins with what a recipe chooses for the text, and runs exactly what its fields show."""

import json
from dataclasses import replace

import pytest

from charrnn.errors import UserError
from charrnn.recipes import RECIPES
from charrnn.runs.limits import Limits
from charrnn.ui.i18n.titles import SETTINGS
from charrnn.ui.train.base_settings import BaseSettings, as_field, custom_rules
from charrnn.ui.train.request import BUDGETS, CUSTOM, EXPERIMENTS, OWN, TEXTBOOK, TrainRequest

STORY = "It was a dark and stormy night; the rain fell in torrents. " * 300
TEXTS = {
    "tide-clock": {"corpus": "tide-clock"},
    "songs": {"corpus": "songs"},
    "a short text": {"corpus": OWN, "paste": STORY[:2500]},
    "Chinese": {"corpus": OWN, "paste": "大雨落下来，我在窗口等你。风筝在阴天搁浅。\n" * 200},
}


def of_recipe(name, **text):
    """A request for this recipe."""
    if name in BUDGETS:
        return TrainRequest(recipe=name, **text)
    return TrainRequest(recipe=TEXTBOOK, experiment=name, **text)


def custom(name, settings=None, **text):
    """A request for Custom, chosen after this recipe."""
    return TrainRequest(recipe=CUSTOM, base_recipe=name, settings=settings or {}, **text).resolved()


def from_browser(form, request):
    """The same request, made of the values that a browser sends."""
    held = [request.settings[name] for name in form.custom.fields]
    before, base = {"recipe": request.base_recipe}, json.loads(json.dumps(request.base.as_json()))
    own = [
        request.corpus,
        request.paste,
        [],
        request.source,
        None,
        None,
        request.recipe,
        request.experiment,
        before,
    ]
    return form.train_request([*own, request.gpu, "", base, *held], Limits())


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", [*BUDGETS, *EXPERIMENTS])
def test_custom_unchanged_trains_the_same_as_the_recipe_before_it(form, name, text):
    try:
        wanted = of_recipe(name, **TEXTS[text]).plan()
    except UserError as error:  # nothing is left of Chinese in an experiment on English letters
        with pytest.raises(UserError, match=error.message[:40]):
            custom(name, **TEXTS[text]).plan()
        return
    request = from_browser(form, custom(name, **TEXTS[text]))
    plan = request.resolved().plan()
    assert (plan.model, plan.training) == (wanted.model, wanted.training)
    assert plan.corpus.sha256() == wanted.corpus.sha256()
    assert plan.corpus.validation == wanted.corpus.validation
    assert plan.prefixes == wanted.prefixes
    assert (plan.recipe, plan.base) == (CUSTOM, name)
    assert not request.base.changed(request.settings)


def test_a_field_keeps_every_digit_of_a_value():
    for value in (0.1 + 0.2, 1e-9, 0.015, 1e7, 10.0, 2**31 - 1, None, True, "tanh"):
        shown = as_field(value)
        assert "e" not in str(shown) or not isinstance(value, float)
        back = float(shown) if isinstance(value, float) else shown
        assert back == value or (value is None and shown == "") or shown == str(value)


def test_another_recipe_brings_its_values_and_the_same_one_keeps_what_was_changed():
    request = custom("sprint")
    changed = replace(
        request, settings={**request.settings, "learning_rate": "0.5", "seconds": "20"}
    )
    again = changed.resolved()
    assert (again.settings["learning_rate"], again.settings["seconds"]) == ("0.5", "20")
    coffee = replace(changed, base_recipe="coffee").resolved()
    assert coffee.settings["seconds"] == "60" and coffee.base.recipe == "coffee"
    assert coffee.settings == coffee.base.values


def test_with_another_text_only_what_was_not_changed_follows():
    request = custom("sprint", corpus="tide-clock")
    changed = replace(request, settings={**request.settings, "learning_rate": "0.5"})
    songs = replace(changed, corpus="songs").resolved()
    assert songs.settings["learning_rate"] == "0.5"
    assert songs.settings["input"] == "tied" != request.settings["input"]
    assert songs.base.changed(songs.settings) == {"learning_rate": "0.5"}


def test_values_that_mean_the_same_are_no_change():
    base = custom("sprint").base
    same = {
        "seconds": "10.0",
        "learning_rate": f" {base.values['learning_rate']}0",
        "epochs": "none",
    }
    assert base.changed(same) == {}
    assert base.changed({"seconds": "ten"}) == {"seconds": "ten"}


def test_the_fields_follow_a_text_that_is_given_later(monkeypatch, tmp_path):
    monkeypatch.setenv("CHARRNN_CACHE", str(tmp_path))
    for blank in ({"corpus": OWN}, {"corpus": "time-machine"}):
        request = custom("sprint", **blank)
        assert request.settings["seconds"] == "10" and not request.base.changed(request.settings)
    given = replace(custom("sprint", corpus=OWN), paste="大雨落下来。\n" * 500).resolved()
    assert given.settings == custom("sprint", corpus=OWN, paste="大雨落下来。\n" * 500).settings


@pytest.mark.parametrize(
    "brought",
    [None, 7, [], "base", {}, {"recipe": "nonsense", "values": {}}, {"recipe": "sprint"},
     {"recipe": ["sprint"], "values": {"seconds": "9"}},
     {"recipe": "sprint", "values": {"seconds": ["9"], "colour": "red", "layers": "9" * 999}}],
)  # fmt: skip
def test_stored_base_settings_may_be_anything(brought):
    base = BaseSettings.from_json(brought)
    assert base.recipe in RECIPES and not base.values
    request = TrainRequest(recipe=CUSTOM, base=base).resolved()
    assert request.plan().training == TrainRequest().plan().training


def test_every_setting_has_a_chinese_name_and_hint():
    assert custom_rules().keys() <= SETTINGS.keys()


# ---- what is shown of it ---------------------------------------------------------------------


def test_only_fields_that_follow_are_updated(form):
    request = custom("sprint", corpus="tide-clock")
    shown = form.validate(request, "en")
    assert not [field for field in form.custom.fields.values() if field in shown]
    songs = replace(request, corpus="songs")
    shown = form.validate(songs, "en")
    assert shown[form.custom.fields["input"]] == "tied"
    assert form.custom.fields["seconds"] not in shown
    assert shown[form.custom.base] == songs.resolved().base.as_json()
    assert form.custom.base not in form.validate(TrainRequest(), "en")


def test_the_head_says_where_the_values_come_from_and_what_was_changed(form):
    request = custom("lyrics-concise", corpus="songs")
    request = replace(request, settings={**request.settings, "layers": "2", "clip": "none"})
    head = form.validate(request, "en")[form.custom.head]
    assert head["recipe"] == "Lyrics, concise"
    assert head["preparation"] == "line ends as spaces, the first 10,000 characters"
    assert head["changed"] == {
        "layers": {"label": "Layers", "value": "1"},
        "clip": {"label": "Clip", "value": "0.01"},
    }
    head = form.validate(request, "zh")[form.custom.head]
    assert head["recipe"] == "歌词 · 简洁实现"
    assert head["preparation"] == "换行变为空格、前 10,000 个字符"


def test_every_invalid_field_is_marked_at_once(form):
    request = custom("sprint")
    typed = {"hidden_size": "many", "layers": "9", "clip": "-1", "learning_rate": ""}
    request = replace(request, settings={**request.settings, **typed})
    said = {
        "hidden_size": "Hidden size: a whole number from 1 to 4,096",
        "layers": "Layers: a whole number from 1 to 8",
        "clip": "Clip: a number from 0.000000001 to 1,000,000,000, or none",
        "learning_rate": "Learning rate: a number from 0 to 1,000,000",
    }
    shown = form.validate(request, "en")
    assert shown[form.custom.head]["problems"] == said
    assert set(shown[form.settings_problem].split("\n")) == set(said.values())
    assert shown[form.report]["symbols"], "the text is told all the same"
    chinese = form.validate(request, "zh")[form.custom.head]["problems"]
    assert chinese["hidden_size"] == "隐藏单元数：1 到 4,096 的整数"
    assert chinese["clip"] == "裁剪阈值：0.000000001 到 1,000,000,000 的数，或 none"


def test_errors_of_the_text_and_of_a_setting_are_shown_together(form):
    request = custom("sprint", corpus=OWN, paste="a")
    request = replace(request, settings={**request.settings, "layers": "9"})
    shown = form.validate(request, "en")
    assert "too short" in shown[form.text_problem]
    assert shown[form.settings_problem] == "Layers: a whole number from 1 to 8"


def test_settings_that_do_not_go_together_are_all_marked(form):
    request = custom("sprint")
    request = replace(request, settings={**request.settings, "epochs": "3"})
    shown = form.validate(request, "en")
    said = "Give epochs or seconds, not both."
    assert shown[form.custom.head]["problems"] == {"epochs": said, "seconds": said}
    assert shown[form.settings_problem] == said


def test_the_button_says_the_time_that_is_set_whatever_else_is_wrong(form):
    def button(locale="en", **settings):
        request = custom("sprint")
        request = replace(request, settings={**request.settings, "layers": "many", **settings})
        return form.validate(request, locale)[form.go].replace("\u00a0", " ")

    assert button() == "Train on The Tide Clock · 10 s"
    assert button(seconds="90.5") == "Train on The Tide Clock · 90.5 s"
    assert button(seconds="", epochs="1200") == "Train on The Tide Clock · 1,200 epochs"
    assert button(seconds="none") == "Train on The Tide Clock · until it stops improving"
    assert button(seconds="soon") == "Train on The Tide Clock"
    assert button("zh", seconds="soon") == "用《潮汐钟》训练"


def test_a_refused_request_opens_the_accordions_of_its_invalid_fields(form):
    request = custom("sprint")
    request = replace(request, settings={**request.settings, "layers": "9", "clip": "-1"})
    with pytest.raises(UserError) as caught:
        request.plan()
    shown = form.show_refusal(caught.value, "en", request)
    opened = {form.custom.accordions[name] for name in ("layers", "clip")}
    assert all(shown[fold]["open"] for fold in opened)
    assert "Layers" in shown[form.settings_problem] and "Clip" in shown[form.settings_problem]
