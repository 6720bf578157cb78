"""The app as other programs meet it: running, with one small model, and called over HTTP.

The fixtures of the tests of endpoints: take `small`, `house`, `url` and `client` from here.
"""

import pytest
from conftest import small_model
from gradio_client import Client
from gradio_client.exceptions import AppError

from charrnn.checkpoint import Checkpoint, save
from charrnn.runs.manager import Runs
from charrnn.ui import House, build, launch_options
from charrnn.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def small():
    vocabulary = Vocabulary.from_text("aaaaaaaabbbbbbbccccccdddddeeeefffgg\n ")
    model = small_model(vocabulary_size=len(vocabulary))
    about = {"name": "Small", "corpus": {"name": "Letters"}, "recipe": "sprint"}
    results = {"results": {"validation_perplexity": 7.5}}
    return Checkpoint(model, vocabulary, about | results)


@pytest.fixture(scope="module")
def house(tmp_path_factory, small):
    root = tmp_path_factory.mktemp("house")
    save(small, root / "checkpoints" / "small")
    runs = Runs(root / "runs")
    yield House(runs, root / "checkpoints")
    runs.close()


@pytest.fixture(scope="module")
def url(house):
    app = build(house)
    _, address, _ = app.launch(prevent_thread_lock=True, quiet=True, **launch_options(house))
    yield address
    app.close()


@pytest.fixture(scope="module")
def client(url):
    return Client(url, verbose=False)


def ask(client, endpoint, **arguments):
    return client.predict(api_name=endpoint, **arguments)


def events(client, **arguments):
    return list(client.submit(api_name="/train", **arguments))


def refusal(client, endpoint, **arguments):
    with pytest.raises(AppError) as raised:
        ask(client, endpoint, **arguments)
    return str(raised.value)
