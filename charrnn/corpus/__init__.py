"""A text prepared for training: its ids, its vocabulary, and the part that is held out.

The text itself is not kept. The report and its preview are decoded from the ids, which take a byte
per character for most texts and can be memory-mapped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Message, UserError, escape_invisible, short_repr
from ..text import Text, read_text
from ..text.preparation import Preparation
from ..utils import validation as arguments
from ..utils.notebook import html_table
from ..vocabulary import MAX_SYMBOLS, Counts, Ids, Vocabulary
from .chunks import count_symbols
from .comparison import Comparison, compare
from .documents import (
    DocumentSpans,
    Places,
    arrange,
    arranged_stops,
    document_end,
    document_start,
    find_documents,
)
from .report import Report, make_report
from .split import END, HOLDOUTS, LINES, Split, join, split_at, split_text
from .storage import damage_as_user_error, hash_ids, read_files, write_files

DEFAULT_VALIDATION = 0.1  # share of a text that is held out
_MAX_SHOWN_CHARACTERS = 100  # of a preview in a notebook


@dataclass(frozen=True, eq=False, repr=False)
class Corpus:
    """The ids of a text with their vocabulary.

    Attributes:
        name: The name of the text.
        ids: The text, (N,).
        vocabulary: That of the whole text, so the held-out part has no unknown characters.
        validation: The share of the text that is held out; nothing if that is less than two
            characters.
        encoding: The encoding of the `Text` that this was made from.
        line_ends: The line ends of that `Text`.
        prefixes: The prefixes for samples of that `Text`.
        title: The name as `Message.as_json`, by which it is translated; None for a name that is
            not translated, such as that of a file.
        files: The lengths of the files of that `Text`.
        documents: The kind of documents of an arranged text: they are in random order, each
            followed by what ends it, and the last ones are held out (`with_documents`). "none" for
            a text that is not arranged.
        holdout: Which part is held out: the end, or passages or lines from all over the text
            (`split.py`).
        holdout_seed: Draws the lines.
    """

    name: str
    ids: Ids
    vocabulary: Vocabulary
    validation: float = DEFAULT_VALIDATION
    encoding: str = "UTF-8"
    line_ends: str = "LF"
    prefixes: tuple[str, ...] = ()
    title: Mapping[str, Any] | None = None
    files: tuple[int, ...] = ()
    documents: str = "none"
    holdout: str = END
    holdout_seed: int = 0

    def __post_init__(self) -> None:
        wanted = Message("give a number between 0 and 0.5")
        if not 0 <= arguments.as_float(self.validation, "validation", wanted) <= 0.5:
            raise UserError(
                "The held-out share must be between 0 and 0.5, not {value}.",
                value=self.validation,
                field="validation",
            )
        if self.holdout not in HOLDOUTS:
            raise UserError(
                "{setting} = {value}: {wanted}.",
                setting="holdout",
                value=escape_invisible(str(self.holdout), 40),
                wanted=Message("choose one of {names}", names=HOLDOUTS),
                field="holdout",
            )

    @classmethod
    def from_text(
        cls,
        text: Text | str,
        *,
        preparation: Preparation = Preparation(),
        validation: float = DEFAULT_VALIDATION,
        holdout: str = END,
    ) -> Corpus:
        """Prepare a text by `preparation` and encode it, with a share of `validation` held out.

        `holdout`, "end", "spread" or "lines", says which part that is. `charrnn.train` holds it out
        unless the `validation` or `holdout` of the TrainingConfig says otherwise.

        Raises UserError if fewer than two characters are left, if there are more different ones
        than a model may know, or if `validation` is not between 0 and 0.5.
        """
        source = text if isinstance(text, Text) else read_text(text, name="text")
        arguments.as_instance(
            preparation, Preparation, "preparation", Message("give a Preparation")
        )
        prepared = preparation.apply(source.text)
        if not prepared and preparation.letters_only:
            raise UserError(
                "Nothing is left of {text}: this recipe keeps only the letters A to Z, "
                "and the text has none. Choose another recipe or another text.",
                text=source.name,
                field="corpus",
            )
        if len(prepared) < 2:
            raise _too_short(source.name, len(prepared))
        vocabulary = Vocabulary.from_text(prepared)
        if len(vocabulary) > MAX_SYMBOLS:
            raise UserError(
                "{text} has {has:,} different characters, and at most {most:,} can be learned. "
                "Check that it is a text, and that its encoding is right.",
                text=source.name,
                has=vocabulary.symbol_count,
                most=MAX_SYMBOLS - 1,
                field="corpus",
            )
        return cls(
            source.name,
            vocabulary.encode(prepared),
            vocabulary,
            validation,
            source.encoding,
            source.line_ends,
            source.prefixes,
            source.name.as_json() if isinstance(source.name, Message) else None,
            source.files if prepared == source.text else (),
            holdout=holdout,
        )

    @cached_property
    def split(self) -> Split:
        """The spans of the text that are trained on, and those that are held out.

        Raises UserError if the text has too few lines to hold out some of them.
        """
        if self.documents != "none":
            return split_at(len(self.ids), self._document_cut)
        return split_text(
            self.ids, self.vocabulary, self.validation, self.holdout, self.holdout_seed
        )

    @property
    def _document_cut(self) -> int:
        """The place where the held-out documents of an arranged text begin."""
        held_out = round(len(self.ids) * self.validation)
        if not held_out:
            return len(self.ids)
        places = arranged_stops(self.ids, self.vocabulary, self.documents)[:-1]
        # At least one document is held out.
        return int(places[np.abs(places - (len(self.ids) - held_out)).argmin()])

    @cached_property
    def training(self) -> Ids:
        """The ids to train on: a view of all but the end, or joined spans of the text."""
        return join(self.ids, self.split.training)

    @cached_property
    def held_out(self) -> Ids:
        """The ids to evaluate on, never trained on, joined; empty if nothing is held out."""
        return join(self.ids, self.split.held_out)

    @property
    def held_out_blocks(self) -> tuple[Ids, ...]:
        """The ids of the held-out spans, each to be evaluated from a zero state.

        The first id of each is not scored: it is the character before the span or, if the end of
        the text is held out, the first one of the span.
        """
        return self.split.blocks(self.ids)

    @cached_property
    def comparison(self) -> Comparison | None:
        """How the held-out part compares with the rest; None if either is too short."""
        return compare(self.training, self.held_out, self.vocabulary.symbols)

    def held_out_texts(self) -> list[str]:
        """Return `held_out_blocks` as texts: their `charrnn.score` is the validation perplexity."""
        return [self.vocabulary.decode(block) for block in self.held_out_blocks]

    def with_validation(
        self, share: float | None, holdout: str | None = None, seed: int | None = None
    ) -> Corpus:
        """Return the same text with another share or part held out; None keeps its own.

        `seed` draws the lines of `holdout` = "lines". Raises UserError for a share outside 0 … 0.5,
        and for an unknown `holdout`.
        """
        lines = (holdout or self.holdout) == LINES
        changes = {
            "validation": share,
            "holdout": holdout,
            "holdout_seed": seed if lines else None,
        }
        others = {
            name: value
            for name, value in changes.items()
            if value is not None and value != getattr(self, name)
        }
        return replace(self, **others) if others else self  # type: ignore[arg-type]

    @cached_property
    def training_stops(self) -> Places:
        """The place after each document to train on, in an arranged text, (D,)."""
        return arranged_stops(self.training, self.vocabulary, self.documents)

    @property
    def document_start(self) -> int:
        """The id that is read before the first symbol of a document."""
        return self.vocabulary.symbols.index(document_start(self.documents))

    def document_texts(self) -> list[str]:
        """Return the documents of an arranged text as strings, without what ends them."""
        end = document_end(self.documents)
        stops = arranged_stops(self.ids, self.vocabulary, self.documents).tolist()
        symbols, starts = self.vocabulary.symbols, [0, *stops[:-1]]
        return [
            "".join([symbols[i] for i in self.ids[start : stop - len(end)].tolist()])
            for start, stop in zip(starts, stops, strict=True)
        ]

    def spans(self, documents: str) -> DocumentSpans:
        """Return the documents of this kind in the text, which must not be arranged."""
        return find_documents(self.ids, self.vocabulary, documents, self.files)

    def with_documents(self, documents: str, seed: int) -> Corpus:
        """Return the text arranged: its documents in a random order that the seed determines.

        A text that is arranged already stays as it is, as it does for "none". Raises UserError if
        there are fewer than two documents.
        """
        if documents == "none" or self.documents != "none":
            return self
        spans = self.spans(documents)
        if len(spans) < 2:
            raise UserError(
                "documents = {kind} needs a text of at least two documents, and {text} has "
                "{count:,}. Choose another kind, or none.",
                kind=documents,
                text=self.name,
                count=len(spans),
                field="documents",
            )
        end = [
            symbol for symbol in document_end(documents) if symbol not in self.vocabulary.symbols
        ]
        vocabulary = Vocabulary([*self.vocabulary.symbols, *end]) if end else self.vocabulary
        ids = arrange(
            self.ids.astype(vocabulary.dtype, copy=False), vocabulary, spans, documents, seed
        )
        return replace(self, ids=ids, vocabulary=vocabulary, documents=documents)

    def with_symbols_of(self, other: Vocabulary) -> Corpus:
        """Return the same text with a vocabulary that also has the symbols of another.

        They come after its own, so the ids do not change. Raises UserError for too many symbols.
        """
        known = set(self.vocabulary.symbols)
        more = [symbol for symbol in other.symbols if symbol not in known]
        if not more:
            return self
        symbols = [*self.vocabulary.symbols, *more]
        if len(symbols) > MAX_SYMBOLS:
            raise UserError(
                "With the symbols of the model to start from there are {has:,}, and at most "
                "{most:,} can be learned: leave keep_symbols out.",
                has=len(symbols) - 1,
                most=MAX_SYMBOLS - 1,
                field="keep_symbols",
            )
        vocabulary = Vocabulary(symbols)
        return replace(self, ids=self.ids.astype(vocabulary.dtype), vocabulary=vocabulary)

    def counts(self) -> Counts:
        """Count how often each symbol occurs in the part to train on."""
        return count_symbols(self.training, len(self.vocabulary))

    def __repr__(self) -> str:
        symbols = f"{self.vocabulary.symbol_count:,} symbols"
        return f"<Corpus {short_repr(self.name)}: {len(self.ids):,} characters, {symbols}>"

    def _repr_html_(self) -> str:
        report = self.report()
        rows = {
            "characters": report.characters,
            "symbols": report.symbols,
            "held out": report.held_out,
            "encoding": report.encoding,
            "line ends": report.line_ends,
            "begins": report.preview[:_MAX_SHOWN_CHARACTERS],
        }
        return html_table(self.name, rows)

    def report(self) -> Report:
        """Return a summary of the corpus; this reads all of it."""
        return make_report(
            self.ids,
            self.vocabulary,
            encoding=self.encoding,
            line_ends=self.line_ends,
            training=len(self.training),
            held_out=len(self.held_out),
            comparison=self.comparison,
        )

    def names(self) -> dict[str, Any]:
        """Return `name` and, if there is one, `title`, as JSON."""
        return {"name": str(self.name)} | ({"title": dict(self.title)} if self.title else {})

    def sha256(self) -> str:
        """Return a hash of the ids and the vocabulary, the same on every machine."""
        return hash_ids(self.ids, self.vocabulary)

    def save(self, directory: Path) -> None:
        """Write `ids.npy` and `corpus.json` into a directory, each replaced atomically."""
        description = {
            **self.names(),
            "characters": len(self.ids),
            "validation": self.validation,
            "holdout": self.holdout,
            "holdout_seed": self.holdout_seed,
            "encoding": self.encoding,
            "line_ends": self.line_ends,
            "prefixes": self.prefixes,
            "symbols": self.vocabulary.symbols,
            "documents": self.documents,
        }
        write_files(directory, self.ids, description)

    @classmethod
    def open(cls, directory: Path) -> Corpus:
        """Open a saved corpus, its ids memory-mapped and read-only.

        Raises UserError if there is none in the directory, or if it is damaged.
        """
        with damage_as_user_error(directory):
            return cls(**read_files(directory))


def _too_short(name: str, characters: int) -> UserError:
    """Return the error for a text of one character, or none."""
    if characters == 1:
        return UserError(
            "{text} is too short: a model learns which character follows which, and there is "
            "only one. Use a longer text.",
            text=name,
            field="corpus",
        )
    return UserError(
        "{text} is too short: a model learns which character follows which, and there are none. "
        "Use a longer text.",
        text=name,
        field="corpus",
    )
