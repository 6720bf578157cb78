"""What the tests share: a small model, and texts that are missing on most machines."""

import asyncio
import gc
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver
from pathlib import Path

import pytest

from charrnn.utils.gradio_import import skip_interface_files
from charrnn.utils.process import configure_thread_pools

skip_interface_files()
configure_thread_pools()  # tests run side by side; torch reads it once, when it is loaded
gc.set_threshold(20_000, 50, 50)  # collecting garbage as often as usual takes a tenth of the time

pytest.register_assert_rewrite("page", "shared_pages")

# torch and what needs it are imported within functions: the process that only hands tests out to
# others reads this file as well, and the others wait for it.
FOLDERS = (
    "browser",
    "stress",
    "runs",
    "server",
    "hub",
    "training",
    "unit",
)  # longest modules first
ROOT = Path(__file__).parents[1]
SUPPORT = ROOT / "tests" / "support"
PYTHONPATH = f"{ROOT}{os.pathsep}{ROOT / 'tests'}"  # of scripts in SUPPORT
SHARED = ROOT.parent / "shared" / "data"


def pytest_collection_modifyitems(items):
    """Mark each test with its folder, and begin with what takes longest: what is begun last and
    takes long keeps the others waiting."""
    for item in items:
        item.add_marker(item.path.parent.name)
    items.sort(key=lambda item: FOLDERS.index(item.path.parent.name))
    gc.freeze()  # what has been imported stays


@pytest.fixture(scope="session", autouse=True)
def ready_workers():
    """The server that workers are forked from has loaded what draws the picture at a run's end, as
    many runs end in these tests."""
    drawing = ["matplotlib.backends.backend_agg", "matplotlib.figure", "matplotlib.ticker"]
    with pytest.MonkeyPatch.context() as patch:
        preload = forkserver.set_forkserver_preload
        patch.setattr(
            forkserver, "set_forkserver_preload", lambda names: preload([*names, *drawing])
        )
        yield


@pytest.fixture(scope="module")
def form():
    """The form of the Train tab, with the usual limits and without an app."""
    import gradio as gr

    from charrnn.runs.limits import Limits
    from charrnn.ui.train.form_layout import build_form

    with gr.Blocks():
        return build_form(Limits())


@pytest.fixture
def time_machine():
    """Where the textbook's file of The Time Machine lies."""
    path = SHARED / "timemachine.txt"
    if not path.is_file():
        pytest.skip("needs ../shared/data/timemachine.txt")
    return path


def awaited(coroutine):
    """What a coroutine returns, run in another thread: in this one Playwright's loop may be."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def small_model(cell="lstm", implementation="fast", hidden_size=16, vocabulary_size=9, **more):
    """An untrained model with weights large enough to have opinions."""
    import torch

    from charrnn.model import CharRNN, ModelConfig

    config = ModelConfig(cell=cell, implementation=implementation, hidden_size=hidden_size, **more)
    model = CharRNN(config, vocabulary_size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(2)
    return model


@pytest.fixture
def checkpoint():
    """A small untrained checkpoint that knows `abcdefg` and the newline."""
    from charrnn.checkpoint import Checkpoint
    from charrnn.vocabulary import Vocabulary

    vocabulary = Vocabulary.from_text("aaaaaaaabbbbbbbccccccdddddeeeefffgg\n")
    return Checkpoint(small_model(vocabulary_size=len(vocabulary)), vocabulary, {"name": "small"})


@pytest.fixture(scope="session")
def _hub():
    from hub_server import serving

    with serving() as hub:
        yield hub


@pytest.fixture
def hub(_hub, monkeypatch, tmp_path):
    """A Hub on loopback (`hub_server`) that charrnn takes for the Hub, with nobody logged in and an
    empty cache. Whatever would leave this machine fails."""
    import socket

    from huggingface_hub import constants

    def connect(self, address, real=socket.socket.connect):
        within = isinstance(address, str)  # the path of a Unix socket, as of the fork server
        assert within or address[0] == "127.0.0.1", f"{address} is not on loopback"
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CHARRNN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setattr(
        constants, "DOWNLOAD_CHUNK_SIZE", 1 << 13
    )  # as `hub.quiet`, for small files
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.removeprefix(constants.ENDPOINT)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", f"{_hub.address}{template}")
    monkeypatch.setattr(constants, "ENDPOINT", _hub.address)
    _hub.forget()
    yield _hub
    _hub.forget()  # what hangs in an answer goes on


@pytest.fixture(scope="session")
def _trained(tmp_path_factory):
    from charrnn.checkpoint import Checkpoint
    from charrnn.checkpoint.files import write_checkpoint_dir
    from charrnn.vocabulary import Vocabulary

    vocabulary = Vocabulary.from_text("aaaaaaaabbbbbbbccccccdddddeeeefffgg\n")
    about = {
        "name": "letters",
        "corpus": {"name": "letters.txt", "characters": 1000},
        "prefixes": ["ab"],
        "results": {
            "validation_perplexity": 3.5,
            "train_perplexity": 3.0,
            "baselines": {"uniform": 9.0, "unigram": 7.5, "ngram": None},
        },
    }
    row = {"epoch": 1, "characters_seen": 9, "gradient_norm": 1, "clipped": 0, "learning_rate": 1}
    log = [
        row
        | {"step": i, "seconds": i, "characters_per_second": 1}
        | {"train_perplexity": 9 - i, "validation_perplexity": 9.5 - i}
        for i in range(1, 5)
    ]
    samples = [{"step": i, "prefix": "ab", "text": f"abc{i}"} for i in (0, 4)]
    directory = tmp_path_factory.mktemp("run") / "trained"
    model = Checkpoint(small_model(vocabulary_size=len(vocabulary)), vocabulary, about)
    write_checkpoint_dir(model, directory, log=log, samples=samples, picture=True)
    (directory / "corpus.txt").write_text("what the model was trained on")
    return directory


@pytest.fixture
def trained(_trained, tmp_path):
    """A directory with all that a run leaves, and more that is nobody's business."""
    return Path(shutil.copytree(_trained, tmp_path / "trained"))


@pytest.fixture
def letters(hub, trained):
    """A public model on the Hub."""
    return hub.add("ada/letters", {path.name: path.read_bytes() for path in trained.iterdir()})


@pytest.fixture
def no_picture(monkeypatch):
    """Runs in this process leave no picture of their curves: drawing takes longer than they do."""
    monkeypatch.setattr(
        "charrnn.checkpoint.files.plot_perplexity", lambda log, baselines: b"a picture"
    )


@pytest.fixture
def on_a_space(monkeypatch):
    """The app is on a Space of Hugging Face."""
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "ada/charrnn")
