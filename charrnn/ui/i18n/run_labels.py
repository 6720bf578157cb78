"""Labels that distinguish runs in lists: "GRU 256 · 10 s · lr 0.008".

A label has the network and the length of the run. Settings in which the run differs from others on
the same text are added until no other run has the same label, up to `MAX_SETTINGS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ...errors import UserError
from ...model import ModelConfig
from ...runs.run import Run
from .. import i18n
from .titles import SETTINGS, chinese

MAX_SETTINGS = 3

# Settings that may be added to a label, the most important first: all but those of the network and
# the length, which every label has.
_NETWORK = ("cell", "hidden_size", "layers", "bidirectional")
_LENGTH = ("epochs", "seconds")
_SETTINGS = (
    *("learning_rate", "dropout", "optimizer", "batch_size", "steps", "clip", "sampling"),
    *("documents",),
    *("smoothing", "weight_decay", "schedule", "implementation", "input", "embedding_size"),
    *("precision", "truncate", "reset", "shift", "prior", "keep_symbols", "validation", "holdout"),
    *("initialization", "seed"),
    *("device", "threads", "samples", "sample_length", "sample_every"),
)
_SHORT = {
    "learning_rate": ("lr", "学习率"),
    "batch_size": ("batch", "批量"),
    "embedding_size": ("embedding", "嵌入"),
    "weight_decay": ("decay", "衰减"),
}

_FROM = ("from {model}", "起点：{model}")

Label = dict[str, str]  # by language


def labels(manifests: Sequence[Mapping[str, Any]]) -> list[Label]:
    """Return the labels of runs, given the contents of their `run.json`, in the same order."""
    texts = [str(manifest["corpus"].get("sha256")) for manifest in manifests]
    known = [manifest["model"] | manifest["training"] for manifest in manifests]
    result = []
    for place, settings in enumerate(known):
        others = [
            other
            for i, other in enumerate(known)
            if i != place
            and texts[i] == texts[place]
            and _network_and_length(other) == _network_and_length(settings)
        ]
        names = _distinguishing_settings(settings, others)
        start = (manifests[place].get("started_from") or {}).get("name")
        result.append({locale: _label(settings, names, start, locale) for locale in ("en", "zh")})
    return result


def labels_of(runs: Sequence[Run]) -> list[Label]:
    """Return the labels of runs, in the same order; empty for a run that can't be read."""
    manifests: dict[int, Mapping[str, Any]] = {}
    for place, run in enumerate(runs):
        with suppress(UserError):
            manifests[place] = run.manifest
    known = dict(zip(manifests, labels(list(manifests.values())), strict=True))
    return [known.get(place, {"en": "", "zh": ""}) for place in range(len(runs))]


def _distinguishing_settings(
    settings: Mapping[str, Any], others: list[dict[str, Any]]
) -> list[str]:
    """Return the settings that distinguish a run from others of the same network and length."""
    names: list[str] = []
    for name in _SETTINGS:
        if not others or len(names) == MAX_SETTINGS:
            break
        same = [other for other in others if other.get(name) == settings.get(name)]
        if len(same) < len(others):
            names.append(name)
            others = same
    return names


def _network_and_length(settings: Mapping[str, Any]) -> tuple[object, ...]:
    return _network(settings), *(settings.get(name) for name in _LENGTH)


def _network(settings: Mapping[str, Any]) -> str:
    try:
        return ModelConfig(**{name: settings[name] for name in _NETWORK if name in settings}).label
    except UserError:  # of another version
        return str(settings.get("cell"))


def _label(
    settings: Mapping[str, Any], names: Sequence[str], start: str | None, locale: str
) -> str:
    parts = [_network(settings), _length(settings, locale)]
    if start:
        shown = chinese(start) if locale == "zh" else start
        parts.append(i18n.translate(_FROM, locale, model=shown))
    for name in names:
        short = _SHORT.get(name) or (name.replace("_", " "), SETTINGS.get(name, (name,))[0])
        parts.append(f"{short[locale == 'zh']}\u00a0{_value(settings.get(name))}")
    return " · ".join(filter(None, parts))


def _length(settings: Mapping[str, Any], locale: str) -> str:
    epochs, seconds = settings.get("epochs"), settings.get("seconds")
    if isinstance(epochs, int):
        return i18n.epochs(epochs, locale)
    return i18n.seconds(float(seconds), locale) if isinstance(seconds, int | float) else ""


def _value(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return i18n.number(value) if isinstance(value, int | float) else str(value)
