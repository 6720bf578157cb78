"""The form of the Train tab in a real browser: an app for it, and its cards.

A test module takes the fixture by assignment, `app = form_page.app`.
"""

import pytest
from conftest import small_model
from launching import launched

from charrnn.checkpoint import Checkpoint, save
from charrnn.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of an app with one model, which nobody trains on."""
    root = tmp_path_factory.mktemp("app")
    vocabulary = Vocabulary.from_text("abc")
    save(Checkpoint(small_model(vocabulary_size=4), vocabulary), root / "shelf" / "small")
    with launched(root) as url:
        yield url


def choose(page, group, value):
    """Choose a card by its value, as it is called differently in each language."""
    page.locator(f'#train-{group} [value="{value}"]').check()
