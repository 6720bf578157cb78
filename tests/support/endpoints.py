"""The app as other programs meet it: running, with one small model, and called over HTTP.

The fixtures of the tests of endpoints: take `small`, `context`, `url` and `client` from here.
"""

import pytest
from conftest import small_model
from gradio_client import Client
from gradio_client.exceptions import AppError
from huggingface_hub import constants

from charrnn.checkpoint import Checkpoint, save
from charrnn.runs.manager import RunManager
from charrnn.ui import AppContext, build, launch_options
from charrnn.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def small():
    vocabulary = Vocabulary.from_text("aaaaaaaabbbbbbbccccccdddddeeeefffgg\n ")
    model = small_model(vocabulary_size=len(vocabulary))
    about = {"name": "Small", "corpus": {"name": "Letters"}, "recipe": "sprint"}
    results = {"results": {"validation_perplexity": 7.5}}
    return Checkpoint(model, vocabulary, about | results)


@pytest.fixture(scope="module")
def context(tmp_path_factory, small):
    root = tmp_path_factory.mktemp("app")
    save(small, root / "checkpoints" / "small")
    runs = RunManager(root / "runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "HF_HUB_OFFLINE", True)  # /models asks the Hub
        yield AppContext(runs, root / "checkpoints")
    runs.close()


@pytest.fixture(scope="module")
def url(context):
    app = build(context)
    _, address, _ = app.launch(prevent_thread_lock=True, quiet=True, **launch_options(context))
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
