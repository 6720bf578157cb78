"""Loaded pages that the tests of a module share: each load costs two seconds of computing.

A test module asks for it with `pytest_plugins = ["page", "shared_pages"]`; or a support module says
how such a page is opened and how it is reset, see `generate_page`.
"""

from contextlib import contextmanager

import pytest
from page import Pages, show

SIZE = {"width": 1148, "height": 900}


class SharedPages:
    """One page of the app for each language, held to the same two rules as those of `visit`.

    `load(page)` is called once for a page that was loaded, `reset(page)` after each test that took
    it. A page that cannot be reset is closed, and the next test gets another.
    """

    def __init__(self, app, profiles, load, reset):
        self._opened, self._load, self._reset = Pages(app, profiles), load, reset
        self._pages, self._taken = {}, set()

    def take(self, locale="en-US", *, scheme="light", **size):
        """Return the page of a language, with a viewport of the given size and a color scheme."""
        if locale not in self._pages:
            self._pages[locale] = self._opened.open(locale=locale)
            self._load(self._pages[locale])
        self._taken.add(locale)
        show(self._pages[locale], scheme=scheme, **SIZE | size)
        return self._pages[locale]

    def put_back(self):
        """Reset the pages that the test took; raises AssertionError with their complaints."""
        while self._taken:
            locale = self._taken.pop()
            try:
                self._restore(self._pages[locale])
            except BaseException:
                self._pages.pop(locale).close()
                raise
        self._opened.check()

    def _restore(self, page):
        page.unroute_all(behavior="ignoreErrors")
        page.context.clear_permissions()
        page.context.set_extra_http_headers({})
        page.emulate_media(forced_colors="none")
        show(page, scheme="light", **SIZE)
        self._reset(page)

    def close(self):
        """Close all pages: the next test gets another."""
        self._opened.close()
        self._pages.clear()
        self._taken.clear()


def nothing(page):
    """What a page needs that is shared as it is."""


@contextmanager
def sharing(app, profiles, load=nothing, reset=nothing):
    """The shared pages of a module, until its tests have ended."""
    pages = SharedPages(app, profiles, load, reset)
    yield pages
    pages.close()


@pytest.fixture(scope="module")
def _shared_pages(app, profiles):
    with sharing(app, profiles) as pages:
        yield pages


@pytest.fixture
def shared_page(request, _shared_pages):
    """Returns the page that the tests of a module share, as `SharedPages.take` does. A test leaves
    it as it found it, or says at its beginning how it has to be. After a test that failed, the next
    one gets another."""
    failed = request.session.testsfailed
    yield _shared_pages.take
    if request.session.testsfailed > failed:
        _shared_pages.close()
    else:
        _shared_pages.put_back()
