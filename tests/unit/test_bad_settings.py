"""Settings, arguments and prefixes that cannot be: refused in the same words everywhere.

The values are in `bad_settings.py`.
"""

import json

import calling
import pytest
from bad_input import PLAIN
from bad_settings import OF_EACH_KIND, WANTED, message, wrong
from calling import asked, refusal, shown

import charrnn
from charrnn.corpus import Corpus
from charrnn.model import ModelConfig
from charrnn.text import Text
from charrnn.training import TrainingConfig
from charrnn.ui.train.request import CUSTOM, OWN, TrainRequest
from charrnn.ui.train.settings_form import invalid_value_message
from charrnn.utils.config_fields import rules
from charrnn.vocabulary import Vocabulary

told = calling.told

NAMES = {**rules(ModelConfig), **rules(TrainingConfig)}


# ---- settings --------------------------------------------------------------------------------


def test_the_table_has_every_setting():
    assert list(WANTED) == list(NAMES)


@pytest.mark.parametrize("name", WANTED)
def test_a_value_that_a_setting_does_not_take_is_refused_to_callers_and_in_python(name):
    text = Text(PLAIN * 20, "it")
    for value, said in wrong(name):
        expected = message(name, said)
        assert refusal(asked, text=text.text, settings={name: value}) == expected
        config = ModelConfig if name in rules(ModelConfig) else TrainingConfig
        left_to_the_corpus = value is None and name in ("validation", "holdout")
        if not isinstance(value, str) and not left_to_the_corpus:  # no string is read for a number
            assert refusal(config, **{name: value}) == expected


@pytest.mark.parametrize("name", WANTED)
def test_a_value_that_a_setting_does_not_take_is_refused_in_the_form_and_on_the_command_line(
    name, told, form, tmp_path
):
    (tmp_path / "it.txt").write_text(PLAIN * 20)
    words = [(value, said) for value, said in wrong(name) if isinstance(value, str)]
    for value, said in words if name in OF_EACH_KIND else words[:1]:
        request = TrainRequest(corpus=OWN, paste=PLAIN * 20, recipe=CUSTOM, settings={name: value})
        report, beside_text, beside_settings = shown(form, request)
        assert (beside_text, beside_settings) == ("", invalid_value_message(name, "en"))
        assert report["characters"] == len(PLAIN * 20), "the text is told all the same"
        if "\ud800" not in value:
            code, out, err = told("train", "it.txt", "--set", f"{name}={value}", "--json")
            assert (code, out, err) == (2, "", f"charrnn: {message(name, said)}\n")


THERE_ARE = "The settings are " + ", ".join(WANTED) + "."
NO_OBJECT = 'settings must be a JSON object, such as {"hidden_size": 128}.'
ASKED = {
    "an unknown setting": ({"settings": {"colour": "red"}},
                           f"There is no setting 'colour'. {THERE_ARE}"),
    "a setting named by half a pair": ({"settings": {"\ud800": 1}},
                                       f"There is no setting '\\ud800'. {THERE_ARE}"),
    "a setting of a long name": ({"settings": {"x" * 9999: 1}},
                                 f"There is no setting '{'x' * 59}…'. {THERE_ARE}"),
    "settings that are a list": ({"settings": [1]},
                                 NO_OBJECT),
    "settings that are a number": ({"settings": 5},
                                   NO_OBJECT),
    "settings that are no JSON": ({"settings": "{"},
                                  NO_OBJECT),
    "settings within settings": ({"settings": "[" * 9_999},
                                 NO_OBJECT),
    "settings of many digits": ({"settings": '{"layers": ' + "1" * 5000 + "}"},
                                NO_OBJECT),
    "NaN in JSON": ({"settings": '{"dropout": NaN}'},
                    "dropout = nan: give a number from 0 to 0.9."),
    "Infinity in JSON": ({"settings": '{"seconds": Infinity}'},
                         "seconds = inf: give a number from 0.1 to 10,000,000 or none."),
    "epochs and seconds": ({"settings": {"epochs": 1, "seconds": 1}},
                           "Give epochs or seconds, not both."),
    "a seed that is true": ({"seed": True}, "seed = True: give a whole number."),
    "a seed that is a text": ({"seed": "7"}, "seed = '7': give a whole number."),
    "a seed that is half a number": ({"seed": 1.5}, "seed = 1.5: give a whole number."),
    "a seed that is no number": ({"seed": float("nan")}, "seed = nan: give a whole number."),
    "a seed of many digits": ({"seed": 10**400},
                              f"seed = 1{'0' * 38}…: give a whole number from 0 to 2,147,483,647."),
    "a seed below 0": ({"seed": -1}, "seed = -1: give a whole number from 0 to 2,147,483,647."),
    "a text that is a number": ({"text": 5}, "text = 5: give a text."),
    "a text that is true": ({"text": True}, "text = True: give a text."),
    "a text that is a list": ({"text": ["a"]}, "text = ['a']: give a text."),
    "a recipe that is a number": ({"recipe": 1}, "recipe = 1: give a text."),
    "no recipe": ({"recipe": None}, "recipe = None: give a text."),
    "a corpus that is a number": ({"text": "", "corpus": 3}, "corpus = 3: give a text."),
    "a corpus and a text": ({"corpus": "songs"}, "Give a corpus or a text, not both."),
    "a path": ({"text": "", "corpus": {"path": "/etc/passwd"}},
               "That file has not been uploaded to this app: upload it first."),
    "a path with NUL": ({"text": "", "corpus": [{"path": "\0"}]},
                        "That file has not been uploaded to this app: upload it first."),
    "no files": ({"text": "", "corpus": []}, "No file was chosen: choose at least one."),
    "a minibatch that the text does not fill": (
        {"text": PLAIN, "settings": {"batch_size": 64, "steps": 64}},
        "The text is too short for a minibatch of 64 × 64: it has 216 characters for training and "
        "needs 4,097. Use a longer text, a smaller batch_size or fewer steps."),
    "nothing": ({"text": ""},
                "There is nothing to train on: give a file or the name of a text as corpus, or a "
                "text."),
}  # fmt: skip


