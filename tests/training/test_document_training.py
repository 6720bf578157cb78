"""Training on documents: each is learned as if alone, and runs resume exactly."""

import numpy as np
import pytest
import torch
from small_runs import with_changes
from torch.nn import functional as F

import charrnn
from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.evaluation.documents import document_nats
from charrnn.model import CharRNN, ModelConfig
from charrnn.ngrams.soft_targets import NgramSoftTargets
from charrnn.text import read_text
from charrnn.training import TrainingConfig, train
from charrnn.training.minibatches import carried_rows, make_minibatches
from charrnn.training.step import TrainStep

pytestmark = pytest.mark.usefixtures("no_picture")

WORDS = [
    *("amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath"),
    *("inlet", "jetty", "knoll", "lagoon", "marsh"),
]
LIST = "\n".join(" ".join(WORDS[i % 13 : i % 13 + 1 + i % 5]) + f" {i}" for i in range(60))
CONFIG = TrainingConfig(
    documents="lines", batch_size=4, steps=9, epochs=1, validation=0.0, optimizer="sgd",
    schedule="constant", learning_rate=0.0, clip=None, precision="float32",
)  # fmt: skip
TINY = ModelConfig(hidden_size=7)


def lines(text=LIST, kind="lines", validation=0.0, seed=0):
    return Corpus.from_text(read_text(text), validation=validation).with_documents(kind, seed)


def alone(model, corpus, kind):
    """The nats of each character of an arranged corpus, every document read by itself."""
    text = corpus.vocabulary.decode(corpus.ids)
    end = {"lines": "\n", "blank-lines": "\n\n"}[kind]
    nats = []
    for document in text.split(end)[:-1]:
        ids = torch.from_numpy(corpus.vocabulary.encode("\n" + document + end).astype(np.int64))
        logits, _ = model(ids[None, :-1])
        nats.append(F.cross_entropy(logits, ids[1:], reduction="none"))
    return torch.cat(nats)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("implementation", ["fast", "scratch", "torch"])
