"""Recipes: the textbook's experiments and the time budgets, as data.

`make_plan` turns a recipe, a text and some settings into a `RunPlan`.

The textbook is Dive into Deep Learning (Zhang, Lipton, Li, Smola): its chapters on recurrent
networks "from Scratch" and on their "Concise Implementation". The lyrics, and the ReLU variant as
an exercise, come from its Chinese edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .checkpoint import Checkpoint
from .corpus import DEFAULT_VALIDATION, Corpus
from .corpus.split import END
from .errors import UserError, short_repr
from .model import ModelConfig
from .text import Text
from .text.preparation import Preparation
from .training import TrainingConfig, check_fit, check_threads
from .training.autoconfig import CorpusStats, choose_config, choose_config_from
from .training.transfer import check_architecture, matching_config
from .utils.config_fields import assign_settings

TIME_MACHINE = Preparation(letters_only=True, first=10_000)
LYRICS = Preparation(newlines_to_spaces=True, first=10_000)
_TIME_MACHINE_PREFIXES = ("time traveller", "traveller")
_LYRICS_PREFIXES = ("分开", "不分开")


@dataclass(frozen=True)
class Recipe:
    """A named way to train.

    `kind` is "budget" (a time), "textbook" (an experiment with a published result) or "custom".
    `published` maps epochs to the training perplexities that the textbook reports. A budget chooses
    model and training itself once it knows the text.
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
        """How long it takes, in words: "10 s", "500 epochs"."""
        if self.training.epochs is not None:
            return f"{self.training.epochs} epochs"
        seconds = self.training.seconds
        if seconds is None:
            return "until it stops improving"
        return f"{seconds:g} s" if seconds < 60 else f"{seconds / 60:g} min"

    def as_dict(self) -> dict[str, Any]:
        """Return a description for people and programs that choose a recipe."""
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
    """Make a recipe by the textbook's protocol: minibatches of 32 × 35, nothing held out.

    Its samples are greedy and have 50 characters.
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


@dataclass(frozen=True)
class RunPlan:
    """Everything that a run needs to begin.

    `base` is the recipe that a custom run began as, and `start` the model that it starts from.
    """

    recipe: str
    corpus: Corpus
    model: ModelConfig
    training: TrainingConfig
    prefixes: tuple[str, ...]
    base: str | None = None
    start: Checkpoint | None = None

    @property
    def trained_corpus(self) -> Corpus:
        """The text as the model knows it: with the symbols that it keeps of `start`."""
        if self.start is None or not self.training.keep_symbols:
            return self.corpus
        return self.corpus.with_symbols_of(self.start.vocabulary)


def find_recipe(name: str) -> Recipe:
    """Return the recipe of that name; raises UserError, listing the names, if there is none."""
    if name not in RECIPES:
        raise UserError(
            "There is no recipe {name}. The recipes are {names}.",
            name=short_repr(name),
            names=list(RECIPES),
            field="recipe",
        )
    return RECIPES[name]


def make_plan(
    text: Text,
    *,
    recipe: str = "sprint",
    settings: Mapping[str, object] | None = None,
    seed: int | None = None,
    epochs: int | None = None,
    seconds: float | None = None,
    base: str | None = None,
    start: Checkpoint | None = None,
) -> RunPlan:
    """Prepare a text as a recipe requires and resolve every setting.

    `settings` are fields of `ModelConfig` and `TrainingConfig`, as strings or values; they override
    the recipe's own. `epochs` and `seconds` override the recipe's length. With `base`, everything
    but the name of the recipe is that of `base`: a custom run made from Sprint, for example. With
    `start`, the run starts from that model, and has its architecture.

    Raises UserError, naming the field, for anything that does not fit.
    """
    chosen = find_recipe(base or recipe)
    overrides: dict[str, object] = dict(settings or {})
    overrides |= {
        name: value
        for name, value in (("seed", seed), ("epochs", epochs), ("seconds", seconds))
        if value is not None
    }
    corpus = Corpus.from_text(text, preparation=chosen.preparation)
    return make_plan_for(corpus, recipe=recipe, settings=overrides, base=base, start=start)


def make_plan_for(
    corpus: Corpus,
    *,
    recipe: str,
    settings: Mapping[str, object],
    base: str | None = None,
    start: Checkpoint | None = None,
) -> RunPlan:
    """Resolve every setting for a text that was prepared as the recipe, or `base`, requires.

    Raises UserError as `make_plan` does.
    """
    chosen = find_recipe(base or recipe)
    model, training = resolve_configs_for(corpus, chosen.name, settings, start)
    return complete_plan(corpus, model, training, recipe=recipe, base=base, start=start)


def complete_plan(
    corpus: Corpus,
    model: ModelConfig,
    training: TrainingConfig,
    *,
    recipe: str,
    base: str | None = None,
    start: Checkpoint | None = None,
    prefixes: tuple[str, ...] | None = None,
) -> RunPlan:
    """Plan a run of which every setting is given, for a text prepared as its recipe requires.

    `prefixes` are those of the samples, by default the recipe's or the text's. Raises UserError as
    `make_plan` does.
    """
    corpus = corpus.with_validation(training.validation, training.holdout, training.seed)
    corpus = corpus.with_documents(training.documents, training.seed)
    if prefixes is None:
        prefixes = _prefixes(find_recipe(base or recipe), corpus)
    if start is not None:
        check_architecture(start, model)
    plan = RunPlan(recipe, corpus, model, training, prefixes, base, start)
    check_fit(plan.trained_corpus, model, training)
    check_threads(training)
    return plan


def resolve_configs_for(
    corpus: Corpus, recipe: str, settings: Mapping[str, object], start: Checkpoint | None = None
) -> tuple[ModelConfig, TrainingConfig]:
    """Resolve every setting of a recipe for a text that was prepared as the recipe requires.

    Raises UserError, naming a field that is wrong.
    """
    stats = CorpusStats.measure(corpus.ids, len(corpus.vocabulary))
    return resolve_configs(recipe, settings, len(corpus.ids), stats, start)


def resolve_configs(
    recipe: str,
    settings: Mapping[str, object],
    characters: int,
    stats: CorpusStats | None = None,
    start: Checkpoint | None = None,
) -> tuple[ModelConfig, TrainingConfig]:
    """Resolve every setting of a run on a text of that many characters.

    Raises UserError, naming a field that is wrong.
    """
    chosen = find_recipe(recipe)
    if start is not None and chosen.kind == "textbook":
        raise UserError(
            "{recipe} is an experiment that begins with random weights: start from nothing, or "
            "choose another recipe.",
            recipe=recipe,
            field="start",
        )
    for_model, for_training = assign_settings(settings, ModelConfig, TrainingConfig)
    if for_training.get("epochs") is not None and for_training.get("seconds") is not None:
        raise UserError("Give epochs or seconds, not both.", field="seconds", also=("epochs",))
    for one, other in (("epochs", "seconds"), ("seconds", "epochs")):
        if for_training.get(one) is not None:
            for_training[other] = None
    model, training = chosen.model, chosen.training
    if chosen.kind == "budget":
        budget = for_training.get("seconds") or training.seconds
        held_out, epochs = (
            for_training.get("validation", DEFAULT_VALIDATION),
            for_training.get("epochs"),
        )
        model, training = choose_config(characters, budget, held_out, stats, epochs)
        if start is not None:
            symbols = (stats or CorpusStats()).symbols
            model, training = choose_config_from(start.model.config, training, characters, symbols)
    elif start is not None:
        model = matching_config(start.model.config, model)
    if for_training.get("device") == "cuda":  # where torch's layers (cuDNN) are fastest
        model = replace(model, implementation="torch")
    model = replace(model, **for_model)
    if start is not None:
        check_architecture(start, model)
    training = replace(training, **{"holdout": END, **for_training})
    if not training.open_ended and training.schedule == "plateau" and "schedule" not in settings:
        training = replace(training, schedule="cosine")
    return model, training


def _prefixes(recipe: Recipe, corpus: Corpus) -> tuple[str, ...]:
    """Return the recipe's prefixes, or the text's own, that the model can read.

    Without any, return how the text begins; for documents nothing, so that the samples are whole
    ones.
    """
    if corpus.documents != "none":
        return ("",)
    for prefixes in (recipe.prefixes, corpus.prefixes):
        readable = tuple(prefix for prefix in prefixes if not corpus.vocabulary.unknown(prefix))
        if readable:
            return readable
    opening = corpus.vocabulary.decode(corpus.ids[:12]).lstrip("\n")
    line = opening.split("\n")[0]
    words = line.rsplit(" ", 1)[0] if " " in line else line
    return (words,)
