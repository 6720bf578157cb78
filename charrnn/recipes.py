"""The recipes: the textbook's experiments and the time budgets, as data.

A run is planned from a recipe, a text and settings (`runs/plan.py`).

The textbook is Dive into Deep Learning (Zhang, Lipton, Li, Smola): its chapters on recurrent
networks "from Scratch" and on their "Concise Implementation". The lyrics, and the ReLU variant as
an exercise, come from its Chinese edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .corpus import DEFAULT_VALIDATION
from .errors import UserError, short_repr
from .model import ModelConfig
from .text.preparation import Preparation
from .training import TrainingConfig

TIME_MACHINE = Preparation(letters_only=True, first=10_000)
LYRICS = Preparation(newlines_to_spaces=True, first=10_000)
_TIME_MACHINE_PREFIXES = ("time traveller", "traveller")
_LYRICS_PREFIXES = ("分开", "不分开")


@dataclass(frozen=True)
class Recipe:
    """A named way to train.

    Attributes:
        name: By which it is chosen.
        kind: "budget" (of time), "textbook" (an experiment with a published result) or "custom".
        summary: What it is, in a few words.
        corpus: The dataset that it trains on if no text is given, None if there is none.
        preparation: How the text is prepared.
        model: The model. For a budget, it is chosen once the text is known.
        training: The training. For a budget, only its length is fixed.
        prefixes: What samples begin with; none for those of the text.
        published: The training perplexities in the textbook, by epoch.
        note: What to know about the published results.
    """

    name: str
    kind: str
    summary: str
    corpus: str | None = None
    preparation: Preparation = Preparation()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    prefixes: tuple[str, ...] = ()
    published: Mapping[int, float] = field(default_factory=dict)
    note: str = ""

    @property
    def length(self) -> str:
        """The length of a run in words, such as "10 s" or "500 epochs"."""
        if self.training.epochs is not None:
            return f"{self.training.epochs} epochs"
        seconds = self.training.seconds
        if seconds is None:
            return "until it stops improving"
        return f"{seconds:g} s" if seconds < 60 else f"{seconds / 60:g} min"

    def as_dict(self) -> dict[str, Any]:
        """Return a description of the recipe as JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "summary": self.summary,
            "length": self.length,
            "corpus": self.corpus,
            "epochs": self.training.epochs,
            "seconds": self.training.seconds,
            "published": {str(epoch): value for epoch, value in self.published.items()},
            "note": self.note,
        }


def _budget(name: str, seconds: float | None, summary: str) -> Recipe:
    """Return a recipe with a time budget, None for as long as the model improves."""
    return Recipe(name, "budget", summary, training=TrainingConfig(seconds=seconds))


def _textbook(
    name: str,
    summary: str,
    *,
    lyrics: bool,
    cell: str = "tanh",
    hidden_size: int,
    epochs: int,
    sampling: str,
    concise: bool = False,
    optimizer: str = "sgd",
    learning_rate: float,
    clip: float,
    published: Mapping[int, float],
    sample_every: int,
    note: str = "",
) -> Recipe:
    """Return a recipe by the textbook's protocol: minibatches of 32 × 35, and nothing held out.

    `concise` asks for torch's layers, as in the chapters on the concise implementation. Samples are
    greedy and have 50 characters.
    """
    return Recipe(
        name,
        "textbook",
        summary,
        corpus="songs" if lyrics else "time-machine",
        preparation=LYRICS if lyrics else TIME_MACHINE,
        model=ModelConfig(
            cell=cell,
            implementation="torch" if concise else "scratch",
            hidden_size=hidden_size,
            initialization="uniform" if concise else "normal",
        ),
        training=TrainingConfig(
            sampling=sampling,
            shift=not lyrics,  # the Chinese edition cuts every epoch at the same places
            epochs=epochs,
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule="constant",
            clip=clip,
            validation=0.0,
            precision="float32",
            samples="greedy",
            sample_every=sample_every,
        ),
        prefixes=_LYRICS_PREFIXES if lyrics else _TIME_MACHINE_PREFIXES,
        published=published,
        note=note,
    )


