"""A finished checkpoint is copied whole, or not at all."""

import shutil

import pytest

import charrnn
from charrnn.checkpoint.format import CONFIG, WEIGHTS
from charrnn.cli.export import check_destination, copy_checkpoint, probe_destination
from charrnn.errors import UserError


@pytest.fixture
def trained(tmp_path, checkpoint):
    return charrnn.save(checkpoint, tmp_path / "run" / "checkpoint")


@pytest.mark.parametrize("there", [True, False])
def test_the_exported_files_are_those_of_the_checkpoint(there, trained, checkpoint, tmp_path):
    place = tmp_path / "new" / "out"
    check_destination(place, apart_from=tmp_path / "run")
    probe_destination(place)
    if not there:
        place.rmdir()
    copy_checkpoint(trained, place)
    assert charrnn.load(place).vocabulary == checkpoint.vocabulary
    assert [path.name for path in place.parent.iterdir()] == ["out"], "nothing else is left"


def test_only_a_checkpoint_s_files_are_copied_and_links_become_files(trained, tmp_path):
    (trained / "pytorch_model.bin").write_bytes(b"pickled")
    weights = (trained / WEIGHTS).rename(tmp_path / "blob")
    (trained / WEIGHTS).symlink_to(weights)
    copy_checkpoint(trained, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [CONFIG, WEIGHTS]
    assert not (tmp_path / "out" / WEIGHTS).is_symlink()


def test_a_copy_that_fails_leaves_nothing_and_says_where_the_model_is(
    trained, tmp_path, monkeypatch
):
    place = tmp_path / "out"
    probe_destination(place)

    def fill_the_disk(source, target):
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", fill_the_disk)
    with pytest.raises(UserError, match="No space left") as refusal:
        copy_checkpoint(trained, place)
    assert str(trained) in refusal.value.message and refusal.value.field == "out"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "run"]
    assert not any(place.iterdir())


@pytest.mark.parametrize("place", ["run", "run/checkpoint", "run/x/y", ".", "run/../run", "link/x"])
def test_a_place_in_or_around_the_run_is_refused(place, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "run")
    with pytest.raises(UserError) as refusal:
        check_destination(tmp_path / place, apart_from=tmp_path / "run")
    assert refusal.value.field == "out"


def test_a_place_that_holds_something_or_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for taken in ("file", "dangling", "."):
        with pytest.raises(UserError, match="already exists"):
            check_destination(tmp_path / taken, apart_from=tmp_path / "run" / "x")
    with pytest.raises(UserError, match="could not be created"):
        probe_destination(tmp_path / "file" / "out")
