"""Loaded pages that the tests of a module share: each load costs two seconds of computing.

A support module says how such a page is opened and how it is reset; see `generate_page`.
"""

from contextlib import contextmanager

from page import ABORTED, LOCAL, forget, wait_until_drawn

SIZE = {"width": 1148, "height": 900}


class SharedPages:
    """One page of the app for each language, held to the same two rules as those of `visit`.

    `load(page)` is called once for a page that was loaded, `reset(page)` after each test that took
    it. A page that cannot be reset is closed, and the next test gets another.
    """

    def __init__(self, app, profiles, load, reset):
        self._app, self._profiles, self._load, self._reset = app, profiles, load, reset
        self._pages, self._taken, self._complaints = {}, set(), []
        self.locales = set()  # the languages in which a page was loaded

    def take(self, locale="en-US", **size):
        """Return the page of a language, with a viewport of the given size."""
        if locale not in self._pages:
            self._pages[locale] = self._open(locale)
        page = self._pages[locale]
        self._taken.add(locale)
        if page.viewport_size != SIZE | size:
            page.set_viewport_size(SIZE | size)
        return page

    def put_back(self):
        """Reset the pages that the test took; raises AssertionError with their complaints."""
        while self._taken:
            locale = self._taken.pop()
            try:
                self._restore(self._pages[locale])
            except BaseException:
                self._pages.pop(locale).close()
                raise
        complaints, self._complaints = self._complaints, []
        assert complaints == []

    def _restore(self, page):
        page.unroute_all(behavior="ignoreErrors")
        page.context.clear_permissions()
        page.context.set_extra_http_headers({})
        page.emulate_media(color_scheme="light", forced_colors="none")
        page.set_viewport_size(SIZE)
        self._reset(page)

    def _open(self, locale):
        self.locales.add(locale)
        page = self._profiles(locale, "shared").new_page()
        page.set_viewport_size(SIZE)
        page.emulate_media(color_scheme="light")
        page.on("console", lambda message: message.type == "error" and self._note(message.text))
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("request", lambda r: r.url.startswith(LOCAL) or self._note(f"asked {r.url}"))
        page.goto(self._app)
        wait_until_drawn(page)
        self._load(page)
        return page

    def _note(self, complaint):
        if not any(word in complaint for word in ABORTED):
            self._complaints.append(complaint)


@contextmanager
def sharing(app, profiles, load, reset):
    """The shared pages of a module, until its tests have ended."""
    pages = SharedPages(app, profiles, load, reset)
    yield pages
    for locale in pages.locales:
        forget(profiles(locale, "shared"), app)
