"""Values of the Train form, with the validation before a run starts.

A `TrainRequest` is the left column as plain data: which text, which recipe, which settings. It
knows no component, so all of it can be tested without a browser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...checkpoint import Checkpoint
from ...corpus import Corpus
from ...errors import UserError
from ...model import ModelConfig
from ...recipes import RECIPES, Recipe, find_recipe
from ...runs.admission import check_plan, check_raw_text, check_text
from ...runs.limits import Limits
from ...runs.plan import RunPlan, make_plan_for, resolve_configs, resolve_configs_for
from ...text import Text, datasets, read_text
from ...training import TrainingConfig
from ...training.transfer import FIXED_SETTINGS
from ...utils.config_fields import assign_settings, invalid_settings
from .. import i18n
from ..services.catalog import ModelEntry
from ..services.context import DEFAULT_TEXT
from ..services.start_models import NOTHING, open_start
from ..services.text_cache import read_uploads, read_uploads_of_any_length
from .base_settings import OF_START, BaseSettings
from .strings import TRAIN

OWN = "own"
FROM_PASTE, FROM_FILES = "paste", "files"
BUDGETS = ("sprint", "coffee", "deep", "night")
TEXTBOOK, CUSTOM = "textbook", "custom"
EXPERIMENTS = tuple(name for name, recipe in RECIPES.items() if recipe.kind == "textbook")

_ASSUMED_CHARACTERS = 100_000  # length of the user's own text before it is given

Progress = Callable[[int, int | None], None]


class OfflineError(UserError):
    """A text could not be downloaded; the page's message names the texts by their titles."""

    def __init__(self, entry: datasets.Dataset, reason: str) -> None:
        super().__init__(reason, field="corpus")
        self.entry = entry

    def translated(self, locale: str) -> str:
        """Return what happened, and which texts need no network."""
        local = [other for other in datasets.DATASETS if other.embedded]
        others = [f"《{other.title_zh}》" if locale == "zh" else other.title for other in local]
        return i18n.translate(
            TRAIN["train-offline"],
            locale,
            title=self.entry.title_zh if locale == "zh" else self.entry.title,
            host=urlsplit(self.entry.url or "").hostname,
            others=i18n.translate(TRAIN["train-others"], locale).join(others),
        )


class _CorpusMemo:
    """The prepared text of a request and its copies: `replace` keeps the memo of a request."""

    def __init__(self) -> None:
        self._key: object = None
        self._corpus: Corpus | None = None

    def get(self, key: object, prepare: Callable[[], Corpus]) -> Corpus:
        """Return what `prepare` returned for an equal key, or else call it."""
        if self._corpus is None or self._key != key:
            self._key, self._corpus = key, prepare()
        return self._corpus


