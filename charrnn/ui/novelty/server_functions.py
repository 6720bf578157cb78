"""Compare texts with the training text of a model, and show a copied stretch in its place there.

The training text is the one at hand for the user (`services.training_texts`), or else a file that
the user has uploaded for this. Nothing of any other text is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from gradio.utils import get_upload_folder

from ...checkpoint.dataset_of_model import corpus_name
from ...corpus import Corpus
from ...corpus.chunks import CHUNK_CHARACTERS
from ...errors import UserError
from ...inspection import CopiedSpan, Novelty, novelty
from ...runs.uploads import path_within
from ...utils.yield_points import yield_point
from ..operations import Caller, find_model
from ..operations.arguments import checked_text
from ..server.answers import Json, answer_or_problem, as_object
from ..services.catalog import ModelEntry
from ..services.context import AppContext
from ..services.lru_cache import LRUCache
from ..services.page_jobs import PageJobs
from ..services.text_cache import read_uploads
from ..services.time_slicer import SCORING_SLICER
from ..services.training_texts import training_corpus

MAX_TEXTS = 3  # that are compared at once
MAX_COMPARED_CHARACTERS = 100_000  # of each
MAX_TRAINING_CHARACTERS = 20_000_000
MAX_HELD_OUT_CHARACTERS = 20_000  # of the held-out text, to tell what is normal
MAX_SHOWN_CHARACTERS = 2_000  # of a copied stretch
CONTEXT_CHARACTERS = 120  # before and after it
_MAX_KEPT_FIGURES = 256  # of held-out texts


class TrainingText(Protocol):
    """A text to compare with, of `length` characters."""

    @property
    def length(self) -> int:
        """The number of its characters."""

    def cut(self, start: int, end: int) -> str:
        """Return the characters from `start` to `end`."""


@dataclass(frozen=True)
class _CorpusText:
    """The part of a corpus that was trained on, at hand for the user."""

    corpus: Corpus

    @property
    def length(self) -> int:
        return len(self.corpus.training)

    def cut(self, start: int, end: int) -> str:
        return self.corpus.vocabulary.decode(self.corpus.training[start:end].tolist())


@dataclass(frozen=True)
class _FileText:
    """A text that the user has uploaded for the comparison."""

    text: str

    @property
    def length(self) -> int:
        return len(self.text)

    def cut(self, start: int, end: int) -> str:
        return self.text[start:end]


@dataclass(frozen=True)
class Comparer:
    """The server's part of the report: the app, kept figures, and the comparisons that run."""

    context: AppContext
    # How new the held-out texts are, by the model: the figures only, never a text.
    held_out: LRUCache[Hashable, Json] = field(default_factory=lambda: LRUCache(_MAX_KEPT_FIGURES))
    jobs: PageJobs = field(default_factory=PageJobs)


async def compare_texts(comparer: Comparer, query: object, request: gr.Request) -> Json:
    """Compare up to three texts with the training text of a model.

    The query has the `checkpoint`, the `texts`, as `file` the path of an uploaded training text, or
    null, and the name of the `job` (`services.page_jobs`). The answer is `{"at_hand": false}` if
    there is no training text. Otherwise it has `comparisons`, one for each text, as
    `charrnn.Novelty` but with spans as lists, and `held_out`: that of the held-out text without its
    spans, or null where nothing is held out.
    """

    def compare(model: ModelEntry, fields: Json) -> Json:
        texts = _checked_texts(fields.get("texts"))
        corpus = training_corpus(model, model.open())
        if (training := _training_text(comparer, corpus, fields.get("file"))) is None:
            return {"at_hand": False}
        whole = _full_text(training)
        return {
            "at_hand": True,
            "comparisons": [_as_json(novelty(text, whole)) if text else None for text in texts],
            "held_out": _held_out(comparer, model, corpus, training, whole),
        }

    return await _about_model(comparer, query, request, compare)


async def stop_comparison(comparer: Comparer, query: object, request: gr.Request) -> Json:
    """Stop the `job`, whose comparison is not wanted any more."""
    comparer.jobs.stop(comparer.context.client_id(request), as_object(query).get("job"))
    return {}


