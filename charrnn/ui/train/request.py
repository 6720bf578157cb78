"""What somebody asks for on the Train tab, and what can be told of it beforehand.

A `TrainRequest` is the left column as plain values: which text, which recipe, which settings. It
knows no component, so all of it can be tried without a browser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...corpus import Corpus, Text, read_text
from ...errors import UserError
from ...model import ModelConfig
from ...recipes import RECIPES, Recipe, RunPlan, make_plan, resolve_configs, resolve_configs_for
from ...runs import zerogpu as gpu
from ...runs.admission import check_plan, check_raw_text, check_text
from ...runs.limits import Limits
from ...text import datasets
from ...training import TrainingConfig
from ...training.holdout import check
from ...utils.config_fields import assign_settings, invalid_settings
from .. import i18n
from ..run_card.diagnosis_text import in_both_languages
from ..services.context import DEFAULT_TEXT
from ..services.text_cache import read_uploads
from .base_settings import BaseSettings
from .strings import TRAIN

OWN = "own"
FROM_PASTE, FROM_FILES = "paste", "files"
BUDGETS = ("sprint", "coffee", "deep", "night")
TEXTBOOK, CUSTOM = "textbook", "custom"
EXPERIMENTS = tuple(name for name, recipe in RECIPES.items() if recipe.kind == "textbook")

_ASSUMED_CHARACTERS = 100_000  # characters that a text of one's own has before it is given

Progress = Callable[[int, int | None], None]


class OfflineError(UserError):
    """A text could not be fetched: the page says so in its own words, with the titles it shows."""

    def __init__(self, entry: datasets.Dataset, reason: str) -> None:
        super().__init__(reason, field="corpus")
        self.entry = entry

    def translated(self, locale: str) -> str:
        """What happened, and which texts need no network."""
        near = [other for other in datasets.DATASETS if other.embedded]
        others = [f"《{other.title_zh}》" if locale == "zh" else other.title for other in near]
        return i18n.translate(
            TRAIN["train-offline"],
            locale,
            title=self.entry.title_zh if locale == "zh" else self.entry.title,
            host=urlsplit(self.entry.url or "").hostname,
            others=i18n.translate(TRAIN["train-others"], locale).join(others),
        )


@dataclass(frozen=True)
class TrainRequest:
    """The values of the Train tab's form, with the checks before a run.

    Custom begins with what another recipe, `began`, chooses for the text; `base` is what that was
    when the form last saw it, and `settings` has the value of each field.
    """

    corpus: str = DEFAULT_TEXT  # the name of a text, or OWN
    paste: str = ""
    files: tuple[str, ...] = ()  # paths of uploaded files
    source: str = FROM_FILES  # which of the two counts where both are given
    encoding: str | None = None
    recipe: str = "sprint"  # a budget, TEXTBOOK or CUSTOM
    experiment: str = EXPERIMENTS[0]
    settings: Mapping[str, object] = field(default_factory=dict)
    base_recipe: str = "sprint"
    base: BaseSettings = BaseSettings()
    gpu: bool = False
    limits: Limits = Limits()

    @property
    def recipe_name(self) -> str:
        """The recipe as the core knows it."""
        return self.experiment if self.recipe == TEXTBOOK else self.recipe

    @property
    def _recipe(self) -> Recipe:
        """The recipe that prepares the text and chooses what nobody has set."""
        return RECIPES[self.base_recipe if self.recipe == CUSTOM else self.recipe_name]

    def is_local(self) -> bool:
        """Whether the text can be read without a network."""
        return self.corpus == OWN or datasets.is_local(self.corpus)

    def load_text(self, progress: Progress | None = None) -> Text:
        """The text; a classic is downloaded if it has to be. Raises UserError without one."""
        if self.corpus != OWN:
            here = self.is_local()
            try:
                return datasets.load(self.corpus, progress=progress)
            except UserError as error:
                if here:
                    raise
                raise OfflineError(datasets.find_dataset(self.corpus), error.message) from error
        if self.uses_files:
            return read_uploads([Path(file) for file in self.files], self.limits, self.encoding)
        if not self.has_paste:
            raise UserError(
                "Paste a text or upload a file first: there is nothing to train on.",
                field="corpus",
            )
        check_raw_text(self.paste, self.limits)
        pasted = read_text(self.paste)
        check_text(pasted, self.limits)
        return pasted

    def plan(self, progress: Progress | None = None) -> RunPlan:
        """The whole plan, checked. Raises UserError, whose field says where it is wrong."""
        wanted = make_plan(
            self.load_text(progress),
            recipe=self.recipe_name,
            settings=self.overrides,
            base=self.base_recipe if self.recipe == CUSTOM else None,
        )
        check_plan(wanted, self.limits)
        return wanted

    def load_corpus(self) -> Corpus:
        """The text as the recipe prepares it, whatever the settings. Raises UserError."""
        corpus = Corpus.from_text(self.load_text(), preparation=self._recipe.preparation)
        return corpus.with_validation(self._recipe.training.validation)

    @property
    def has_local_text(self) -> bool:
        """Whether there is a text, and it need not be downloaded first."""
        return not self.is_empty and self.is_local()

    def corpus_if_readable(self, report: Callable[[UserError], object]) -> Corpus | None:
        """The text as `read` has it; None, and `report` is told, if something is wrong with it."""
        try:
            return self.load_corpus()
        except UserError as error:
            report(error)
            return None

    def resolve_configs(self) -> tuple[ModelConfig, TrainingConfig]:
        """The settings, checked without the text: of one's own or one that is not fetched yet.

        Raises UserError, naming the setting.
        """
        return resolve_configs(self._recipe.name, self.overrides, self._expected_length)

    @property
    def _expected_length(self) -> int:
        """How long a text is that cannot be read yet."""
        return (
            _ASSUMED_CHARACTERS
            if self.corpus == OWN
            else datasets.find_dataset(self.corpus).characters
        )

    @property
    def overrides(self) -> Mapping[str, object]:
        """The settings that count: those of the form only while it is shown."""
        own = self.settings if self.recipe == CUSTOM else {}
        return {**own, **self._device}

    @property
    def _device(self) -> dict[str, object]:
        return {"device": "cuda"} if self.gpu else {}

    def resolved(self) -> TrainRequest:
        """Let the fields of Custom that were not changed by hand follow the text, and the recipe
        that Custom was chosen after; with another recipe than before, all of them follow."""
        if self.recipe != CUSTOM:
            return self
        # What is wrong with the text, `make_plan` raises too, for the form to show.
        corpus = self.corpus_if_readable(lambda error: None) if self.has_local_text else None
        text = (corpus.sha256() if corpus else self.corpus) + (", GPU" if self.gpu else "")
        if self.base.suits(self.base_recipe, text):
            base, by_hand = replace(self.base, text=text), self.settings
        else:
            base = BaseSettings.of(self.base_recipe, text, self._recipe_settings(corpus))
            same = self.base_recipe == self.base.recipe
            by_hand = self.base.changed(self.settings) if same else {}
        return replace(self, base=base, settings={**base.values, **by_hand})

    def _recipe_settings(self, corpus: Corpus | None) -> dict[str, Any]:
        """What the recipe before Custom chooses for the text, as far as that is known."""
        name, device = self._recipe.name, self._device
        chosen = (
            resolve_configs_for(corpus, name, device)
            if corpus
            else resolve_configs(name, device, self._expected_length)
        )
        return asdict(chosen[0]) | asdict(chosen[1])

    def invalid_settings(self) -> list[str]:
        """The fields of Custom whose values break their rules."""
        return (
            invalid_settings(self.overrides, ModelConfig, TrainingConfig)
            if self.recipe == CUSTOM
            else []
        )

    @property
    def has_paste(self) -> bool:
        """Whether a text was pasted."""
        return bool(self.paste.strip())

    @property
    def uses_files(self) -> bool:
        """Whether the uploaded files are the text of one's own, and not the pasted text."""
        return bool(self.files) and (self.source == FROM_FILES or not self.has_paste)

    @property
    def is_empty(self) -> bool:
        """Whether a text of one's own is still to be given."""
        return self.corpus == OWN and not self.files and not self.has_paste

    def button_label(self, locale: str, training: TrainingConfig | None = None) -> str:
        """What the button will do: "Train on Songs · 10 s"; `training` is that of the plan, if
        there is one. Without a time where that is what is wrong with the settings."""
        if self.corpus == OWN:
            text = i18n.translate(TRAIN["train-go-own"], locale)
        else:
            entry = datasets.find_dataset(self.corpus)
            title = non_breaking(entry.title_zh if locale == "zh" else entry.title)
            text = i18n.translate(TRAIN["train-go-title"], locale, title=title)
        length = training or self._chosen_length()
        if length is None:
            return i18n.translate(TRAIN["train-go-untimed"], locale, text=text)
        return i18n.translate(
            TRAIN["train-go"], locale, text=text, time=_format_length(length, locale)
        )

    def _chosen_length(self) -> TrainingConfig | None:
        """How long the run is to be, whatever is wrong with the other settings."""
        if self.recipe != CUSTOM:
            return self._recipe.training
        try:
            length = {name: self.settings.get(name, "") for name in ("epochs", "seconds")}
            (given,) = assign_settings(length, TrainingConfig)
        except UserError:  # which is marked at its field
            return None
        return TrainingConfig(**given) if None in given.values() else None


