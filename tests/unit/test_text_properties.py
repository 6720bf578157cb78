"""What holds for any text in any encoding, and for any settings: properties, tried by Hypothesis.

The examples are the same at every run, as in test_properties.py.
"""

import codecs
import json
from dataclasses import asdict, fields

import pytest
from conftest import small_model
from hypothesis import given, settings
from hypothesis import strategies as st
from test_properties import ANYTHING, QUICKLY, TEXTS

from charrnn.checkpoint import Checkpoint
from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.generation import generate
from charrnn.model import ModelConfig
from charrnn.text import decode, read_text
from charrnn.text.guessing import SUPERSETS
from charrnn.text.preparation import Preparation
from charrnn.training import TrainingConfig
from charrnn.utils.config_fields import assign_settings, rules
from charrnn.vocabulary import UNKNOWN, Vocabulary

# ---- settings --------------------------------------------------------------------------------


def of_rule(rule):
    """Values that a setting takes."""
    if rule.choices:
        values = st.sampled_from(rule.choices)
    elif rule.kind is bool:
        values = st.booleans()
    elif rule.kind is int:
        values = st.integers(int(rule.low), int(rule.high))
    elif rule.kind is float:
        values = st.floats(rule.low, rule.high)
    else:
        values = st.text(max_size=20)
    return st.none() | values if rule.optional else values


def configurations(config):
    return st.fixed_dictionaries({}, optional={n: of_rule(r) for n, r in rules(config).items()})


@settings(max_examples=40, **QUICKLY)
@given(configurations(ModelConfig), configurations(TrainingConfig))
def test_settings_come_back_through_json_and_through_words(model, training):
    if training.get("truncate") == "epoch":
        training["sampling"] = "sequential"
    if training.get("device") == "cuda":
        training["precision"] = "auto"
    if training.get("documents", "none") != "none":
        training |= {"sampling": "sequential", "reset": 0.0, "holdout": "end"}
    training = {"validation": 0.1, "holdout": "end"} | training  # a plan always has both
    made = ModelConfig(**model), TrainingConfig(**training)
    values = asdict(made[0]) | asdict(made[1])
    through_json = json.loads(json.dumps(values))
    in_words = {
        name: "none" if value is None else repr(value) if isinstance(value, float) else str(value)
        for name, value in values.items()
    }
    for given_values in (values, through_json, in_words):
        for_model, for_training = assign_settings(given_values, ModelConfig, TrainingConfig)
        assert (ModelConfig(**for_model), TrainingConfig(**for_training)) == made


@settings(max_examples=60, **QUICKLY)
@given(
    st.sampled_from([f.name for f in (*fields(ModelConfig), *fields(TrainingConfig))]) | ANYTHING,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANYTHING, inner, max_size=3),
        max_leaves=5,
    ),
)
def test_any_value_of_any_setting_is_taken_or_refused_in_words(name, value):
    try:
        for_model, for_training = assign_settings({name: value}, ModelConfig, TrainingConfig)
        ModelConfig(**for_model), TrainingConfig(**for_training)
    except UserError as error:
        assert error.field == name or error.field == "truncate"
        assert len(error.message) < 1000 and "\n" not in error.message
        error.message.encode()


# ---- texts -----------------------------------------------------------------------------------

ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
    "gb18030", "big5", "shift_jis", "euc-jp", "iso2022_jp", "euc-kr", "koi8-r", "windows-1250",
    "windows-1251", "windows-1252", "windows-1253", "windows-1255", "iso8859-2", "mac-roman",
    "cp437",
)  # fmt: skip
MARKED = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
# Of the control characters only those that a clean text keeps; not what begins some kind of file.
LETTERS = st.characters(
    exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp"), exclude_characters="\ufeff"
)


def as_written(data, codec):
    """The bytes with a mark, where the codec does not write one."""
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(codec, b"")
    return mark + data


@pytest.mark.parametrize("codec", ENCODINGS)
@settings(max_examples=12, **QUICKLY)
@given(st.text(LETTERS, min_size=1, max_size=100))
def test_a_text_comes_back_from_the_encoding_that_is_told(codec, text):
    text = "It was " + text.encode(codec, "ignore").decode(codec) + " in the end\n"
    data = text.encode(codec)
    name = codecs.lookup(codec).name
    if data.decode(SUPERSETS.get(name, name)) != text:  # it has another tilde there
        return
    assert decode(data, name="it", encoding=codec).text == text


@pytest.mark.parametrize("codec", [*MARKED, "utf-16-le", "utf-16-be"])
@settings(max_examples=20, **QUICKLY)
@given(st.text(LETTERS, min_size=1, max_size=100))
def test_a_text_with_a_mark_or_in_utf8_needs_no_word_about_its_encoding(codec, text):
    text = "It was " + text + " in the end\n"
    assert decode(as_written(text.encode(codec), codec), name="it").text == text


@settings(max_examples=80, **QUICKLY)
@given(ANYTHING)
def test_a_text_is_clean_and_cleaning_it_again_changes_nothing(text):
    try:
        clean = read_text(text).text
    except UserError as error:
        assert error.message == "pasted text is empty. Choose a text with something in it."
        return
    assert read_text(clean).text == clean
    clean.encode()
    assert not set(clean) & set(map(chr, [*range(9), *range(11, 32), *range(127, 160)]))


@settings(max_examples=50, **QUICKLY)
@given(TEXTS.filter(lambda text: len(text) > 1), st.floats(0, 0.5), st.booleans())
def test_a_corpus_is_its_text_and_its_parts_are_the_whole(tmp_path, text, share, letters):
    preparation = Preparation(letters_only=letters)
    try:
        corpus = Corpus.from_text(text, preparation=preparation, validation=share)
    except UserError:
        return
    prepared = preparation.apply(read_text(text).text)
    assert corpus.vocabulary.decode(corpus.ids) == prepared
    assert [*corpus.training, *corpus.held_out] == [*corpus.ids]
    corpus.save(tmp_path)
    opened = Corpus.open(tmp_path)
    assert opened.sha256() == corpus.sha256() and opened.report() == corpus.report()


def test_a_small_model_for_a_vocabulary_of_every_plane_writes_only_its_symbols():
    symbols = "a\0\x1b\u0301\u200d\u202e\ufdd0\ue000\U0001f30a\U000e0001\U0010ffff"
    vocabulary = Vocabulary([UNKNOWN, *symbols])
    checkpoint = Checkpoint(small_model(vocabulary_size=len(vocabulary)), vocabulary)
    assert set(generate(checkpoint, "a", 300, seed=0)) <= set(symbols)
