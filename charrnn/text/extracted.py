"""Texts taken out of files that hold more than text (`charrnn.extraction`), in users' words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import Message, UserError, escape_invisible
from ..extraction import (
    HAS_COLUMNS,
    KINDS,
    TEXT,
    DamagedFileError,
    Extract,
    FileTooLargeError,
    NoSuchPartError,
    Part,
    ProtectedFileError,
    WrongFormatError,
    format_detection,
)
from ..extraction.reader import PARSE_SECONDS, MemoryLimitError, Reader, TimeLimitError
from .archive_errors import too_large_error
from .file_types import SAVE_AS_TEXT, NotTextError

AS_IS = "<as it is>"  # the part that is a file with all its marks

_MAX_PART_CHARACTERS = 40  # of a part's name in messages
_MAX_NAMES = 12  # of parts in messages


@dataclass(frozen=True)
class Extraction:
    """What was taken out of the files of a text: one of their `parts`.

    `kind` is what the files are, a `Message`. `part` is the name of a part, or `AS_IS`, and so is
    `default`, what is read if none is named.
    """

    kind: str
    part: str
    parts: tuple[Part, ...]
    default: str

    @property
    def offers_whole_file(self) -> bool:
        """Whether the files can be read as they are, too."""
        return self.kind not in (KINDS["docx"], KINDS["epub"])


def merge(extractions: Sequence[Extraction | None]) -> Extraction | None:
    """Return what was taken out of several files; None if all are plain text."""
    found = [extraction for extraction in extractions if extraction is not None]
    if not found:
        return None
    parts: dict[str, Part] = {}
    for part in (part for extraction in found for part in extraction.parts):
        before = parts.get(part.name, Part(part.name, 0)).characters
        unknown = before is None or part.characters is None
        parts[part.name] = Part(
            part.name, None if unknown else (before or 0) + (part.characters or 0)
        )
    kinds = list(dict.fromkeys(extraction.kind for extraction in found))
    kind = kinds[0] if len(kinds) == 1 else Message("{names}", names=kinds)
    return Extraction(kind, found[0].part, tuple(parts.values()), found[0].default)


class Extractor:
    """Takes the texts of one part out of files that belong together; a context manager.

    `part` is None for that with the most text, or `AS_IS`. Tables and JSON must have it; other
    files without it are read as if none was given. `notes` says what could not be taken out.
    """

    def __init__(self, part: str | None) -> None:
        self.part = part
        self.notes: list[Message] = []
        self._reader = Reader()
        self._has_part = part in (None, AS_IS)
        self._offered: dict[str, None] = {}

    def __enter__(self) -> Extractor:
        return self

    def __exit__(self, *error: object) -> None:
        self._reader.__exit__(*error)

    def from_document(
        self, file_format: str, data: bytes, *, name: str, limit: int
    ) -> tuple[str, Extraction]:
        """Return the text of a document, and what was taken out of it.

        Raises NotTextError if it is damaged, protected or takes too long, and UserError if it is
        too large.
        """
        kind = KINDS[file_format]
        try:
            found = self._extract(file_format, data, limit)
        except (DamagedFileError, WrongFormatError, TimeLimitError, MemoryLimitError) as error:
            raise NotTextError(
                "{text} is {kind} that could not be read: it is damaged, or too complicated. "
                "To use it, {advice}.",
                text=name,
                kind=kind,
                advice=SAVE_AS_TEXT,
                field="corpus",
            ) from error
        except ProtectedFileError as error:
            raise NotTextError(
                "{text} is {kind} that is protected against copying, so its text cannot be read. "
                "Choose a copy without protection.",
                text=name,
                kind=kind,
                field="corpus",
            ) from error
        except FileTooLargeError as error:
            raise too_large_error(name, limit) from error
        return found.text or "", Extraction(kind, found.part, found.parts, found.default)

    def from_text(self, text: str, *, filename: str, name: str) -> tuple[str, Extraction | None]:
        """Return what is taken out of a file that is text, and from what; None if it is plain.

        `filename` may say what the file is. Raises UserError if it has no such part.
        """
        head = text[: format_detection.HEAD_CHARACTERS]
        file_format = format_detection.detect_format(head, filename, cut=len(text) > len(head))
        if file_format is None:
            return text, None
        reads_whole = self.part == AS_IS
        if file_format == "markdown" and not self._wants_text():
            return text, self._whole(file_format, (Part(TEXT),), AS_IS)
        if reads_whole and file_format not in HAS_COLUMNS:
            return text, self._whole(file_format, (Part(TEXT),), TEXT)
        data = text.encode("utf-8", "surrogatepass")
        try:
            found = self._extract(file_format, data, len(data), listed_only=reads_whole)
        except NoSuchPartError as error:
            raise self._no_such_part(name, error.args) from None
        except (WrongFormatError, TimeLimitError, MemoryLimitError) as error:
            self._note_failure(error, file_format, filename, name)
            return text, None
        if reads_whole:
            return text, self._whole(found.format, found.parts, found.default)
        default = AS_IS if file_format == "markdown" else found.default
        return found.text or "", Extraction(KINDS[found.format], found.part, found.parts, default)

    def check_found(self, name: str) -> None:
        """Raise UserError if none of the files had the part; `name` stands for them all."""
        if not self._has_part:
            raise self._no_such_part(name, list(self._offered))

    def _wants_text(self) -> bool:
        return self.part is not None and self.part.strip().casefold() == TEXT

    def _extract(
        self, file_format: str, data: bytes, limit: int, *, listed_only: bool = False
    ) -> Extract:
        part = None if self.part == AS_IS else self.part
        found = self._reader.extract(file_format, data, part, limit=limit, listed_only=listed_only)
        if found.format in HAS_COLUMNS or found.part == (part or "").strip().casefold():
            self._has_part = True
        self._offered |= dict.fromkeys(one.name for one in found.parts)
        return found

    def _whole(self, file_format: str, parts: tuple[Part, ...], default: str) -> Extraction:
        self._offered |= dict.fromkeys(part.name for part in parts)
        return Extraction(KINDS[file_format], AS_IS, parts, default)

    def _note_failure(self, error: Exception, file_format: str, filename: str, name: str) -> None:
        """Note that a file was read as it is, unless its name promises nothing else."""
        if isinstance(error, TimeLimitError):
            why = Message("that took longer than {seconds} seconds", seconds=PARSE_SECONDS)
        elif isinstance(error, MemoryLimitError):
            why = Message("that needed too much memory")
        elif format_detection.format_of_suffix(filename) is None:
            return
        else:
            why = Message("it is not {kind}, or is damaged", kind=KINDS[file_format])
        self.notes.append(
            Message(
                "{text} was read as it is: no text could be taken out of it, for {why}",
                text=name,
                why=why,
            )
        )

    def _no_such_part(self, name: str, names: Sequence[object]) -> UserError:
        wanted = escape_invisible(str(self.part), _MAX_PART_CHARACTERS)
        shown = [escape_invisible(str(one), _MAX_PART_CHARACTERS) for one in names[:_MAX_NAMES]]
        if not shown:
            return UserError(
                "{text} has no column {column}: it is not a table.",
                text=name,
                column=wanted,
                field="column",
            )
        return UserError(
            "{text} has no column {column}. It has {names}.",
            text=name,
            column=wanted,
            names=shown,
            field="column",
        )


def name_with_column(name: str, extraction: Extraction | None) -> str:
    """Return the name of a text: of a column and its file, where there are several columns."""
    if (
        extraction is None
        or extraction.part == AS_IS
        or len(extraction.parts) < 2
        or extraction.kind not in [KINDS[file_format] for file_format in HAS_COLUMNS]
    ):
        return name
    part = escape_invisible(extraction.part, _MAX_PART_CHARACTERS)
    return Message("{column} of {text}", column=part, text=name)