async def show_copy(comparer: Comparer, query: object, request: gr.Request) -> Json:
    """Return a stretch of the training text as `copy`, with what stands `before` and `after` it.

    The query has `checkpoint` and `file` as for `compare_texts`, and the `start` and `length` of
    the stretch.
    """

    def show(model: ModelEntry, fields: Json) -> Json:
        corpus = training_corpus(model, model.open())
        training = _training_text(comparer, corpus, fields.get("file"))
        start, length = fields.get("start"), fields.get("length")
        if training is None or type(start) is not int or type(length) is not int:
            return {"at_hand": False}
        start = min(max(0, start), training.length)
        end = min(start + min(max(0, length), MAX_SHOWN_CHARACTERS), training.length)
        return {
            "at_hand": True,
            "before": training.cut(max(0, start - CONTEXT_CHARACTERS), start),
            "copy": training.cut(start, end),
            "after": training.cut(end, end + CONTEXT_CHARACTERS),
        }

    return await _about_model(comparer, query, request, show)


async def _about_model(
    comparer: Comparer,
    query: object,
    request: gr.Request,
    work: Callable[[ModelEntry, Json], Json],
) -> Json:
    """Return what `work` computes for a model, in turn with what others compute."""

    async def answer() -> Json:
        context, fields = comparer.context, as_object(query)
        caller = Caller.from_request(context, request)
        with comparer.jobs.start(caller.client.id, fields.get("job")) as job:
            waiting = replace(caller, client=job.client(caller.client))
            model = await find_model(context, waiting, fields.get("checkpoint"))

            def sliced() -> Json:
                return SCORING_SLICER.compute(caller.client.id, lambda: work(model, fields))

            return await context.limiters.scoring.run(waiting.client, sliced)

    return await answer_or_problem(answer, request)


def _checked_texts(value: object) -> list[str]:
    """Return the texts of a query. Raises UserError if one is too long, or no text."""
    texts = value if isinstance(value, list) else []
    return [checked_text(text or "", "text", MAX_COMPARED_CHARACTERS) for text in texts[:MAX_TEXTS]]


def _training_text(comparer: Comparer, corpus: Corpus | None, file: object) -> TrainingText | None:
    """Return the training text: that at hand, or else the one in an uploaded file.

    Raises UserError for a file that cannot be read, and for a text that is too long.
    """
    training: TrainingText
    if corpus is not None:
        training = _CorpusText(corpus)
    elif isinstance(file, str):
        path = path_within(Path(get_upload_folder()), file)
        if path is None:
            raise UserError(
                "That file has not been uploaded to this app: choose it again.", field="corpus"
            )
        training = _FileText(read_uploads([path], comparer.context.limits).text)
    else:
        return None
    if training.length > MAX_TRAINING_CHARACTERS:
        raise UserError(
            "The training text has {has:,} characters, and texts of at most {most:,} are compared "
            "here. Compare a longer one with `charrnn novelty` on the command line.",
            has=training.length,
            most=MAX_TRAINING_CHARACTERS,
            field="corpus",
        )
    return training


def _full_text(training: TrainingText) -> str:
    """Return all characters of a training text, with a yield point for each chunk."""
    pieces = []
    for start in range(0, training.length, CHUNK_CHARACTERS):
        yield_point()
        pieces.append(training.cut(start, start + CHUNK_CHARACTERS))
    return "".join(pieces)


def _held_out(
    comparer: Comparer,
    model: ModelEntry,
    corpus: Corpus | None,
    training: TrainingText,
    whole: str,
) -> Json | None:
    """Return how new the held-out text is; None where nothing is held out."""
    if corpus is None or not len(corpus.held_out):
        return None
    ids = corpus.held_out[:MAX_HELD_OUT_CHARACTERS]

    def compare() -> Json:
        figures = novelty(corpus.vocabulary.decode(ids.tolist()), whole).as_dict()
        return {name: value for name, value in figures.items() if not name.endswith("spans")}

    name = str(corpus_name(model.open()))
    return comparer.held_out.get_or_compute((model.key, name, training.length), compare)


def _as_json(found: Novelty) -> Json:
    """Return a comparison as JSON that is short."""

    def as_lists(spans: list[CopiedSpan]) -> list[list[Any]]:
        return [list(span) for span in spans]

    return found.as_dict() | {
        "copied_spans": as_lists(found.copied_spans),
        "line_spans": as_lists(found.line_spans),
    }
