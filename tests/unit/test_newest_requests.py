"""Which request of a page is the newest."""

from types import SimpleNamespace

import pytest

from charrnn.ui.services.newest_requests import MAX_ID_LENGTH, MAX_PAGES, NewestRequests


def request(page):
    return SimpleNamespace(session_hash=page)


@pytest.fixture
def newest():
    return NewestRequests()


def test_a_request_is_the_newest_until_a_newer_one_arrives(newest):
    first = newest.note(request("page"), 1)
    assert first()
    second = newest.note(request("page"), 2)
    assert second() and not first()


def test_a_request_that_was_overtaken_is_not_the_newest(newest):
    second = newest.note(request("page"), 2)
    assert not newest.note(request("page"), 1)()
    assert second()


def test_pages_are_counted_apart(newest):
    newest.note(request("one"), 7)
    assert newest.note(request("other"), 1)()


def test_few_pages_are_remembered(newest):
    for page in range(MAX_PAGES + 1):
        newest.note(request(str(page)), 2)
    assert newest.note(request("0"), 1)(), "the first page has been forgotten"
    assert not newest.note(request("9"), 1)()
    long = "x" * (MAX_ID_LENGTH + 1)
    newest.note(request(long), 2)
    assert newest.note(request(long), 1)(), "an id that long is not remembered"