_LYRICS_NOTE = "published with other lyrics, of 1,027 symbols"

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        _budget("sprint", 10, "An LSTM in ten seconds"),
        _budget("coffee", 60, "A better one in a minute"),
        _budget("deep", 300, "A good one in five minutes"),
        _budget("night", None, "As good as it gets: until it stops improving"),
        _textbook(
            "time-machine-scratch",
            "tanh RNN from scratch, sequential partitioning",
            lyrics=False,
            hidden_size=512,
            epochs=500,
            sampling="sequential",
            learning_rate=1,
            clip=1,
            published={500: 1.0},
            sample_every=100,
        ),
        _textbook(
            "time-machine-scratch-random",
            "tanh RNN from scratch, random sampling",
            lyrics=False,
            hidden_size=512,
            epochs=500,
            sampling="random",
            learning_rate=1,
            clip=1,
            published={500: 1.4},
            sample_every=100,
            note="published twice: 1.4 and 1.5",
        ),
        _textbook(
            "time-machine-concise",
            "tanh RNN by torch's nn.RNN, sequential partitioning",
            lyrics=False,
            concise=True,
            hidden_size=256,
            epochs=500,
            sampling="sequential",
            learning_rate=1,
            clip=1,
            published={},
            sample_every=100,
            note="published as a curve only",
        ),
        _textbook(
            "lyrics-scratch-random",
            "tanh RNN from scratch on lyrics, random sampling",
            lyrics=True,
            hidden_size=256,
            epochs=250,
            sampling="random",
            learning_rate=100,
            clip=0.01,
            published={50: 70.0, 100: 9.73, 150: 2.86, 200: 1.60, 250: 1.30},
            sample_every=50,
            note=_LYRICS_NOTE,
        ),
        _textbook(
            "lyrics-scratch-sequential",
            "tanh RNN from scratch on lyrics, sequential partitioning",
            lyrics=True,
            hidden_size=256,
            epochs=250,
            sampling="sequential",
            learning_rate=100,
            clip=0.01,
            published={50: 59.5, 100: 6.80, 150: 2.06, 200: 1.30, 250: 1.16},
            sample_every=50,
            note=_LYRICS_NOTE,
        ),
        _textbook(
            "lyrics-scratch-relu",
            "ReLU RNN from scratch on lyrics, random sampling",
            lyrics=True,
            cell="relu",
            hidden_size=256,
            epochs=1000,
            sampling="random",
            learning_rate=100,
            clip=0.01,
            published={100: 17.2, 200: 3.02, 300: 1.78, 400: 1.58, 500: 1.49, 600: 1.42, 700: 1.36},
            sample_every=100,
            note=_LYRICS_NOTE,
        ),
        _textbook(
            "lyrics-concise",
            "tanh RNN by torch's nn.RNN on lyrics, Adam",
            lyrics=True,
            concise=True,
            hidden_size=256,
            epochs=1000,
            sampling="sequential",
            optimizer="adam",
            learning_rate=0.001,
            clip=0.01,
            published={250: 19.9, 500: 1.042, 750: 1.017, 1000: 1.012},
            sample_every=250,
            note=_LYRICS_NOTE,
        ),
        Recipe(
            "custom",
            "custom",
            "Every setting yours",
            training=TrainingConfig(seconds=60, reset=0.03, validation=DEFAULT_VALIDATION),
        ),
    )
}


def find_recipe(name: str) -> Recipe:
    """Return the recipe of this name. Raises UserError, which lists the names, if there is none."""
    if name not in RECIPES:
        raise UserError(
            "There is no recipe {name}. The recipes are {names}.",
            name=short_repr(name),
            names=list(RECIPES),
            field="recipe",
        )
    return RECIPES[name]
