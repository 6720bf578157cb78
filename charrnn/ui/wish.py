"""What somebody asks for on the Train tab, and what can be told of it beforehand.

A `Wish` is the left column as plain values: which text, which recipe, which settings. It knows
no component, so all of it can be tried without a browser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .. import corpora, gpu
from ..admission import check_plan, check_text
from ..corpus import Corpus, Text, read_text
from ..errors import UserError
from ..limits import Limits
from ..model import ModelConfig
from ..recipes import RECIPES, Plan, plan, settle
from ..training import TrainingConfig
from . import words
from .services.text_cache import read_uploads
from .words_problems import encoding_in_chinese
from .words_train import TRAIN

OWN = "own"
FROM_PASTE, FROM_FILES = "paste", "files"
USUAL, USUAL_ZH = "tide-clock", "songs"  # what is chosen when the page opens, by language
BUDGETS = ("sprint", "coffee", "deep", "night")
TEXTBOOK, CUSTOM = "textbook", "custom"
EXPERIMENTS = tuple(name for name, recipe in RECIPES.items() if recipe.kind == "textbook")

_BLANK = 100_000  # characters that a text of one's own has before it is given

Progress = Callable[[int, int | None], None]


class OfflineError(UserError):
    """A text could not be fetched: the page says so in its own words, with the titles it shows."""

    def __init__(self, entry: corpora.Entry, reason: str) -> None:
        super().__init__(reason, field="corpus")
        self.entry = entry

    def said(self, tongue: str) -> str:
        """What happened, and which texts need no network."""
        near = [other for other in corpora.ENTRIES if other.embedded]
        others = [f"《{other.title_zh}》" if tongue == "zh" else other.title for other in near]
        return words.say(
            TRAIN["train-offline"],
            tongue,
            title=self.entry.title_zh if tongue == "zh" else self.entry.title,
            host=urlsplit(self.entry.url or "").hostname,
            others=words.say(TRAIN["train-others"], tongue).join(others),
        )


@dataclass(frozen=True)
class Wish:
    """A training run that somebody has in mind."""

    corpus: str = USUAL  # the name of a text, or OWN
    paste: str = ""
    files: tuple[str, ...] = ()  # paths of uploaded files
    source: str = FROM_FILES  # which of the two counts where both are given
    encoding: str | None = None
    recipe: str = "sprint"  # a budget, TEXTBOOK or CUSTOM
    experiment: str = EXPERIMENTS[0]
    settings: Mapping[str, object] = field(default_factory=dict)
    gpu: bool = False
    limits: Limits = Limits()

    @property
    def recipe_name(self) -> str:
        """The recipe as the core knows it."""
        return self.experiment if self.recipe == TEXTBOOK else self.recipe

    def fetched(self) -> bool:
        """Whether the text can be read without a network."""
        return self.corpus == OWN or corpora.cached(self.corpus)

    def text(self, progress: Progress | None = None) -> Text:
        """The text; a classic is downloaded if it has to be. Raises UserError without one."""
        if self.corpus != OWN:
            here = self.fetched()
            try:
                return corpora.load(self.corpus, progress=progress)
            except UserError as error:
                if here:
                    raise
                raise OfflineError(corpora.find(self.corpus), error.message) from error
        if self.uses_files:
            return read_uploads([Path(file) for file in self.files], self.limits, self.encoding)
        if not self.has_paste:
            raise UserError(
                "Paste a text or upload a file first: there is nothing to train on.",
                field="corpus",
            )
        pasted = read_text(self.paste)
        check_text(pasted, self.limits)
        return pasted

    def plan(self, progress: Progress | None = None) -> Plan:
        """The whole plan, checked. Raises UserError, whose field says where it is wrong."""
        wanted = plan(self.text(progress), recipe=self.recipe_name, settings=self.asked)
        check_plan(wanted, self.limits)
        return wanted

    def read(self) -> Corpus:
        """The text as the recipe prepares it, whatever the settings. Raises UserError."""
        recipe = RECIPES[self.recipe_name]
        share = recipe.training.validation
        return Corpus.from_text(self.text(), preparation=recipe.preparation, validation=share)

    def settled(self) -> tuple[ModelConfig, TrainingConfig]:
        """The settings, checked without the text: of one's own or one that is not fetched yet.

        Raises UserError, naming the setting.
        """
        length = _BLANK if self.corpus == OWN else corpora.find(self.corpus).characters
        return settle(self.recipe_name, self.asked, length)

    @property
    def asked(self) -> Mapping[str, object]:
        """The settings that count: those of the form only while it is shown."""
        own = self.settings if self.recipe == CUSTOM else {}
        return {**own, "device": "cuda"} if self.gpu else own

    @property
    def has_paste(self) -> bool:
        """Whether a text was pasted."""
        return bool(self.paste.strip())

    @property
    def uses_files(self) -> bool:
        """Whether the uploaded files are the text of one's own, and not the pasted text."""
        return bool(self.files) and (self.source == FROM_FILES or not self.has_paste)

    @property
    def empty(self) -> bool:
        """Whether a text of one's own is still to be given."""
        return self.corpus == OWN and not self.files and not self.has_paste

    def button(self, tongue: str, training: TrainingConfig | None = None) -> str:
        """What the button will do: "Train on Songs · 10 s"."""
        if self.corpus == OWN:
            text = words.say(TRAIN["train-go-own"], tongue)
        else:
            entry = corpora.find(self.corpus)
            title = unbroken(entry.title_zh if tongue == "zh" else entry.title)
            text = words.say(TRAIN["train-go-title"], tongue, title=title)
        time = _time(training or RECIPES[self.recipe_name].training, tongue)
        return words.say(TRAIN["train-go"], tongue, text=text, time=time)


