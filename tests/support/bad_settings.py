"""Settings that cannot be: for each what it takes, in words, and values of the wrong kind."""

from __future__ import annotations

# What a person is told to give, setting by setting.
WANTED = {
    "cell": "choose one of tanh, relu, gru, lstm",
    "implementation": "choose one of fast, scratch, torch",
    "hidden_size": "give a whole number from 1 to 4,096",
    "layers": "give a whole number from 1 to 8",
    "bidirectional": "choose true or false",
    "input": "choose one of one-hot, embedding, tied",
    "embedding_size": "give a whole number from 1 to 4,096",
    "dropout": "give a number from 0 to 0.9",
    "initialization": "choose one of normal, uniform, orthogonal",
    "sampling": "choose one of sequential, random",
    "truncate": "choose one of minibatch, epoch",
    "reset": "give a number from 0 to 1",
    "documents": "choose one of none, lines, blank-lines, files",
    "shift": "choose true or false",
    "batch_size": "give a whole number from 1 to 4,096",
    "steps": "give a whole number from 1 to 4,096",
    "epochs": "give a whole number from 1 to 1,000,000 or none",
    "seconds": "give a number from 0.1 to 10,000,000 or none",
    "prior": "choose true or false",
    "keep_symbols": "choose true or false",
    "smoothing": "give a number from 0 to 1",
    "optimizer": "choose one of sgd, adam, adamw",
    "learning_rate": "give a number from 0 to 1,000,000",
    "schedule": "choose one of constant, cosine, plateau",
    "weight_decay": "give a number from 0 to 10",
    "clip": "give a number from 0.000000001 to 1,000,000,000 or none",
    "validation": "give a number from 0 to 0.5",
    "holdout": "choose one of end, spread, lines",
    "precision": "choose one of float32, bfloat16, auto",
    "device": "choose one of cpu, cuda",
    "threads": "give a whole number from 1 to 1,024 or none",
    "seed": "give a whole number from 0 to 2,147,483,647",
    "samples": "choose one of greedy, sample",
    "sample_length": "give a whole number from 0 to 10,000",
    "sample_every": "give a whole number from 1 to 1,000,000 or none",
}

NAN, INFINITE = float("nan"), float("inf")

# Values by what a setting wants, as JSON or Python can bring them, and how a message shows each.
NO_NUMBERS = [
    (True, "True"), ("many", "many"), ("", ""), (NAN, "nan"), (INFINITE, "inf"),
    (-INFINITE, "-inf"), ("nan", "nan"), ("Infinity", "Infinity"), ("1e999", "1e999"), (-1, "-1"),
    (-0.5, "-0.5"), (10**12, "1000000000000"), (10**400, "1" + "0" * 38 + "…"),
    (10**5000, "a long number"), ("9" * 99, "9" * 39 + "…"), ("0x10", "0x10"), ("a\nb", "a\\nb"),
    ("\ud800", "\\ud800"), ("\u202e1", "\\u202e1"),
]  # fmt: skip
NO_WHOLE_NUMBERS = [*NO_NUMBERS, (2.5, "2.5"), ("1.5", "1.5")]
NO_CHOICES = [(1, "1"), (True, "True"), (None, "None"), ("LSTM", "LSTM"), ("", ""), (NAN, "nan"),
              ("x" * 99, "x" * 39 + "…"), ("<b>", "<b>")]  # fmt: skip
NO_TRUTHS = [(2, "2"), ("maybe", "maybe"), (None, "None"), (NAN, "nan"), (1.5, "1.5"), ("", ""),
             (10**5000, "a long number")]  # fmt: skip
NEITHER = [(["1"], "['1']"), ({}, "{}"), ({"a": [1]}, "{'a': [1]}"),
           ([[]] * 50, ("[" + "[], " * 50)[:39] + "…")]  # fmt: skip


# One setting of each kind: where a value takes long to try, these are tried with all of theirs.
OF_EACH_KIND = ("bidirectional", "cell", "layers", "dropout", "epochs", "seconds")


def wrong(name):
    """Values that the setting does not take, and how each is shown."""
    wanted = WANTED[name]
    if wanted.startswith("choose true"):
        values = [*NO_TRUTHS]
    elif wanted.startswith("choose"):
        values = [*NO_CHOICES]
    else:
        whole = wanted.startswith("give a whole number")
        values = [*(NO_WHOLE_NUMBERS if whole else NO_NUMBERS)]
        if not wanted.endswith("or none"):
            values.append((None, "None"))
        else:
            values.remove(("", ""))  # an empty field is none
    return [*values, *NEITHER]


def message(name, shown):
    """What a person sees."""
    return f"{name} = {shown}: {WANTED[name]}."
