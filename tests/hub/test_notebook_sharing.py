"""The notebook about sharing pushes a model to the Hub, and opens it from there."""

from notebooks import run_notebook


def test_share_and_load(hub, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", hub.token("ada"))
    monkeypatch.chdir(tmp_path)
    names, shown = run_notebook("share-and-load", REPO="ada/clock", SECONDS=1)
    files, pushed, opened = shown
    assert {"config.json", "model.safetensors"} <= set(files)
    assert hub.repos["ada/clock"].private and pushed.revision == hub.repos["ada/clock"].sha
    assert opened.source.revision == names["pinned"].source.revision == pushed.revision
    assert names["offline"].source.revision == pushed.revision
    out = capsys.readouterr().out
    assert "the same text: True" in out and "W_hq" in out
