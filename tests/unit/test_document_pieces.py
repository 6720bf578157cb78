"""A model of documents reads each of them from a zero state, wherever it reads a text."""

import base64

import numpy as np
import pytest
import torch
from conftest import small_model
from grids import in_stress

from charrnn.checkpoint import Checkpoint
from charrnn.corpus import Corpus
from charrnn.corpus.document_pieces import Pieces
from charrnn.corpus.documents import FILE_END
from charrnn.errors import UserError
from charrnn.evaluation import score
from charrnn.evaluation.documents import document_nats
from charrnn.generation import generate
from charrnn.inspection import find_units, inspect
from charrnn.inspection.activations import read_activations, read_layer
from charrnn.inspection.step_trace import trace_step, trace_steps
from charrnn.text import Text
from charrnn.ui.generate.hidden_states import hidden_state_table
from charrnn.ui.inspect.layer_cache import Layer
from charrnn.vocabulary import Vocabulary

CELLS = ["lstm", *in_stress("tanh", "gru", "relu")]
FIRST, LAST = ("ann", "bob", "cy"), ("ton", " low", "s")
LIST = "".join(f"{first}{last}\n" for first in FIRST for last in LAST)
POEMS = "an ant\nate a nut\n\nno one\nsaw it\n\n" * 3
VOCABULARY = Vocabulary.from_text(LIST + POEMS + FILE_END)


def model_of(kind, cell="lstm", **more):
    torch.manual_seed(1)
    model = small_model(cell, vocabulary_size=len(VOCABULARY), hidden_size=7, **more)
    about = {"name": "Names", "training": {"documents": kind}}
    return Checkpoint(model, VOCABULARY, about)


def read_by_hand(checkpoint, documents, start):
    """−log₂ p of each character of documents, one step at a time."""
    found = []
    for document in documents:
        state, before = None, start
        for character in document:
            inputs = torch.from_numpy(VOCABULARY.encode(before).astype(np.int64))[None]
            with torch.no_grad():
                logits, state = checkpoint.model(inputs, state)
            [target] = VOCABULARY.encode(character).tolist()
            found.append(-float(torch.log_softmax(logits[0], 0)[target]) / np.log(2))
            before = character
    return np.array(found)


