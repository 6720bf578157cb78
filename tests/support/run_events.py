"""Events of an imagined run of 100 steps and 10 seconds, and the view model that they make."""

from dataclasses import asdict

from charrnn.model import ModelConfig
from charrnn.training import TrainingConfig
from charrnn.ui.run_card.view_model import RunViewModel


def start(**training):
    config = asdict(TrainingConfig(seconds=10.0, validation=0.1)) | training
    model = asdict(ModelConfig(hidden_size=8))
    return {
        "event": "start",
        "characters": 100,
        "vocabulary_size": 9,
        "parameters": 1000,
        "recipe": "sprint",
        "model": model,
        "training": config,
        "baselines": {"uniform": 9.0, "unigram": 7.0, "ngram": None},
        "device": "cpu",
        "resumed_from": None,
    }


def progress(step, *, seconds=None, epoch=0.0, train=8.0, held=8.0):
    return {
        "event": "progress",
        "seconds": step / 10 if seconds is None else seconds,
        "step": step,
        "epoch": epoch,
        "train_perplexity": train,
        "validation_perplexity": held,
        "gradient_norm": 0.5,
        "clipped": 0.25,
        "characters_per_second": 1000.0,
        "remaining_seconds": 1.0,
    }


def sample(step, *, seconds=None, prefix="a", text="b"):
    at = step / 10 if seconds is None else seconds
    return {"event": "sample", "seconds": at, "step": step, "prefix": prefix, "text": prefix + text}


def checkpoint(step, held=8.0):
    return {"event": "checkpoint", "seconds": 0, "step": step, "validation_perplexity": held}


def end(step, reason="finished", held=8.0, message=""):
    return {
        "event": "end",
        "seconds": step / 10,
        "step": step,
        "reason": reason,
        "message": message,
        "train_perplexity": 8.0,
        "validation_perplexity": held,
    }


def view_model(*events):
    view = RunViewModel("id")
    for event in events:
        view.apply(event)
    return view


def written(rows):
    return [row["sample"] and row["sample"]["texts"][0][1] for row in rows]