@dataclass(frozen=True)
class TrainRequest:
    """The values of the Train form, with the checks before a run.

    Custom begins with what another recipe, `base_recipe`, chooses for the text; `base` is what that
    was at the form's last validation, and `settings` has the value of each field.
    """

    corpus: str = DEFAULT_TEXT  # the name of a dataset, or OWN
    paste: str = ""
    files: tuple[str, ...] = ()  # paths of uploaded files
    source: str = FROM_FILES  # which of the two to use if both are given
    encoding: str | None = None
    part: str | None = None  # what to read of tables and the like (`charrnn.text.read_files`)
    recipe: str = "sprint"  # a budget, TEXTBOOK or CUSTOM
    experiment: str = EXPERIMENTS[0]
    settings: Mapping[str, object] = field(default_factory=dict)
    base_recipe: str = "sprint"
    base: BaseSettings = BaseSettings()
    gpu: bool = False
    start_key: str = NOTHING  # of the model to start from
    start: ModelEntry | None = None  # that model, once it has been found
    limits: Limits = Limits()
    _memo: _CorpusMemo = field(default_factory=_CorpusMemo, repr=False, compare=False)

    @property
    def recipe_name(self) -> str:
        """The name of the recipe in `charrnn.recipes`."""
        return self.experiment if self.recipe == TEXTBOOK else self.recipe

    @property
    def _recipe(self) -> Recipe:
        """The recipe that prepares the text and chooses all settings without an override."""
        return find_recipe(self.base_recipe if self.recipe == CUSTOM else self.recipe_name)

    def is_local(self) -> bool:
        """Return whether the text can be read without a network."""
        return self.corpus == OWN or datasets.is_local(self.corpus)

    def load_text(self, progress: Progress | None = None) -> Text:
        """Return the text; download it if necessary.

        Raises UserError if there is no text, or it can't be read or downloaded.
        """
        if self.corpus != OWN:
            was_local = self.is_local()
            try:
                return datasets.load(self.corpus, progress=progress)
            except UserError as error:
                if was_local:
                    raise
                raise OfflineError(datasets.find_dataset(self.corpus), error.message) from error
        if self.uses_files:
            files = [Path(file) for file in self.files]
            return read_uploads(files, self.limits, self.encoding, self.part)
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
        """Plan the run and check it against the limits.

        Raises UserError if the request is invalid; its `field` says where.
        """
        plan = make_plan_for(
            self._prepared_text(progress),
            recipe=self.recipe_name,
            settings=self.overrides,
            base=self.base_recipe if self.recipe == CUSTOM else None,
            start=self._start_checkpoint,
        )
        check_plan(plan, self.limits)
        return plan

    def load_corpus(self) -> Corpus:
        """Return the text as the recipe prepares it, whatever the settings.

        Raises UserError if there is no text, or it can't be used.
        """
        return self._prepared_text().with_validation(self._recipe.training.validation)

    def _prepared_text(self, progress: Progress | None = None) -> Corpus:
        """Load and prepare the text once, however often the request is asked about it."""
        file = (self.files, self.source, self.encoding, self.part)
        text = (self.corpus, self.paste, file, self.limits)
        preparation = self._recipe.preparation
        return self._memo.get(
            (text, preparation),
            lambda: Corpus.from_text(self.load_text(progress), preparation=preparation),
        )

    def read_files(self) -> Text | None:
        """Return the text of the files however long it is, None without files or if unreadable."""
        if self.corpus != OWN or not self.uses_files:
            return None
        files = [Path(file) for file in self.files]
        try:
            return read_uploads_of_any_length(files, self.limits, self.encoding, self.part)
        except UserError:  # `load_text` raises it, too
            return None

    @property
    def has_local_text(self) -> bool:
        """Whether there is a text that need not be downloaded first."""
        return not self.is_empty and self.is_local()

    def corpus_if_readable(self, report: Callable[[UserError], object]) -> Corpus | None:
        """Return the text as `load_corpus` does; None, and call `report`, on an error."""
        try:
            return self.load_corpus()
        except UserError as error:
            report(error)
            return None

    def resolve_configs(self) -> tuple[ModelConfig, TrainingConfig]:
        """Check the settings without the text, for one that is not here yet.

        Raises UserError if a setting is invalid; its `field` says which.
        """
        length, start = self._expected_length, self._start_checkpoint
        return resolve_configs(self._recipe.name, self.overrides, length, start=start)

    @property
    def _start_checkpoint(self) -> Checkpoint | None:
        return None if self.start is None else open_start(self.start)

    @property
    def _expected_length(self) -> int:
        """The length, in characters, of a text that can't be read yet."""
        return (
            _ASSUMED_CHARACTERS
            if self.corpus == OWN
            else datasets.find_dataset(self.corpus).characters
        )

    @property
    def overrides(self) -> Mapping[str, object]:
        """The settings to apply: those of the form count only while Custom is chosen."""
        own = self.settings if self.recipe == CUSTOM else {}
        return {**own, **self._device}

    @property
    def _device(self) -> dict[str, object]:
        return {"device": "cuda"} if self.gpu else {}

    def resolved(self) -> TrainRequest:
        """Let the fields of Custom that were not changed by hand follow the text and base recipe.

        With another base recipe than before, all fields follow.
        """
        if self.recipe != CUSTOM:
            return self
        # An error in the text is raised by `plan`, too, and shown then.
        corpus = self.corpus_if_readable(lambda error: None) if self.has_local_text else None
        text = (corpus.sha256() if corpus else self.corpus) + (", GPU" if self.gpu else "")
        text += f"{OF_START}{self.start_key}" if self.start else ""
        if self.base.suits(self.base_recipe, text):
            base, by_hand = replace(self.base, text=text), dict(self.settings)
        else:
            base = BaseSettings.of(self.base_recipe, text, self._recipe_settings(corpus))
            same = self.base_recipe == self.base.recipe
            by_hand = self.base.changed(self.settings) if same else {}
        if self.start is None:
            by_hand = {n: v for n, v in by_hand.items() if (n, v) != ("keep_symbols", True)}
        else:  # the architecture is the model's
            by_hand = {n: v for n, v in by_hand.items() if n not in FIXED_SETTINGS}
        return replace(self, base=base, settings={**base.values, **by_hand})

    def _recipe_settings(self, corpus: Corpus | None) -> dict[str, Any]:
        """Return what the base recipe chooses for the text, or for its expected length."""
        name, device = self._recipe.name, self._device
        start = self._start_checkpoint
        chosen = (
            resolve_configs_for(corpus, name, device, start)
            if corpus
            else resolve_configs(name, device, self._expected_length, start=start)
        )
        return asdict(chosen[0]) | asdict(chosen[1])

    def invalid_settings(self) -> list[str]:
        """Return the names of the settings in Custom whose values break their rules."""
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
        """Whether the user\'s own text is the uploaded files, not the pasted text."""
        return bool(self.files) and (self.source == FROM_FILES or not self.has_paste)

    @property
    def is_empty(self) -> bool:
        """Whether the user\'s own text is still missing."""
        return self.corpus == OWN and not self.files and not self.has_paste

    def chosen_length(self) -> TrainingConfig | None:
        """Return the settings that say how long the run takes; None if one of the two is invalid.

        Nothing else needs to be valid.
        """
        if self.recipe != CUSTOM:
            return self._recipe.training
        try:
            length = {name: self.settings.get(name, "") for name in ("epochs", "seconds")}
            (settings,) = assign_settings(length, TrainingConfig)
        except UserError:  # shown at its field
            return None
        return TrainingConfig(**settings) if None in settings.values() else None
