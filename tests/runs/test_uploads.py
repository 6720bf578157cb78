"""Checkpoints that visitors bring along: what is kept, and what is refused, in a sentence."""

import io
import os
import re
import time
import zipfile
from pathlib import Path

import pytest
from bad_checkpoints import CHECKPOINTS

from charrnn.checkpoint import load
from charrnn.checkpoint.format import WEIGHTS
from charrnn.errors import UserError
from charrnn.runs import uploads
from charrnn.runs.limits import Limits
from charrnn.runs.manager import RunManager
from charrnn.runs.owners import OWNER_FILE, Owner
from charrnn.runs.plan import make_plan
from charrnn.runs.retention import all_runs, delete_expired
from charrnn.runs.run import Run
from charrnn.text import read_text
from charrnn.ui import AppContext, i18n
from charrnn.ui.services import model_opener
from charrnn.ui.services.catalog import available_to, find_model, model_card
from charrnn.ui.services.model_opener import open_file
from charrnn.ui.services.model_options import model_options

# The cases before are no files, which a browser would not send.
SENDABLE = list(CHECKPOINTS)[list(CHECKPOINTS).index("weights of 64 MB and a byte") :]
KEY = re.compile(r"upload-[0-9a-f]{32}")


@pytest.fixture
def root(tmp_path):
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def context(root):
    runs = RunManager(root)
    yield AppContext(runs, root.parent / "shelf")
    runs.close()


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """Where the app looks for files that were uploaded; `sent(name, data)` is one of them."""
    folder = tmp_path / "uploaded"
    folder.mkdir()
    monkeypatch.setattr(model_opener, "get_upload_folder", lambda: str(folder))

    def send(name, data):
        (folder / name).write_bytes(data)
        return str(folder / name)

    return send


