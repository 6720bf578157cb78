"""Lines by a model: each ends by itself, is told from a copied one, and has a nearest line."""

import numpy as np
import pytest
from conftest import small_model

import charrnn
from charrnn.checkpoint import Checkpoint, load, save
from charrnn.checkpoint.known_lines import LINE_HASHES, KnownLines
from charrnn.errors import UserError
from charrnn.generation import generate_many
from charrnn.generation.config import GenerationConfig
from charrnn.generation.document_decoder import begin_decoder
from charrnn.generation.nearest_lines import NearestLines, edit_distances
from charrnn.vocabulary import Vocabulary

VOCABULARY = Vocabulary(["<unk>", *"\nabcdefgh"])


def model_of(documents="lines", cell="lstm", layers=1, known=None, symbols=VOCABULARY):
    model = small_model(cell, vocabulary_size=len(symbols), layers=layers)
    about = {"training": {"documents": documents}}
    return Checkpoint(model, symbols, about, known_lines=known and KnownLines.of(known))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
def test_a_document_begins_as_if_it_were_the_first(cell, layers):
    model = model_of(cell=cell, layers=layers).model
    after = begin_decoder(model, VOCABULARY, "gag\nab", "lines")
    first = begin_decoder(model, VOCABULARY, "ab", "lines")
    assert np.array_equal(after.logits, first.logits)
    for symbol in VOCABULARY.encode("cab\nab").tolist():
        after.step(symbol)
    assert np.allclose(after.logits, first.logits, rtol=1e-5, atol=1e-6)
    three = begin_decoder(model, VOCABULARY, "", "lines", 3)
    for symbols in ("abc", "\nbb", "c\na", "\nab"):
        three.step(VOCABULARY.encode(symbols))
    for row, text in enumerate(("", "a", "cbab")):
        alone = begin_decoder(model, VOCABULARY, text, "lines")
        assert np.allclose(three.logits[row], alone.logits, rtol=1e-4, atol=1e-5)


def test_texts_side_by_side_are_those_alone():
    checkpoint = model_of()
    configs = [GenerationConfig(80, seed=seed) for seed in range(5)]
    alone = [charrnn.generate(checkpoint, "ab", 80, seed=seed) for seed in range(5)]
    assert generate_many(checkpoint, "ab", configs) == alone
    together = zip(*charrnn.generation.iter_side_by_side(checkpoint, "ab", configs), strict=True)
    assert ["ab" + "".join(one.character for one in text) for text in together] == alone


def test_lines_end_by_themselves():
    lines = charrnn.lines(model_of(), 70, "ab", seed=1)
    assert len(lines) == 70 and all(line.complete for line in lines)
    assert all(line.text.startswith("ab") and "\n" not in line.text for line in lines)
    assert len({line.text for line in lines}) > 20
    assert lines == charrnn.lines(model_of(), 70, "ab", seed=1)
    assert [line.text for line in lines] != [
        line.text for line in charrnn.lines(model_of(), 70, "ab", seed=2)
    ]


def test_lines_have_the_probabilities_of_the_model():
    """The first characters of many lines are distributed as the model says."""
    checkpoint = model_of()
    lines = charrnn.lines(checkpoint, 1000, seed=0)
    first = [line.text[:1] or "\n" for line in lines]
    for one in charrnn.generation.top_candidates(checkpoint, "", count=3):
        assert first.count(one.character) / 1000 == pytest.approx(one.p, abs=0.05)


def test_new_lines_are_told_from_those_of_the_text():
    known = {line.text for line in charrnn.lines(model_of(), 40, seed=0)}
    checkpoint = model_of(known=known)
    lines = charrnn.lines(checkpoint, 200, seed=5)
    assert {line.new for line in lines} == {True, False}
    assert all(line.new == (line.text not in known) for line in lines if line.text.strip())
    new = charrnn.lines(checkpoint, 30, seed=5, new_only=True)
    assert all(line.new for line in new) and len({line.text for line in new}) == len(new) == 30


def test_without_the_lines_nothing_is_new_or_copied():
    assert {line.new for line in charrnn.lines(model_of(), 3, seed=0)} == {None}
    with pytest.raises(UserError, match="does not know the lines") as error:
        charrnn.lines(model_of(), 3, new_only=True)
    assert error.value.field == "new_only"


def test_a_model_of_one_text_writes_lines_too():
    assert len(charrnn.lines(model_of("none"), 9, seed=0)) == 9


def test_parts_between_blank_lines_are_lines_of_their_model():
    lines = charrnn.lines(model_of("blank-lines"), 5, seed=0)
    assert any("\n" in line.text for line in lines)
    assert all("\n\n" not in line.text for line in lines)


@pytest.mark.parametrize(
    ("n", "prefix", "field"), [(0, "", "n"), (1001, "", "n"), (1, "a\nb", "prefix")]
)
def test_bad_arguments_are_refused(n, prefix, field):
    with pytest.raises(UserError) as error:
        charrnn.lines(model_of(), n, prefix)
    assert error.value.field == field


def test_a_model_that_cannot_end_a_line_is_refused():
    with pytest.raises(UserError, match="cannot end a line"):
        charrnn.lines(model_of(symbols=Vocabulary(["<unk>", *"abc"])), 1)


def test_hashes_of_lines_are_saved_beside_the_weights(tmp_path):
    save(model_of(known=["abc", "hag"]), tmp_path)
    assert (tmp_path / LINE_HASHES).stat().st_size == 16
    opened = load(tmp_path).known_lines
    assert "abc" in opened and " hag" in opened and "ab" not in opened
    assert load(tmp_path / "model.safetensors").known_lines is None
    (tmp_path / LINE_HASHES).write_bytes(b"123")
    with pytest.raises(UserError, match="damaged"):
        load(tmp_path)


def slow_distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
    return row[-1]


def test_edit_distances():
    random = np.random.default_rng(0)
    words = ["".join(random.choice(list("abc"), random.integers(1, 9))) for _ in range(40)]
    for word in words[:10]:
        assert edit_distances(word, words).tolist() == [slow_distance(word, w) for w in words]


def test_the_nearest_line():
    known = NearestLines(["Anna", "Johanna", "Hannes", "Ben"])
    assert known.find("Annah") == ("Anna", 1)
    assert known.find("Ben") == ("Ben", 0)
    assert known.find("") == (None, None)
    lines = charrnn.lines(model_of(), 5, seed=0, training_lines=NearestLines(["abab", "hg"]))
    assert all(line.new is not None for line in lines)
    assert any(isinstance(line.distance, int) for line in lines)
