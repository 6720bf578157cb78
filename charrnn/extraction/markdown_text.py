"""Extract the text of Markdown without its marks, by markdown-it-py."""

from __future__ import annotations

from markdown_it import MarkdownIt

from .web_pages import text_of_page

_FRONT_MATTER = "---\n"


def text_of_markdown(text: str) -> str:
    """Return the text of rendered Markdown, without the front matter.

    Raises WrongFormatError if it is empty.
    """
    if text.startswith(_FRONT_MATTER):
        end = text.find("\n" + _FRONT_MATTER, len(_FRONT_MATTER) - 1)
        text = text[end + 1 + len(_FRONT_MATTER) :] if end >= 0 else text
    return text_of_page(MarkdownIt("commonmark").enable("table").render(text))