def corpus_summary(request: TrainRequest, corpus: Corpus | None, locale: str) -> dict[str, Any]:
    """What summary.js draws of the text, above the recipe: of the corpus, if it could be read."""
    if corpus is not None:
        report = asdict(corpus.report())
        del report["training"]
        report["warnings"] = [in_both_languages(warning) for warning in check(corpus)]
        report["encoding"] = i18n.translate_message(report["encoding"], locale)
        return report
    if request.corpus == OWN:
        return {"empty": request.is_empty}  # what cannot be read says so in a message of its own
    entry = datasets.find_dataset(request.corpus)
    host = urlsplit(entry.url or "").hostname
    download = {"size": format_bytes(entry.characters), "host": host}
    return {"characters": entry.characters, "download": download if host else None}


def model_summary(
    request: TrainRequest, configs: tuple[ModelConfig, TrainingConfig] | None
) -> dict[str, Any]:
    """What summary.js draws of the model, under the button: of the settings, if they are sound."""
    if configs is None:
        return _published_figures(request)
    model, training = configs
    return {
        "cell": model.cell,
        "hidden": model.hidden_size,
        "layers": model.layers,
        "bidirectional": model.bidirectional,
        "optimizer": {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}[training.optimizer],
        **_published_figures(request),
    }


def _published_figures(request: TrainRequest) -> dict[str, Any]:
    if request.recipe != TEXTBOOK:
        return {}
    note = None
    if request.experiment.startswith("lyrics"):
        note = "note-lyrics"
    elif request.experiment == "time-machine-scratch-random":
        note = "note-random"
    return {"published": list(RECIPES[request.experiment].published.items()), "note": note}