@pytest.mark.parametrize(("given", "said"), ASKED.values(), ids=ASKED)
def test_what_a_caller_cannot_mean_is_refused_in_words(given, said):
    assert refusal(asked, **({"text": PLAIN * 20} | given)) == said


def test_what_there_is_no_such_thing_as_is_refused_with_what_there_is():
    assert refusal(asked, text=PLAIN, recipe="\u202e").startswith(
        "There is no recipe '\\u202e'. The recipes are sprint, coffee, deep, night, "
    )
    assert refusal(asked, corpus="x" * 999).startswith(
        f"There is no text called '{'x' * 59}…'. The texts are tide-clock, songs, "
    )


# ---- what is asked of a model ----------------------------------------------------------------

WRITTEN = {
    ("--length", "-1"): "length = -1: give 0 to 1,000,000 characters.",
    ("--length", "10000000000"): "length = 10000000000: give 0 to 1,000,000 characters.",
    ("--length", "many"): "Invalid value for '--length': ",  # and the rest in Typer's own words
    ("--length", "1.5"): "Invalid value for '--length': ",
    ("--alpha", "0"): "alpha = 0.0: give a number above 0.",
    ("--alpha", "nan"): "alpha = nan: give a number above 0.",
    ("--alpha", "inf"): "alpha = inf: give a number above 0.",
    ("--alpha", "x"): "Invalid value for '--alpha': ",
    ("--mode", "wild"): "mode = 'wild': choose greedy or sample.",
    ("--mode", "\u202e"): "mode = '\\u202e': choose greedy or sample.",
    ("--seed", "-1"): "seed = -1: give a whole number of at least 0.",
    ("--samples", "0"): "Invalid value for '--samples': ",
    ("--colour", "red"): "No such option: --colour",
}


@pytest.mark.parametrize(("option", "said"), WRITTEN.items(), ids=map(" ".join, WRITTEN))
def test_what_cannot_be_written_is_refused_on_the_command_line(option, said, told, checkpoint):
    charrnn.save(checkpoint, "small")
    code, out, err = told("generate", "small", *option, "--json")
    assert (code, out) == (2, "") and err.startswith(f"charrnn: {said}"[:-1])
    assert len(err.splitlines()) == 1


def test_a_prefix_of_anything_is_kept_and_what_is_unknown_is_named(told, checkpoint):
    charrnn.save(checkpoint, "small")
    prefix = "a<b>\u202e\x1b[2J"
    code, out, err = told("generate", "small", "--prefix", prefix, "--length", 4, "--json")
    assert code == 0 and json.loads(out)["text"].startswith(prefix)
    assert err == (
        "charrnn: not in the model's vocabulary, read as unknown: < > \\u202e \\x1b [ 2 J\n"
    )


def test_a_terminal_is_not_sent_what_it_would_obey(told, tmp_path, monkeypatch, capsys):
    from conftest import small_model

    vocabulary = Vocabulary(["<unk>", *"\x1b\x07\u202e\x9b"])
    made = charrnn.Checkpoint(small_model(vocabulary_size=5), vocabulary)
    charrnn.save(made, tmp_path / "odd")
    piped = told("generate", "odd", "--length", 30, "--seed", 0)[1]
    assert set(piped) - {"\n"} <= set(vocabulary.symbols)
    monkeypatch.setattr("charrnn.cli.output.is_terminal", lambda: True)
    shown_there = told("generate", "odd", "--length", 30, "--seed", 0)[1]
    assert "\\x1b" in shown_there and not set(shown_there) & set(vocabulary.symbols)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "There is nothing to score: the text needs, after its first character, at least "
             "one that the model knows."),
        ("zzzz", "There is nothing to score: the text needs, after its first character, at "
                 "least one that the model knows."),
    ],
)  # fmt: skip
def test_a_text_with_nothing_to_score_is_refused(text, said, checkpoint):
    assert refusal(charrnn.score, checkpoint, text) == said


def test_a_corpus_that_was_damaged_on_disk_is_refused_not_trained_on(tmp_path):
    Corpus.from_text(PLAIN).save(tmp_path)
    ids = bytearray((tmp_path / "ids.npy").read_bytes())
    ids[-1] = 0xFF
    (tmp_path / "ids.npy").write_bytes(ids)
    assert refusal(Corpus.open, tmp_path) == (
        f"The corpus in {tmp_path} is damaged (ids.npy holds ids that corpus.json does not "
        "know): train on the text again."
    )
    (tmp_path / "ids.npy").write_bytes(ids[:11] + b"(" * 100)  # numpy reads its head as Python
    assert "is damaged" in refusal(Corpus.open, tmp_path)
    Corpus.from_text(PLAIN).save(tmp_path)
    with (tmp_path / "corpus.json").open("ab") as file:
        file.write(b" " * (9 << 20))
    assert "is damaged (corpus.json is too large): train" in refusal(Corpus.open, tmp_path)