def zipped(files, kind=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def refused(act, *arguments, **named):
    with pytest.raises(UserError) as caught:
        act(*arguments, **named)
    said = caught.value.message
    assert len(said) < 250 and said.isprintable()
    assert i18n.translate_error(caught.value, "zh") != said
    return said


def kept(root):
    return list((root / ".uploads").glob("*")) if (root / ".uploads").exists() else []


def test_weights_alone_are_opened_under_a_key_that_cannot_be_guessed(context, sent, trained):
    model = open_file(context, sent("mine.safetensors", (trained / WEIGHTS).read_bytes()), None)
    again = open_file(context, sent("mine.safetensors", (trained / WEIGHTS).read_bytes()), None)
    assert KEY.fullmatch(model.key) and KEY.fullmatch(again.key) and model.key != again.key
    assert model.source == "upload"
    assert find_model(context, model.key, None) == model
    assert model.open().name == "letters"
    assert {path.name for path in model.directory.iterdir()} == {WEIGHTS, OWNER_FILE}
    for unknown in (model.key[:-1], model.key + "0", "upload-" + "0" * 32, model.key.upper()):
        assert refused(find_model, context, unknown, None).startswith("There is no model called")


@pytest.mark.parametrize("folder", ["", "letters/"])
def test_of_a_zip_a_checkpoint_s_own_files_are_kept(context, sent, trained, folder):
    files = contents(trained)
    data = zipped({folder + name: content for name, content in files.items()})
    model = open_file(context, sent("letters.zip", data), None)
    del files["corpus.txt"]
    assert contents(model.directory) == files | {
        OWNER_FILE: (model.directory / OWNER_FILE).read_bytes()
    }
    told = model_card(model)
    assert told["curve"] == [8.5, 7.5, 6.5, 5.5]
    assert (told["source"], told["repo"], told["resumable"]) == ("upload", None, False)


def test_an_upload_is_listed_until_it_is_deleted(context, sent, trained):
    model = open_file(context, sent("a.safetensors", (trained / WEIGHTS).read_bytes()), None)
    digits = model.key[7:11]
    said = f"letters · your file {digits}… · LSTM 16 · perplexity 3.50 held out"
    assert model_options(context, [model.key], "en") == [(said, model.key)]
    said = f"letters · 你的文件 {digits}… · LSTM 16 · 困惑度 3.50（留出）"
    assert model_options(context, [model.key], "zh") == [(said, model.key)]
    (model.directory / WEIGHTS).unlink()
    assert available_to(context, [model.key]) == {}
    with pytest.raises(UserError):
        model.open()


def test_only_what_was_uploaded_is_read(context, sent, trained, tmp_path):
    inside = Path(sent("x", b""))
    inside.unlink()
    inside.symlink_to(trained / WEIGHTS)
    for path in (
        str(trained / WEIGHTS),
        str(inside),
        str(inside.parent),
        str(inside.parent / "nothing"),
        f"{inside.parent}/../trained/{WEIGHTS}",
        "a\0b",
        "",
        None,
        {"path": str(inside)},
    ):
        assert "has not been uploaded" in refused(open_file, context, path, None)
    assert kept(context.runs.root) == []


@pytest.mark.parametrize("name", SENDABLE)
def test_an_invalid_checkpoint_is_refused_with_the_usual_message(name, root, tmp_path):
    (place := tmp_path / "it").mkdir()
    CHECKPOINTS[name][0](place)
    if (place / "config.json").exists():
        (tmp_path / "it.zip").write_bytes(zipped(contents(place)))
        said = refused(uploads.store, root, tmp_path / "it.zip", Limits())
    else:
        said = refused(uploads.store, root, place / WEIGHTS, Limits())
    if name == "a checkpoint of torch":  # which is a .zip
        assert said.startswith("There is no model in model.safetensors")
    elif name.startswith("a config.json of more"):
        assert said.endswith("config.json is larger than 1 MB.")
    else:
        assert said == f"This checkpoint cannot be opened: {CHECKPOINTS[name][1]}."
    assert kept(root) == [], "and nothing of it is left"


def many(count):
    """A .zip that says it has so many files, none of which takes an entry to read."""
    data = zipped({"a": b""})
    return data[:-22] + b"PK\1\2" * count + data[-22:]


def encrypted(data):
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.index(mark) + place
        data = data[:at] + bytes([data[at] | 1]) + data[at + 1 :]
    return data


def displaced(data):
    """A .zip whose directory is said to begin elsewhere, so that its files lie before its start."""
    return (
        data[:-6] + (int.from_bytes(data[-6:-2], "little") + 999).to_bytes(4, "little") + data[-2:]
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda w: zipped({"a.txt": b"text"}), "There is no model in x.zip"),
        (lambda w: zipped({}) + b"", "This checkpoint cannot be opened"),
        (lambda w: zipped({f"a/b/{WEIGHTS}": w}), "There is no model in x.zip"),
        (lambda w: zipped({f"a/{WEIGHTS}": w, f"b/{WEIGHTS}": w}), "There is no model in x.zip"),
        (lambda w: many(1_000_000), "There is no model in x.zip"),
        (lambda w: zipped({WEIGHTS: w})[:-30], "x.zip is a damaged zip archive"),
        (lambda w: b"PK\3\4" + os.urandom(999), "x.zip is a damaged zip archive"),
        (
            lambda w: zipped({WEIGHTS: w}, zipfile.ZIP_STORED).replace(b"letters", b"lettern"),
            "x.zip is a damaged zip archive",
        ),
        (lambda w: displaced(zipped({WEIGHTS: w})), "x.zip is a damaged zip archive"),
        (lambda w: encrypted(zipped({WEIGHTS: w})), "x.zip is encrypted, or uses an"),
        (lambda w: zipped({WEIGHTS: w}, zipfile.ZIP_LZMA), "x.zip is encrypted, or uses"),
        (lambda w: zipped({WEIGHTS: bytes(65 << 20)}), "model.safetensors is larger than 64 MB."),
        (
            lambda w: zipped({WEIGHTS: w, "README.md": bytes(2 << 20)}),
            "README.md is larger than 1 MB.",
        ),
        (lambda w: zipped({WEIGHTS: w, "config.json": b"{}"}), "describe different models"),
    ],
)
def test_a_zip_that_is_no_checkpoint_is_refused(make, said, root, tmp_path, trained):
    data = make((trained / WEIGHTS).read_bytes())
    (tmp_path / "x.zip").write_bytes(data)
    began = time.process_time()
    assert said in refused(uploads.store, root, tmp_path / "x.zip", Limits())
    assert time.process_time() - began < 5
    assert kept(root) == []


def test_names_in_a_zip_never_lead_elsewhere(root, tmp_path, trained):
    weights = (trained / WEIGHTS).read_bytes()
    odd = ("../README.md", "/README.md", "x/../../README.md", f"../{WEIGHTS}", ".../a", "\\..\\b")
    (tmp_path / "x.zip").write_bytes(zipped({WEIGHTS: weights} | dict.fromkeys(odd, b"evil")))
    before = sorted(tmp_path.rglob("*"))
    try:
        key = uploads.store(root, tmp_path / "x.zip", Limits())
    except UserError as error:
        assert "There is no model" in error.message
        return
    new = {path for path in tmp_path.rglob("*") if path not in before}
    assert {path.name for path in new} == {".uploads", key, WEIGHTS}


def test_a_strange_name_is_shown_as_it_can_be(root, tmp_path):
    (tmp_path / "\u202ezip.<b>").write_bytes(zipped({"a": b""}))
    said = refused(uploads.store, root, tmp_path / "\u202ezip.<b>", Limits())
    assert said.startswith("There is no model in \\u202ezip.<b>: ")


