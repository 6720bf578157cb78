"""The plan of a run: what a recipe, a text and some settings come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..checkpoint import Checkpoint
from ..corpus import DEFAULT_VALIDATION, Corpus
from ..corpus.split import END
from ..errors import UserError
from ..model import ModelConfig
from ..recipes import Recipe, find_recipe
from ..text import Text
from ..training import TrainingConfig, check_fit, check_threads
from ..training.autoconfig import CorpusStats, choose_config, choose_config_from
from ..training.transfer import check_architecture, matching_config
from ..utils.config_fields import assign_settings


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
