"""Extract columns of CSV and TSV tables, with or without a header."""

from __future__ import annotations

import csv
import io
import itertools
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import Extract, WrongFormatError
from .part_choice import PartStats, choose

MAX_COLUMNS = 10_000
SAMPLE_CHARACTERS = 1 << 16  # at the beginning of a file, by which a table is detected

_DELIMITERS = ",\t;|"
_SAMPLE_ROWS = 200
_MIN_SHARE = 0.9  # of rows of the usual width, in a file whose name says that it is a table
_MIN_ROWS = 5  # in a file whose name does not
_SAMPLED_CELLS = 200_000  # by which the column with the most text is found
_MIN_SAMPLED_ROWS = 20

_MAX_HEADER_CHARACTERS = 60  # of a column's name
_NUMBER = re.compile(r"[\d\s.,:/%+()e-]*\d[\d\s.,:/%+()e-]*", re.IGNORECASE)  # or a date
# Names of columns that are hardly ever contents of cells.
_COMMON_NAMES = frozenset((
    "id", "index", "text", "texts", "title", "name", "names", "author", "authors", "content",
    "contents", "body", "message", "messages", "comment", "comments", "tweet", "sentence",
    "sentences", "review", "reviews", "description", "summary", "question", "answer", "prompt",
    "response", "label", "category", "language", "date", "created_at", "url", "subject",
    "abstract", "headline", "lyrics", "quote", "line", "lines", "word", "definition",
    "translation", "source", "target", "编号", "序号", "文本", "内容", "标题",
    "题目", "作者", "姓名", "名称", "评论", "日期", "时间", "句子", "问题", "答案", "类别",
    "标签", "正文", "歌词", "文字",
))  # fmt: skip


@dataclass(frozen=True)
class Dialect:
    """How a table is written.

    Attributes:
        delimiter: The character between two cells.
        quoted: Whether quotation marks enclose cells that contain delimiters or line ends.
    """

    delimiter: str
    quoted: bool

    def rows(self, text: str) -> Iterator[list[str]]:
        """Yield the rows of a table that are not empty. Raises csv.Error for a malformed one."""
        lines = io.StringIO(text, newline="")
        if self.quoted:
            return filter(None, csv.reader(lines, delimiter=self.delimiter))
        return filter(None, csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE))


def find_dialect(head: str, *, named: bool, cut: bool) -> Dialect | None:
    """Return the dialect of the table that begins with `head`; None if it is no table.

    `named` says whether the name of the file promises a table. If not, all rows must be equally
    wide, and delimiters not be followed by spaces, as the commas of sentences are. `cut` says
    whether more text follows.
    """
    best: tuple[tuple[bool, float, int], Dialect] | None = None
    for delimiter in _DELIMITERS:
        for quoted in (True, False) if delimiter == "\t" else (True,):
            dialect = Dialect(delimiter, quoted)
            rows = _sample(dialect, head.replace("\0", ""), cut=cut)
            if not rows:
                continue
            width, count = Counter(map(len, rows)).most_common(1)[0]
            share = count / len(rows)
            if not named and not _is_surely_table(rows, width, delimiter):
                continue
            if named and share < _MIN_SHARE:
                if not _is_ragged_table(rows):
                    continue
                width = len(rows[0])
            rank = (width > 1, share, width)
            if best is None or rank > best[0]:
                best = (rank, dialect)
    return best[1] if best else None


def _sample(dialect: Dialect, head: str, *, cut: bool) -> list[list[str]]:
    """Return the first rows of a table, without one that is cut; none if it is malformed."""
    try:
        rows = list(itertools.islice(dialect.rows(head), _SAMPLE_ROWS))
    except csv.Error:
        return []
    return rows[:-1] if cut and 1 < len(rows) < _SAMPLE_ROWS else rows