def test_uploads_count_against_the_disk_space_of_runs(root, tmp_path, trained):
    (tmp_path / "big").write_bytes(bytes(8 << 20))
    (root / "some").mkdir()
    (tmp_path / "big").rename(root / "some" / "run")
    data = zipped({WEIGHTS: (trained / WEIGHTS).read_bytes(), "x": os.urandom(1 << 20)})
    (tmp_path / "a.zip").write_bytes(data)
    assert uploads.store(root, tmp_path / "a.zip", Limits(disk_mb=10))
    (root / "some" / "more").write_bytes(bytes(1 << 20))
    said = refused(uploads.store, root, tmp_path / "a.zip", Limits(disk_mb=10))
    assert said.startswith("There is no disk space for another model")
    assert len(kept(root)) == 1


def test_a_zip_over_the_total_limit_is_named_in_the_message(root, tmp_path):
    (tmp_path / "x.zip").write_bytes(zipped({}) + b"PK\3\4")
    (tmp_path / "y.zip").write_bytes(b"PK\3\4")
    os.truncate(tmp_path / "y.zip", (86 << 20) + 1)
    said = refused(uploads.store, root, tmp_path / "y.zip", Limits())
    assert said == "This checkpoint cannot be opened: y.zip is larger than 86 MB."
    os.truncate(tmp_path / "x.zip", (64 << 20) + 1)
    said = refused(uploads.store, root, tmp_path / "x.zip", Limits())
    assert said.endswith("model.safetensors is larger than 64 MB.")


def test_a_user_s_uploads_are_bounded_by_their_number(root, trained):
    def bring(visitor):
        owner = Owner.of(visitor, b"a key")
        return uploads.store(root, trained / WEIGHTS, Limits(uploads_per_visitor=2), owner)

    first, second = bring("name:zoe"), bring("name:zoe")
    other = bring("name:bob")
    for ago, key in ((300, second), (200, first), (900, other)):
        os.utime(root / ".uploads" / key, (time.time() - ago,) * 2)
    third = bring("name:zoe")
    there = [uploads.find(root, key) is not None for key in (first, second, third, other)]
    assert there == [True, False, True, True], "what was not used for longest makes room"
    names = {path.name for path in (root / ".uploads").rglob("*")}
    assert "zoe" not in "".join(names) and second not in names
    delete_expired(root, keep_hours=1.0)
    assert all(uploads.find(root, key) for key in (first, third, other))


def test_a_zip_whose_contents_do_not_fit_on_the_disk_is_refused(root, tmp_path, trained):
    files = {WEIGHTS: (trained / WEIGHTS).read_bytes(), "training_log.csv": bytes(8 << 20)}
    (tmp_path / "a.zip").write_bytes(zipped(files))
    (root / "some").write_bytes(bytes(5 << 20))
    said = refused(uploads.store, root, tmp_path / "a.zip", Limits(disk_mb=10))
    assert said.startswith("There is no disk space for another model")
    assert kept(root) == []


def test_a_disk_that_is_full_is_said_to_be(root, tmp_path, trained, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads, "_copy", full)
    said = refused(uploads.store, root, trained / WEIGHTS, Limits())
    assert said == "The model could not be saved on this machine: No space left on device."
    monkeypatch.undo()
    assert "is no longer there" in refused(uploads.store, root, tmp_path / "gone", Limits())


def test_unused_uploads_expire_like_runs(root, trained):
    old, used = (uploads.store(root, trained / WEIGHTS, Limits()) for _ in range(2))
    broken_off = root / ".uploads" / ".upload-x"
    broken_off.mkdir()
    for path in (root / ".uploads").iterdir():
        os.utime(path, (time.time() - 7200,) * 2)
    assert uploads.find(root, used) is not None
    delete_expired(root, keep_hours=1.0)
    assert uploads.find(root, old) is None
    assert [path.name for path in kept(root)] == [used]


def test_the_ids_of_runs_and_uploads_differ(root, trained):
    run = Run.create(root, make_plan(read_text("the tide comes in\n" * 100)))
    key = uploads.store(root, trained / WEIGHTS, Limits())
    assert [one.id for one in all_runs(root)] == [run.id]
    assert uploads.find(root, run.id) is None
    assert not uploads.is_upload(run.id)
    for name in (key, ".uploads", f".uploads/{key}"):
        with pytest.raises(UserError):
            Run.find(root, name)
    delete_expired(root, keep_hours=1.0)
    assert uploads.find(root, key) is not None
    assert [one.id for one in all_runs(root)] == [run.id]
    assert load(root / ".uploads" / key).name == "letters"