@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
def test_loss_and_gradients_are_those_of_each_document_alone(cell, implementation, layers):
    """With the graph kept for the whole epoch, so that gradients reach back to each beginning."""
    corpus = lines()
    model = ModelConfig(
        cell=cell, implementation=implementation, layers=layers, hidden_size=7, input="embedding"
    )
    config = with_changes(CONFIG, truncate="epoch")
    train_step = TrainStep(model, config, len(corpus.vocabulary))
    minibatches = make_minibatches(corpus, config, 0)
    assert any((minibatches.carried(i) >= 0).any() for i in range(len(minibatches)))
    losses = []
    for i in range(len(minibatches)):
        update = train_step.train_on(
            *minibatches[i], learning_rate=0.0, last=i + 1 == len(minibatches),
            carried=carried_rows(minibatches, i),
        )  # fmt: skip
        losses.append(update.loss)
    gradients = [p.grad.clone() for p in train_step.model.parameters()]
    train_step.model.zero_grad()
    nats = alone(train_step.model, corpus, "lines")
    means = torch.stack(
        [nats[minibatches.target_positions(i)].mean() for i in range(len(minibatches))]
    )
    assert losses == pytest.approx(means.tolist(), rel=1e-5)
    means.mean().backward()
    for own, expected in zip(gradients, train_step.model.parameters(), strict=True):
        torch.testing.assert_close(own, expected.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("number", [0, 1])
def test_an_epoch_has_every_character_once(number):
    corpus = lines()
    epoch = make_minibatches(corpus, CONFIG, number)
    places = np.concatenate([epoch.target_positions(i) for i in range(len(epoch))])
    assert sorted(places.tolist()) == list(range(len(corpus.ids)))
    sizes = [len(epoch.target_positions(i)) for i in range(len(epoch))]
    assert max(sizes) <= 2 * CONFIG.batch_size * CONFIG.steps and epoch.characters == sum(sizes)


def test_epochs_are_shuffled_by_the_seed():
    orders = [
        make_minibatches(lines(), with_changes(CONFIG, seed=seed), number).target_positions(0)
        for seed, number in ((0, 0), (0, 0), (0, 1), (1, 0))
    ]
    assert orders[0].tolist() == orders[1].tolist()
    assert all(orders[0].tolist() != other.tolist() for other in orders[2:])


def test_few_long_documents_fill_the_minibatches():
    text = "\n\n".join("\n".join(WORDS * 40) for _ in range(2))
    corpus = lines(text, "blank-lines")
    config = with_changes(CONFIG, documents="blank-lines", batch_size=8, steps=5)
    epoch = make_minibatches(corpus, config, 0)
    full = sum(len(epoch.target_positions(i)) >= 0.8 * 40 for i in range(len(epoch)))
    assert full >= 0.75 * len(epoch)


def test_smoothing_has_the_targets_of_the_same_places():
    corpus, config = lines(), with_changes(CONFIG, smoothing=1.0)
    epoch, targets = make_minibatches(corpus, config, 0), NgramSoftTargets()
    size = len(corpus.vocabulary)
    targets.probabilities = F.one_hot(torch.from_numpy(corpus.ids.astype(np.int64)), size).half()
    _, Y = epoch[1]
    assert targets.for_minibatch(epoch, 1).argmax(dim=1).tolist() == Y[Y != 0].tolist()


@pytest.mark.parametrize("cell", ["relu", "lstm"])
@pytest.mark.parametrize("kind", ["lines", "blank-lines"])
def test_held_out_perplexity_is_that_of_each_document_alone(cell, kind):
    text = LIST if kind == "lines" else LIST.replace("7\n", "7\n\n")
    corpus = lines(text, kind)
    model = CharRNN(ModelConfig(cell=cell, hidden_size=7), len(corpus.vocabulary))
    with torch.no_grad():
        expected = alone(model, corpus, kind).mean().item()
    nats = document_nats(model, corpus.ids, vocabulary=corpus.vocabulary, documents=kind)
    assert nats == pytest.approx(expected, rel=1e-5)


def run(directory=None, resume=False, commands=set, **changes):
    config = with_changes(
        CONFIG, **{"epochs": 4, "validation": 0.2, "learning_rate": 0.1, "clip": 1.0} | changes
    )
    corpus = Corpus.from_text(read_text(LIST))
    return list(train(corpus, TINY, config, directory=directory, resume=resume, commands=commands))


def test_a_run_resumes_bit_for_bit(tmp_path):
    whole, steps = run(tmp_path / "whole"), iter(range(1000))
    run(tmp_path / "part", commands=lambda: {"stop"} if next(steps) == 17 else set())
    run(tmp_path / "part", resume=True)
    weights = [
        charrnn.load(tmp_path / name / "checkpoint").model.state_dict()
        for name in ("whole", "part")
    ]
    assert whole[-1]["reason"] == "finished"
    for name, weight in weights[0].items():
        assert torch.equal(weight, weights[1][name])


def test_a_model_of_lines_learns_them_and_their_ends():
    text = "\n".join(f"{a} {b}" for a in WORDS for b in WORDS)
    config = TrainingConfig(
        documents="lines", epochs=12, batch_size=8, steps=20, learning_rate=0.02, validation=0.1
    )
    events = list(train(Corpus.from_text(read_text(text)), ModelConfig(hidden_size=48), config))
    assert events[-1]["validation_perplexity"] < 1.9
    assert events[-1]["validation_perplexity"] < events[0]["baselines"]["ngram"] * 1.1


@pytest.mark.parametrize(
    ("model", "settings", "field"),
    [
        ({}, {"sampling": "random"}, "documents"),
        ({"bidirectional": True}, {}, "documents"),
    ],
)
def test_settings_that_make_no_sense_are_refused(model, settings, field):
    with pytest.raises(UserError) as error:
        train(
            Corpus.from_text(read_text(LIST)),
            ModelConfig(**model),
            TrainingConfig(documents="lines", epochs=1, **settings),
        )
    assert error.value.field == field


def test_one_document_is_refused():
    with pytest.raises(UserError, match="at least two documents") as error:
        lines("\n\nall in one line\n \n")
    assert error.value.field == "documents"
