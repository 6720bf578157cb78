"""A model as a .zip to download, and where there is no room for one."""

import shutil
import zipfile
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import disks
import gradio as gr
import pytest

from charrnn.checkpoint.format import WEIGHTS
from charrnn.errors import UserError
from charrnn.runs.limits import Limits
from charrnn.ui import i18n
from charrnn.ui.models import download
from charrnn.ui.models.download import make_zip
from charrnn.ui.services.catalog import ModelEntry

disk = disks.disk
FREE = Limits()


@pytest.fixture
def component(tmp_path, monkeypatch):
    """What files are served for, out of a directory of its own."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    return gr.HTML()


@pytest.fixture
def model(trained):
    return ModelEntry("letters", trained)


def left(component):
    """What lies where files are served from."""
    return [path for path in Path(component.GRADIO_CACHE).rglob("*") if path.is_file()]


def refused(model, component, limits=FREE):
    with pytest.raises(UserError) as caught:
        make_zip(model, "Letters", component, limits)
    assert "再试" in i18n.translate_error(caught.value, "zh")
    return caught.value.message


def test_equal_models_share_a_file_and_different_ones_do_not(model, component, trained):
    first = make_zip(model, "My letters: a/b", component, FREE)
    assert first.name == "My-letters-a-b.zip"
    before = first.read_bytes()
    assert make_zip(model, "My letters: a/b", component, FREE) == first
    assert first.read_bytes() == before and left(component) == [first]
    assert str(first) in component.temp_files, "Gradio serves it, and removes it after a while"
    with zipfile.ZipFile(first) as archive:
        assert "corpus.txt" not in archive.namelist()
        assert archive.read(WEIGHTS) == (trained / WEIGHTS).read_bytes()
    (trained / "README.md").write_text("another")
    assert make_zip(model, "My letters: a/b", component, FREE) != first


def test_the_disk_limit_applies_to_downloads(model, component, tmp_path):
    (tmp_path / "cache").mkdir()
    with (tmp_path / "cache" / "theirs.zip").open("wb") as file:
        file.truncate(10 << 20)
    limits = Limits(disk_mb=10)
    assert refused(model, component, limits).startswith(
        "There is no disk space for this download, which needs 0.1 MB"
    )
    assert [path.name for path in left(component)] == ["theirs.zip"]
    (tmp_path / "cache" / "theirs.zip").unlink()
    packed = make_zip(model, "Letters", component, limits)
    assert make_zip(model, "Letters", component, Limits(disk_mb=10)) == packed


def test_disk_space_is_reserved_for_runs(model, component, monkeypatch):
    usage = namedtuple("usage", "total used free")
    free = SimpleNamespace(bytes=download._RESERVED_BYTES)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1, 1, free.bytes))
    assert "free some disk space" in refused(model, component)
    assert left(component) == []
    free.bytes += 1 << 20
    assert make_zip(model, "Letters", component, FREE)


def test_a_full_disk_leaves_no_partial_file(model, disk, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(disk("16k")))
    monkeypatch.setattr(download, "_RESERVED_BYTES", -1 << 40)
    component = gr.HTML()
    assert "There is no disk space for this download" in refused(model, component)
    assert left(component) == []


def test_a_disk_that_cannot_be_written_to_is_reported(model, disk, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(disk("64k", read_only=True)))
    with pytest.raises(
        UserError, match="could not be saved on this machine: Read-only file system"
    ):
        make_zip(model, "Letters", gr.HTML(), FREE)


def test_a_deleted_model_is_reported(model, component, trained):
    (trained / WEIGHTS).unlink()
    with pytest.raises(UserError, match="no longer here"):
        make_zip(model, "Letters", component, FREE)
    assert left(component) == []