def text_told(wish: Wish, corpus: Corpus | None, tongue: str) -> dict[str, Any]:
    """What report.js draws of the text, above the recipe: of the corpus, if it could be read."""
    if corpus is not None:
        report = asdict(corpus.report())
        del report["training"]
        if tongue == "zh":
            report["encoding"] = encoding_in_chinese(report["encoding"])
        return report
    if wish.corpus == OWN:
        return {"empty": wish.empty}  # what cannot be read says so in a message of its own
    entry = corpora.find(wish.corpus)
    host = urlsplit(entry.url or "").hostname
    download = {"size": size(entry.characters), "host": host}
    return {"characters": entry.characters, "download": download if host else None}


def model_told(wish: Wish, settled: tuple[ModelConfig, TrainingConfig] | None) -> dict[str, Any]:
    """What report.js draws of the model, under the button: of the settings, if they are sound."""
    if settled is None:
        return _of_recipe(wish)
    model, training = settled
    return {
        "cell": model.cell,
        "hidden": model.hidden_size,
        "layers": model.layers,
        "bidirectional": model.bidirectional,
        "optimizer": {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}[training.optimizer],
        **_of_recipe(wish),
    }


def _of_recipe(wish: Wish) -> dict[str, Any]:
    if wish.recipe != TEXTBOOK:
        return {}
    note = None
    if wish.experiment.startswith("lyrics"):
        note = "note-lyrics"
    elif wish.experiment == "time-machine-scratch-random":
        note = "note-random"
    return {"published": list(RECIPES[wish.experiment].published.items()), "note": note}


def gpu_told(wish: Wish, training: TrainingConfig | None, tongue: str) -> str:
    """What a run on the GPU takes of the visitor's time there."""
    if not wish.gpu or training is None:
        return ""
    seconds, days = gpu.quota(training.seconds), {"anybody": gpu.ANYBODY, "free": gpu.SIGNED_IN}
    takes = words.say(TRAIN["train-gpu-takes"], tongue, n=seconds, **days)
    cut = words.say(TRAIN["train-gpu-cut"], tongue) if training.seconds is None else ""
    return takes + cut


def unbroken(title: str) -> str:
    """A name that no line break takes apart."""
    return title.replace(" ", "\u00a0")


def size(count: float) -> str:
    """Bytes for people: "179 kB"."""
    return f"{count / 1e6:.1f}\u00a0MB" if count >= 1e6 else f"{count / 1e3:.0f}\u00a0kB"


def _time(training: TrainingConfig, tongue: str) -> str:
    if training.epochs is not None:
        return words.say(TRAIN["train-go-epochs"], tongue, n=words.number(training.epochs))
    if training.seconds is not None:
        return words.seconds(training.seconds, tongue)
    return words.say(TRAIN["train-go-night"], tongue)
