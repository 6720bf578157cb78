"""Small runs, which take a moment, for the tests of training and of going on."""

from charrnn.corpus import Corpus
from charrnn.model import ModelConfig
from charrnn.runs.plan import make_plan
from charrnn.text import Text
from charrnn.training import TrainingConfig, train

TEXT = "the cat sat on the mat. the dog sat on the log. a rat ran at the cat. " * 20
SMALL = ModelConfig(cell="gru", hidden_size=24)
QUICK = TrainingConfig(epochs=6, batch_size=4, steps=16, learning_rate=0.01, sample_length=10)


def corpus(validation=0.1, text=TEXT):
    return Corpus.from_text(text, validation=validation)


def run(model=SMALL, training=QUICK, **more):
    return list(train(more.pop("corpus", corpus()), model, training, **more))


def named(events, name):
    return [event for event in events if event["event"] == name]


def with_changes(config, **changes):
    return type(config)(**{**config.__dict__, **changes})


def without_clock(events):
    timing = ("seconds", "characters_per_second", "remaining_seconds")
    return [{k: v for k, v in event.items() if k not in timing} for event in events]


def planned(**settings):
    text = Text("the cat sat on the mat and the dog sat on the log. " * 30, "cats.txt")
    small = {
        "hidden_size": 16, "batch_size": 4, "steps": 16, "dropout": 0.3, "sample_length": 5,
        "schedule": "constant", "learning_rate": 0.02,
    }  # fmt: skip
    return make_plan(text, recipe="custom", settings=small | settings)
