"""Update the metadata of a model card that its owner has edited: renew charrnn's values only.

Values are found by the names of their fields, so the Hub's editor may drop comments, quote and sort
them. A field that is not renewed stays as it is written.

The metadata may be a stranger's. They are not read if they are too long, too deep, or not a
mapping, or if they have anchors, by which a small text could become a large value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from .card_figures import alpha_name
from .card_metadata import CELL_TAGS, METRICS, TAGS, WRITTEN_IN_TRAINING
from .training_text import HUB_DATASETS, UNKNOWN_LICENSE

MAX_METADATA_CHARACTERS = 64_000
_MAX_DEPTH = 20  # of nested lists and mappings, in which PyYAML takes quadratic time
_ALWAYS = ("library_name", "base_model", "base_model_relation")  # fields that are renewed
_TAGS = frozenset((*TAGS, *CELL_TAGS.values()))
_LIBRARY = re.compile(r"^library_name:[ \t]*(['\"]?)charrnn\1[ \t]*$", re.MULTILINE)
_OLD_MARK = "# charrnn:"  # begins the comments of the first cards
_ALPHA = alpha_name(1.0)[:-1]  # begins the titles of samples on the Hub


def renewed_metadata(old: str, new: str) -> str | None:
    """Return the YAML `old` with charrnn's values taken from `new`; None if it cannot be read.

    In lists such as the tags, only charrnn's elements are renewed. The owner's license stays unless
    `new` has one, and an existing task and languages stay.
    """
    import yaml

    try:
        blocks, known = dict(_blocks(old)), yaml.safe_load(new)
        values = {key: _value(key, blocks[key]) for key in _MERGED if key in blocks}
    except (yaml.YAMLError, ValueError, ArithmeticError):
        return None
    merged = {key: merge(values.get(key), known.get(key)) for key, merge in _MERGED.items()}
    kept = {}
    for key, block in blocks.items():
        if key in _MERGED:
            if merged[key]:
                same = merged[key] == values[key]
                kept[key] = block if same else _as_yaml({key: merged[key]})
        elif _is_renewed(key, blocks, known):
            kept |= {key: _as_yaml({key: known[key]})} if key in known else {}
        else:
            kept[key] = block
    added = {
        key: merged.get(key, value)
        for key, value in known.items()
        if key not in kept and merged.get(key, value)
    }
    return "".join(kept.values()) + (_as_yaml(added) if added else "")


def names_charrnn(metadata: str) -> bool:
    """Return whether the YAML of metadata has charrnn as `library_name`."""
    return _LIBRARY.search(metadata) is not None


def _is_renewed(key: str, blocks: dict[str, str], known: dict[str, Any]) -> bool:
    """Return whether the field `key` of `blocks` is replaced by that of `known`, or removed."""
    if key == "license":
        return known.get(key) not in (None, UNKNOWN_LICENSE)
    if key == "base_model" and key not in known:
        return "base_model_relation" in blocks  # charrnn writes both, most owners only one
    return key in _ALWAYS


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the lines of each field of a YAML mapping, with the comments below it.

    Raises ValueError for metadata that are not read, and yaml.YAMLError for invalid YAML.
    """
    import yaml

    if len(text) > MAX_METADATA_CHARACTERS:
        raise ValueError("the metadata are too long")
    starts: list[tuple[str, int]] = []
    depth, is_key = 0, True
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError("the metadata have anchors")
        if isinstance(event, yaml.NodeEvent) and depth == 0:
            if not isinstance(event, yaml.MappingStartEvent) or event.flow_style:
                raise ValueError("the metadata are not a mapping with a field a line")
        elif isinstance(event, yaml.NodeEvent) and depth == 1:
            if is_key:
                if not isinstance(event, yaml.ScalarEvent) or event.start_mark.column:
                    raise ValueError("a field has no name")
                starts.append((event.value, event.start_mark.index))
            is_key = not is_key
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _MAX_DEPTH:
                raise ValueError("the metadata are too deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    borders = [0, *(start for _, start in starts[1:]), len(text)]
    for (key, _), start, end in zip(starts, borders, borders[1:], strict=False):
        lines = text[start:end].strip("\n").split("\n")
        yield key, "".join(f"{line}\n" for line in lines if not line.startswith(_OLD_MARK))


def _value(key: str, block: str) -> Any:
    """Return the value of a field, given its lines."""
    import yaml

    return yaml.safe_load(block)[key]


def _as_yaml(values: dict[str, Any]) -> str:
    """Return fields as YAML, in the style of huggingface_hub."""
    from huggingface_hub import CardData

    return CardData(**values).to_yaml(line_break="\n") + "\n"


# The functions below merge a list of the old card, whose value may be anything, with the new one.


def _list(value: object) -> list[Any]:
    """Return a list as it is, None as an empty list, and any other value as its only element."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _merged_names(ours: frozenset[str]) -> Callable[[object, object], list[Any]]:
    """Return a function that renews those elements of a list that are in `ours`."""

    def merge(old: object, new: object) -> list[Any]:
        others = [name for name in _list(old) if not (isinstance(name, str) and name in ours)]
        known = [name for name in _list(new) if name not in others]
        merged = known + others
        in_order = [name for name in _list(old) if name in merged]
        return in_order if len(in_order) == len(merged) else merged

    return merge


def _merged_widget(old: object, new: object) -> list[Any]:
    """Renew charrnn's samples, and keep the owner's examples."""
    titles = (_ALPHA, WRITTEN_IN_TRAINING)
    others = [
        example
        for example in _list(old)
        if not isinstance(example, dict)
        or not str(example.get("example_title", "")).startswith(titles)
    ]
    return _list(new) + others


def _merged_index(old: object, new: object) -> list[Any]:
    """Renew charrnn's results, and keep the owner's."""
    models = [model for model in _list(old) if isinstance(model, dict)]
    results = [result for model in models for result in _list(model.get("results"))]
    others = [result for result in results if not _is_of_charrnn(result)]
    known = _list(new)
    if known:
        return [known[0] | {"results": known[0]["results"] + others}]
    return [models[0] | {"results": others}] if others else []


def _is_of_charrnn(result: object) -> bool:
    """Return whether a result has exactly the two metrics that charrnn measures."""
    metrics = _list(result.get("metrics")) if isinstance(result, dict) else []
    types = [str(metric.get("type")) for metric in metrics if isinstance(metric, dict)]
    return sorted(types) == sorted(METRICS)


_MERGED: dict[str, Callable[[object, object], list[Any]]] = {
    "tags": _merged_names(_TAGS),
    "datasets": _merged_names(HUB_DATASETS),
    "metrics": _merged_names(frozenset({"perplexity"})),
    "widget": _merged_widget,
    "model-index": _merged_index,
}
