"""Opening a model by its Hub id, with the token of the request."""

from types import SimpleNamespace

import gradio as gr
import pytest
import test_hub_models
from starlette.requests import Request
from test_hub_models import LETTERS, refused

from charrnn.checkpoint.format import WEIGHTS
from charrnn.errors import UserError
from charrnn.hub import cache
from charrnn.ui import i18n
from charrnn.ui.services.catalog import available_to, find_model, model_card
from charrnn.ui.services.model_opener import open_hub
from charrnn.ui.services.model_options import model_options

clock = test_hub_models.clock
models = test_hub_models.models


@pytest.fixture
def context(tmp_path, models):
    """Enough of an app context to look for a model on the Hub in, in the name of the request."""

    def gone(key):
        raise UserError("There is no such run: it may have been removed. Train again.")

    runs = SimpleNamespace(root=tmp_path / "runs", find=gone)
    return SimpleNamespace(
        bundled_dir=tmp_path / "shelf", runs=runs, find_run=gone, hub_models=models,
        client_id=lambda request: "somebody",
    )  # fmt: skip


def whoever(monkeypatch, token=False):
    """A request of a visitor of a Space, with this token."""
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "ada/charrnn")
    about = {"access_token": token, "expires_at": 1e12} if token else None
    scope = {"type": "http", "headers": [], "client": ("127.0.0.1", 5)}
    return gr.Request(Request(scope | {"session": {"oauth_info": about}}))


def test_a_hub_id_opens_with_the_token_of_the_request(hub, letters, context, monkeypatch):
    letters.private = True
    ada, nobody = whoever(monkeypatch, hub.token("ada")), whoever(monkeypatch)
    model = open_hub(context, " ada/letters ", ada)
    assert (model.key, model.source) == ("ada/letters", "hub")
    assert find_model(context, "ada/letters", ada) == model
    assert model.open().name == "letters"
    for other in (nobody, whoever(monkeypatch, hub.token("bob")), None):
        assert "or it is private" in refused(find_model, context, "ada/letters", other)
    assert {given for _, _, given in hub.asked} >= {None}, "nobody is asked for as nobody"


def test_the_stored_token_is_never_used_on_a_space(hub, letters, context, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", hub.token("ada"))
    letters.private = True
    assert "or it is private" in refused(open_hub, context, "ada/letters", whoever(monkeypatch))
    assert {given for _, _, given in hub.asked} == {None}


def test_labels_of_the_dropdown_need_no_request_to_the_hub(hub, letters, context, monkeypatch):
    letters.private = True
    ada, nobody = whoever(monkeypatch, hub.token("ada")), whoever(monkeypatch)
    keys = ["ada/letters", "ada/letters@v1", "../x", "a/b/c", "https://x/y"]
    bare = [("ada/letters", "ada/letters"), ("ada/letters@v1", "ada/letters@v1")]
    assert model_options(context, keys, "en", ada) == bare
    assert hub.asked == []
    open_hub(context, "ada/letters", ada)
    before = len(hub.asked)
    said = "ada/letters · LSTM 16 · perplexity 3.50 held out"
    assert model_options(context, keys, "en", ada) == [(said, "ada/letters"), bare[1]]
    assert (
        model_options(context, keys, "zh", ada)[0][0]
        == "ada/letters · LSTM 16 · 困惑度 3.50（留出）"
    )
    assert model_options(context, keys, "en", nobody) == bare
    assert len(hub.asked) == before


def test_a_card_describes_the_model(hub, letters, context, monkeypatch):
    letters.tags["v1"] = letters.sha
    told = model_card(open_hub(context, "ada/letters@v1", whoever(monkeypatch)))
    assert told.pop("date") > 1e9
    assert told.pop("bytes") == len(letters.files[WEIGHTS])
    assert told == {
        "key": "ada/letters@v1",
        "source": "hub",
        "title": {"en": "letters", "zh": "letters"},
        "model": "LSTM 16",
        "corpus": {"en": "letters.txt", "zh": "letters.txt"},
        "perplexity": 3.5,
        "held_out": True,
        "curve": [8.5, 7.5, 6.5, 5.5],
        "resumable": False,
        "repo": "ada/letters",
        "revision": "v1",
    }


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("ada/nothing", "Hub 上没有模型 ada/nothing，或者它是私有的"),
        ("ada/letters@v9", "ada/letters@v9 在 Hub 上没有这个版本：请检查分支、标签或提交。"),
        ("../letters", "没有名为 '../letters' 的模型"),
    ],
)
def test_a_missing_model_is_reported_beside_the_dropdown(
    hub, letters, context, monkeypatch, key, said
):
    with pytest.raises(UserError) as caught:
        find_model(context, key, whoever(monkeypatch))
    assert caught.value.field == "checkpoint"
    assert i18n.translate_error(caught.value, "zh").startswith(said)


@pytest.mark.parametrize("ref", ["", "ada", "/etc/passwd", "ada/letters@..", "https://hf.co/a/b"])
def test_an_invalid_hub_id_is_refused_without_a_request(hub, context, monkeypatch, ref):
    assert "not " in refused(open_hub, context, ref, whoever(monkeypatch))
    assert hub.asked == []


def test_a_damaged_model_is_refused_and_leaves_nothing(hub, letters, context, monkeypatch):
    letters.commit(letters.files | {WEIGHTS: letters.files[WEIGHTS][:-4]})
    said = refused(open_hub, context, "ada/letters", whoever(monkeypatch))
    assert said.startswith("This checkpoint cannot be opened: ")
    assert not any(cache.public().rglob(WEIGHTS))
    assert available_to(context, ["ada/letters"], whoever(monkeypatch)) == {str(LETTERS): None}