def gpu_quota_notice(request: TrainRequest, training: TrainingConfig | None, locale: str) -> str:
    """What a run on the GPU takes of the visitor's time there."""
    if not request.gpu or training is None:
        return ""
    seconds, days = (
        gpu.quota_seconds(training.seconds),
        {"anybody": gpu.ANONYMOUS_MINUTES_PER_DAY, "free": gpu.FREE_ACCOUNT_MINUTES_PER_DAY},
    )
    takes = i18n.translate(TRAIN["train-gpu-takes"], locale, n=seconds, **days)
    cut = i18n.translate(TRAIN["train-gpu-cut"], locale) if training.seconds is None else ""
    return takes + cut


def non_breaking(title: str) -> str:
    """A name that no line break takes apart."""
    return title.replace(" ", "\u00a0")


def format_bytes(count: float) -> str:
    """Bytes for people: "179 kB"."""
    return f"{count / 1e6:.1f}\u00a0MB" if count >= 1e6 else f"{count / 1e3:.0f}\u00a0kB"


def _format_length(training: TrainingConfig, locale: str) -> str:
    if training.epochs is not None:
        return i18n.epochs(training.epochs, locale)
    if training.seconds is not None:
        return i18n.seconds(training.seconds, locale)
    return i18n.translate(TRAIN["train-go-night"], locale)