@pytest.mark.parametrize("kind", ["lines", "blank-lines", "files"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_score_agrees_with_what_training_measures(kind, cell):
    text = Text(LIST * 3 + POEMS, "names", files=(40, 50, 60, 24)) if kind == "files" else POEMS * 3
    corpus = Corpus.from_text(text, validation=0.4).with_documents(kind, 0)
    model = small_model(cell, vocabulary_size=len(corpus.vocabulary), hidden_size=7)
    checkpoint = Checkpoint(model, corpus.vocabulary, {"training": {"documents": kind}})
    nats = document_nats(model, corpus.held_out, vocabulary=corpus.vocabulary, documents=kind)
    found = score(checkpoint, corpus.held_out_texts())
    assert found.nats == pytest.approx(nats, rel=1e-5)
    assert found.characters == len(corpus.held_out)
    assert found.protocol.startswith("carried, ")
    [text] = corpus.held_out_texts()
    assert inspect(checkpoint, text).score.nats == pytest.approx(nats, rel=1e-5)


@pytest.mark.parametrize(
    ("kind", "text", "documents", "protocol"),
    [
        ("lines", "ann\nbob low\nc", ["ann\n", "bob low\n", "c"], "carried, 3 lines"),
        ("lines", "ann\n", ["ann\n"], "carried, 1 line"),
        ("blank-lines", POEMS[:-2], [*POEMS[:-2].split("\n\n")], "carried, 6 parts"),
        ("files", LIST, [LIST], "carried, 1 file"),
        ("files", f"ann{FILE_END}bob{FILE_END}", ["ann\f", "bob\f"], "carried, 2 files"),
    ],
)
def test_each_character_is_predicted_from_its_own_document(kind, text, documents, protocol):
    if kind == "blank-lines":
        documents = [f"{one}\n\n" for one in documents[:-1]] + documents[-1:]
    checkpoint = model_of(kind)
    expected = read_by_hand(checkpoint, documents, "\f" if kind == "files" else "\n")
    found = inspect(checkpoint, text)
    assert found.surprisal == pytest.approx(expected, abs=1e-4)
    assert found.score.protocol == protocol
    assert found.score.characters == len(text)
    assert found.score.as_dict() == pytest.approx(score(checkpoint, text).as_dict())
    assert all(found.candidates[0])


def test_what_is_blank_between_documents_has_no_surprisal_and_unknown_characters_have_none():
    found = inspect(model_of("lines"), "ann\n\n \nbéb\n")
    assert np.flatnonzero(np.isnan(found.surprisal)).tolist() == [4, 5, 6, 8]
    assert found.score.characters == 7 and found.score.unknown_characters == 1
    assert not any(found.candidates[4]) and all(found.candidates[8])
    apart = inspect(model_of("lines"), "ann\n")
    assert found.surprisal[:4] == pytest.approx(apart.surprisal)
    for text in ("", "\n\n", " \n"):
        with pytest.raises(UserError, match="nothing to score"):
            score(model_of("lines"), text)
    assert score(model_of("lines"), "a").characters == 1
    assert score(model_of("lines"), ["\n", "ann"]).characters == 3


def test_in_windows_and_for_other_models_nothing_changes():
    lines, whole = model_of("lines"), model_of("none")
    assert score(lines, LIST, window=8) == score(whole, LIST, window=8)
    assert score(whole, LIST).protocol == "carried"
    assert np.isnan(inspect(whole, LIST).surprisal[0])


@pytest.mark.parametrize("cell", CELLS)
def test_hidden_states_begin_anew_with_each_document(cell):
    checkpoint = model_of("lines", cell, layers=2)
    text = "ann\nbob\nann\n"
    H = read_activations(checkpoint, VOCABULARY.encode(text))["H"]
    assert H[:, :3] == pytest.approx(H[:, 8:11]), "the same line again"
    assert H[:, 3] == pytest.approx(H[:, 7]), "each line begins after the same line end"
    assert H[1] == pytest.approx(read_layer(checkpoint, VOCABULARY.encode(text), 1))
    kept = Layer.read(checkpoint, text, 1, "H").values
    assert kept == pytest.approx(H[1], abs=1e-2)
    assert inspect(checkpoint, text, hidden=True).hidden == pytest.approx(H)
    assert isinstance(find_units(checkpoint, LIST * 30, "line-end"), list)


@pytest.mark.parametrize("cell", CELLS)
def test_steps_begin_anew_with_each_document(cell):
    checkpoint = model_of("lines", cell)
    text = "ann\nbob\nann\n"
    H = read_activations(checkpoint, VOCABULARY.encode(text))["H"][0]
    steps = trace_steps(checkpoint, text, 1, 20)
    assert [step.place for step in steps] == list(range(1, 12))
    for step in steps:
        assert step.layers[0]["H"] == pytest.approx(H[step.place], abs=1e-6)
        alone = trace_step(checkpoint, text, step.place)
        assert alone.layers[0]["H"] == pytest.approx(H[step.place], abs=1e-6)
        assert alone.before[0]["H"] == pytest.approx(step.before[0]["H"], abs=1e-6)
        if step.character == "\n":
            assert not step.before[0]["H"].any()
    first = trace_step(checkpoint, text, 0)
    assert first.before[0]["H"] == pytest.approx(H[3], abs=1e-6), "a line has begun"


def test_the_strip_beside_a_text_shows_the_states_that_wrote_it():
    checkpoint = model_of("lines")
    text = generate(checkpoint, "", 300, seed=3)
    table = hidden_state_table(checkpoint, text, 0, begins_line=True)
    levels = np.frombuffer(base64.b64decode(table["states"]), np.int8).reshape(-1, table["shown"])
    H = read_activations(checkpoint, VOCABULARY.encode(text))["H"][0]
    assert levels[1:] / 100 == pytest.approx(H[:256] * 1.0, abs=0.006)
    before = read_activations(model_of("none"), VOCABULARY.encode("\n"))["H"][0, 0]
    assert levels[0] / 100 == pytest.approx(before, abs=0.006)
    later = hidden_state_table(checkpoint, text, 40, begins_line=True)
    assert base64.b64decode(later["states"])[: table["shown"]] == levels[40].tobytes()


def test_pieces_of_a_text():
    def found(text, kind="lines"):
        pieces = Pieces.of(VOCABULARY.encode(text), VOCABULARY, kind)
        return pieces.documents(), pieces.restarts.tolist()

    assert found("ann\nbob") == ([(0, 4), (4, 7)], [3])
    assert found("\nann\n\n") == ([(1, 5)], [0, 4, 5])
    assert found("a\nb\n\nc", "blank-lines") == ([(0, 5), (5, 6)], [4])
    assert found("a\nb", "files") == ([(0, 3)], [])
    assert Pieces.of(VOCABULARY.encode("a"), VOCABULARY, "none") is None