def _is_surely_table(rows: Sequence[Sequence[str]], width: int, delimiter: str) -> bool:
    """Return whether rows are those of a table, and not of sentences with commas."""
    least = 2 if delimiter == "\t" else 3
    if width < least or len(rows) < _MIN_ROWS or any(len(row) != width for row in rows):
        return False
    later = [cell for row in rows for cell in row[1:]]
    return sum(cell[:1] == " " for cell in later) < 0.1 * len(later)


def _is_ragged_table(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether at least half of the rows have a cell for each name in the header.

    Unquoted delimiters in the last column make some of them wider.
    """
    width = len(rows[0])
    full = sum(len(row) >= width for row in rows)
    return width > 1 and has_header(rows) and full >= 0.5 * len(rows)


def parse(text: str, wanted: str | None, *, listed_only: bool = False) -> Extract:
    """Return the text of a column, by default of the one with the most text.

    In rows that are wider than the header, the last cells are joined. Raises WrongFormatError for
    text that is no table, and NoSuchPartError if there is no such column.
    """
    try:
        return _parse(text, wanted, listed_only=listed_only)
    except csv.Error:
        raise WrongFormatError from None


def _parse(text: str, wanted: str | None, *, listed_only: bool) -> Extract:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    text = text.replace("\0", "")
    dialect = find_dialect(text[:SAMPLE_CHARACTERS], named=True, cut=len(text) > SAMPLE_CHARACTERS)
    if dialect is None:
        raise WrongFormatError
    first = list(itertools.islice(dialect.rows(text), _SAMPLE_ROWS))
    skipped = 1 if has_header(first) else 0
    usual = Counter(map(len, first)).most_common(1)[0][0]
    width = len(first[0]) if skipped else usual
    if width > MAX_COLUMNS:
        raise WrongFormatError
    names = _column_names(first[0] if skipped else [], width)

    def cells() -> Iterator[list[str]]:
        for row in itertools.islice(dialect.rows(text), skipped, None):
            if len(row) > width:
                row[width - 1 :] = [dialect.delimiter.join(row[width - 1 :])]
            yield row

    stats = [PartStats() for _ in names]
    sampled_rows = max(_SAMPLED_CELLS // width, _MIN_SAMPLED_ROWS)
    for number, row in enumerate(cells()):
        for stat, cell in zip(stats, row, strict=False):
            stat.add(cell.strip(), sampled=number < sampled_rows)
    place = {name: i for i, name in enumerate(names)}
    return choose(
        "tsv" if dialect.delimiter == "\t" else "csv",
        dict(zip(names, stats, strict=True)),
        wanted,
        None
        if listed_only
        else lambda name: (row[place[name]] for row in cells() if place[name] < len(row)),
    )


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of some rows probably has the names of the columns."""
    first, rest = [cell.strip() for cell in rows[0]], rows[1:]
    named = [cell for cell in first if cell]
    if not named or any(map(_cannot_name, named)):
        return False
    if any(cell.casefold() in _COMMON_NAMES or "_" in cell for cell in named):
        return True
    if len(set(named)) < len(named):
        return False
    for i, name in enumerate(first):
        below = [row[i].strip() for row in rest if i < len(row) and row[i].strip()]
        if not name or not below:
            continue
        if all(map(_NUMBER.fullmatch, (cell[:100] for cell in below))):
            return True
        if sum(map(len, below)) / len(below) > 3 * len(name) + 20:
            return True
    return False


def _cannot_name(cell: str) -> bool:
    """Return whether a cell cannot be the name of a column: it is long, a number or a date."""
    return (
        len(cell) > _MAX_HEADER_CHARACTERS
        or "\n" in cell
        or "\r" in cell
        or _NUMBER.fullmatch(cell) is not None
    )


def _column_names(header: Sequence[str], width: int) -> list[str]:
    """Return a different name for each column: that in the header, or its number from 1."""
    names: dict[str, None] = {}
    for i in range(width):
        given = " ".join(header[i].split()) if i < len(header) else ""
        name, number = given or str(i + 1), 2
        while name in names:
            name, number = f"{given or i + 1} ({number})", number + 1
        names[name] = None
    return list(names)
