"""The command line, as other programs use it: in a process of its own where that matters, in this
one elsewhere."""

import io
import json
import os
import subprocess
import sys

import pytest
from conftest import ROOT

import charrnn
from charrnn.cli import main
from charrnn.model import ModelConfig
from charrnn.recipes import RECIPES
from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.text import Text
from charrnn.training import TrainingConfig
from charrnn.utils.config_fields import rules
from charrnn.utils.file_locks import try_lock

SMALL = ["--set", "cell=gru", "--set", "hidden_size=16", "--set", "implementation=fast"]


def charrnn_cli(*arguments, cwd, stdin=b"", timeout=120, **variables):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "CHARRNN_CACHE": str(cwd / "cache")}
    environment |= variables
    return subprocess.run(
        [sys.executable, "-m", "charrnn", *map(str, arguments)],
        cwd=cwd, env=environment, input=stdin, capture_output=True, timeout=timeout,
    )  # fmt: skip


@pytest.fixture
def command(tmp_path, monkeypatch):
    """As `charrnn_cli` in `tmp_path`, but in this process, which has torch loaded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHARRNN_CACHE", str(tmp_path / "cache"))

    def run(*arguments, stdin=b"", encoding="utf-8"):
        raw = [io.BytesIO(stdin), io.BytesIO(), io.BytesIO()]
        streams = [
            io.TextIOWrapper(one, encoding=encoding, errors=errors, write_through=True)
            for one, errors in zip(raw, ("strict", "strict", "backslashreplace"), strict=True)
        ]
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as end:
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, stream)
            patch.setattr(sys, "argv", ["charrnn", *map(str, arguments)])
            main()
        _, out, err = (one.getvalue() for one in raw)
        return subprocess.CompletedProcess(arguments, end.value.code, out, err)

    return run


@pytest.fixture
def story(tmp_path):
    path = tmp_path / "story.txt"
    path.write_text("the cat sat on the mat and the dog sat on the log. " * 40)
    return path


@pytest.fixture
def trained(tmp_path, checkpoint):
    return charrnn.save(checkpoint, tmp_path / "trained")


def events_of(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def refused(result, *words):
    """Exit status 2 and one clear line on standard error, nothing on standard output."""
    lines = result.stderr.decode().strip().splitlines()
    assert result.returncode == 2 and len(lines) == 1 and not result.stdout, result
    for word in words:
        assert word in lines[0]


def test_train_prints_the_events_and_nothing_else(story, tmp_path):
    result = charrnn_cli(
        "train", story, "--epochs", 5, "--seed", 1, *SMALL,
        "--run-dir", "run", "--out", "out", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    events = events_of(result)
    assert events[0]["event"] == "start" and events[0]["recipe"] == "sprint"
    assert events[0]["model"]["cell"] == "gru"
    assert events[-1]["event"] == "end" and events[-1]["reason"] == "finished"
    assert events[-1]["epoch"] == 5
    written = (tmp_path / "run" / "events.jsonl").read_bytes()
    assert written == result.stdout
    assert charrnn.load(tmp_path / "out").about["recipe"] == "sprint"


def test_train_shows_perplexities_and_samples_to_people(command, story, tmp_path):
    result = command("train", story, "--epochs", 2, *SMALL)
    text = result.stdout.decode() + result.stderr.decode()
    assert result.returncode == 0
    assert "perplexity" in text and "held out" in text and " - the" in text
    (run,) = (tmp_path / "runs").iterdir()
    assert f"Saved in runs/{run.name}/checkpoint" in text


def test_train_reads_standard_input_and_several_files_in_any_encoding(command, tmp_path):
    russian = "Все счастливые семьи похожи друг на друга. " * 40
    (tmp_path / "a.txt").write_bytes(russian.encode("koi8-r"))
    (tmp_path / "b.txt").write_bytes(russian.encode("utf-16"))
    options = ["--epochs", 1, *SMALL, "--json"]
    piped = command("train", "-", *options, stdin=russian.encode("cp1251"))
    files = command("train", "a.txt", "b.txt", *options)
    one, two = events_of(piped)[0], events_of(files)[0]
    assert one["characters"] == len(russian)
    assert two["characters"] == 2 * len(russian) + 1
    assert one["vocabulary_size"] == two["vocabulary_size"] - 1, "a newline joins the files"


@pytest.mark.parametrize("arguments", [("train", "-"), ("score", "trained", "-")])
def test_of_standard_input_no_more_is_read_than_is_allowed(
    command, trained, arguments, monkeypatch
):
    monkeypatch.setattr("charrnn.cli.texts.MAX_TEXT_BYTES", 1_000_000)
    monkeypatch.setattr("charrnn.text.MAX_TEXT_BYTES", 1_000_000)
    read, endless = [], b"never ending\n" * 1_000_000

    class Noted(io.BytesIO):
        def read(self, size=-1):
            read.append(size)
            return super().read(size)

    monkeypatch.setattr(io, "BytesIO", Noted)
    result = command(*arguments, stdin=endless)
    assert result.returncode == 2 and b"standard input is larger than" in result.stderr
    assert max(read) <= 1_000_001 and -1 not in read


def test_a_recipe_prepares_whatever_text_it_is_given(command, tmp_path):
    (tmp_path / "t.txt").write_text("Hello, World! 123\n" * 2_000)
    result = command(
        "train", "t.txt", "--recipe", "time-machine-concise", "--epochs", 1,
        "--set", "hidden_size=8", "--json"
    )  # fmt: skip
    start = events_of(result)[0]
    assert start["characters"] == 10_000 and start["vocabulary_size"] == 9
    assert start["baselines"]["ngram"] is None and start["recipe"] == "time-machine-concise"


def test_a_run_directory_is_not_used_twice_but_can_be_resumed(command, story):
    first = ["train", story, "--epochs", 2, *SMALL, "--run-dir", "run", "--json"]
    assert command(*first).returncode == 0
    refused(command(*first), "already holds a run")
    again = command(*first, "--resume")
    assert again.returncode == 0
    assert events_of(again)[0]["resumed_from"] == events_of(again)[-1]["step"]
    longer = command("train", "--epochs", 4, "--run-dir", "run", "--resume", "--json")
    assert events_of(longer)[-1]["epoch"] == 4, "a finished run goes on when it is given more"
    fresh = command(
        "train", story, "--epochs", 1, *SMALL, "--run-dir", "new", "--resume", "--json"
    )  # fmt: skip
    assert events_of(fresh)[0]["resumed_from"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], ["no text to train on", "songs"]),
        (["train", "nothing.txt"], ["nothing.txt"]),
        (["train", "songs", "--recipe", "x"], ["no recipe 'x'", "sprint"]),
        (["train", "songs", "--set", "hidden=3"], ["no setting 'hidden'", "hidden_size"]),
        (["train", "songs", "--set", "hidden_size"], ["FIELD=VALUE"]),
        (["train", "songs", "--epochs", "1", "--seconds", "1"], ["not both"]),
        (["train", "songs", "--resume"], ["--run-dir"]),
        (["train", "songs", "--out", "."], ["already exists"]),
        (["train", "songs", "--run-dir", "r", "--out", "r"], ["is inside the other", "--out"]),
        (["train", "songs", "--run-dir", "r", "--out", "r/checkpoint"], ["is inside the other"]),
        (["train", "songs", "--run-dir", "o/r", "--out", "o"], ["is inside the other"]),
        (["train", "songs", "--out", "runs"], ["is inside the other"]),
        (["train", "songs", "--out", "trained/config.json/x"], ["could not be created"]),
        (["train", "songs", "--epochs", "abc"], ["--epochs", "integer"]),
        (["train", "songs", "--seconds", "0", "--set", "seconds=1"], ["--seconds", "not both"]),
        (["train", "songs", "--seconds", "1", "--set", "seconds=0"], ["--seconds", "not both"]),
        (["train", "songs", "--nonsense"], ["--nonsense"]),
        (["nonsense"], ["nonsense"]),
        (["generate"], ["CHECKPOINT"]),
        (["generate", "trained", "--samples", "0"], ["--samples"]),
        (["train", "songs", "--set", "batch_size=4000"], ["too short"]),
        (["generate", "nowhere"], ["there is no checkpoint at nowhere"]),
        (["generate", "trained", "--mode", "beam"], ["greedy or sample"]),
        (["generate", "trained", "--alpha", "0"], ["above 0"]),
        (["generate", "trained", "--temperature", "0"], ["temperature = 0.0", "above 0"]),
        (["generate", "trained", "--alpha", "1", "--temperature", "1"], ["not both"]),
        (["generate", "trained", "--stop", ""], ["1 to 100 characters"]),
        (["score", "trained", "nothing.txt"], ["nothing.txt"]),
    ],
)
def test_a_mistake_is_one_line_and_status_2(
    arguments, words, tmp_path, trained, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["charrnn", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    said = capsys.readouterr()
    assert caught.value.code == 2 and not said.out
    (line,) = said.err.strip().splitlines()
    assert all(word in line for word in words), line


def test_a_mistake_is_told_so_by_the_program_too(tmp_path):
    result = charrnn_cli("train", "songs", "--recipe", "x", cwd=tmp_path)
    refused(result, "no recipe 'x'", "sprint")


def test_without_a_command_the_help_is_shown(command):
    result = command()
    assert result.returncode == 2 and b"generate" in result.stderr
    helped = command("train", "--help")
    assert helped.returncode == 0 and b"--epochs" in helped.stdout


def test_help_lists_the_settings_and_the_version_is_told(command):
    helped = command("train", "-h")
    assert helped.returncode == 0 and helped.stdout == command("train", "--help").stdout
    shown = helped.stdout.decode()
    for config in (ModelConfig, TrainingConfig):
        for name, rule in rules(config).items():
            assert f"{name}={getattr(config(), name)}".lower() in shown.lower()
            assert " ".join(rule.hint.split()) in " ".join(shown.split())
    assert command("-h").returncode == 0
    assert command("--version").stdout.decode() == f"charrnn {charrnn.__version__}\n"
    assert b"--install-completion" in command("--help").stdout


def test_the_version_is_told_without_loading_torch(tmp_path):
    code = (
        "import sys; from charrnn.__main__ import main; sys.argv = ['charrnn', '--version'];"
        "main(); assert 'torch' not in sys.modules"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    told = subprocess.check_output([sys.executable, "-c", code], cwd=tmp_path, env=environment)
    assert told.decode().strip() == f"charrnn {charrnn.__version__}"


def test_a_shell_completes_commands(monkeypatch, capsys):
    monkeypatch.setenv(f"_{'charrnn'.upper()}_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "charrnn ge")
    monkeypatch.setenv("COMP_CWORD", "1")
    monkeypatch.setattr(sys, "argv", ["charrnn"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0 and capsys.readouterr().out.split() == ["generate"]


def test_where_there_is_no_terminal_no_line_is_written_over(command, story, monkeypatch):
    monkeypatch.setattr("charrnn.cli.training_output._LINE_EVERY_SECONDS", 0.0)
    result = command("train", story, "--epochs", 2, *SMALL)
    assert b"\r" not in result.stdout + result.stderr
    lines = result.stderr.decode().splitlines()
    assert any("epoch" in line and "characters/s" in line for line in lines)


def test_a_refused_out_leaves_no_run_behind(command, story, tmp_path):
    result = command("train", story, *SMALL, "--out", "story.txt/x")
    refused(result, "could not be created")
    assert [path.name for path in tmp_path.iterdir()] == ["story.txt"]


def test_a_directory_does_not_hide_the_text_of_its_name(command, tmp_path):
    (tmp_path / "songs").mkdir()
    result = command("train", "songs", "--epochs", 1, *SMALL, "--run-dir", "songs/run", "--json")
    assert result.returncode == 0, result.stderr


def test_a_run_that_is_going_on_keeps_its_length(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = Text("the cat sat on the mat. " * 40, "cats")
    run = Run.create_at(tmp_path / "run", make_plan(text, settings={"epochs": 2}))
    before = (tmp_path / "run" / "run.json").read_bytes()
    monkeypatch.setattr(
        sys, "argv", ["charrnn", "train", "--resume", "--run-dir", "run", "--epochs", "9"]
    )
    with try_lock(run.directory / "worker.lock", timeout=1), pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2 and "still waiting or training" in capsys.readouterr().err
    assert (tmp_path / "run" / "run.json").read_bytes() == before


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_standard_output_cannot_show_is_spelled_out(command, encoding, trained):
    arguments = ["generate", trained, "--prefix", "分a", "--length", 5, "--seed", 1]
    shown = command(*arguments, encoding=encoding)
    printed = command(*arguments, "--json", encoding=encoding)
    assert shown.returncode == printed.returncode == 0, shown.stderr
    text = charrnn.generate(charrnn.load(trained), "分a", 5, seed=1)
    assert (
        shown.stdout.decode(encoding)
        == (text if encoding == "utf-8" else text.replace("分", "\\u5206")) + "\n"
    )
    assert json.loads(printed.stdout.decode(encoding))["text"] == text


def test_a_prefix_that_is_no_unicode_is_mended(command, trained):
    arguments = ["generate", trained, "--prefix", os.fsdecode(b"a\xffb\r\n"), "--length", 5]
    for more in ([], ["--json"]):
        result = command(*arguments, *more)
        assert result.returncode == 0, result.stderr
        text = json.loads(result.stdout)["text"] if more else result.stdout.decode()
        assert text.startswith("a\ufffdb\n")


def test_generate_prints_the_prefix_and_its_continuation_only(command, trained):
    greedy = ["generate", trained, "--prefix", "abc", "--length", 30, "--mode", "greedy"]
    result = command(*greedy)
    text = result.stdout.decode()
    assert result.returncode == 0 and not result.stderr
    assert text == charrnn.generate(charrnn.load(trained), "abc", 30, mode="greedy") + "\n"


def test_generate_several_samples_as_json(command, trained):
    result = command(
        "generate", trained, "--prefix", "aé", "--length", 9, "--seed", 5, "--samples", 3, "--json"
    )  # fmt: skip
    texts = events_of(result)
    assert [text["seed"] for text in texts] == [5, 6, 7]
    assert len({text["text"] for text in texts}) == 3
    assert all(t["text"].startswith("aé") and len(t["text"]) == 11 for t in texts)
    assert "é" in result.stderr.decode()


def test_score_prints_the_figures(command, trained, tmp_path):
    (tmp_path / "t.txt").write_text("abcdefg\n" * 30 + "é")
    result = command("score", trained, "t.txt", "--json")
    figures = json.loads(result.stdout)
    assert figures["characters"] == 239 and figures["unknown_characters"] == 1
    assert figures["protocol"] == "carried"
    shown = command("score", trained, "-", "--window", 16, stdin=b"abc" * 20)
    lines = dict(line.split(None, 1) for line in shown.stdout.decode().splitlines())
    assert list(lines) == list(figures) and lines["protocol"] == "cold windows of 16"


def test_inspect_prints_a_summary_and_then_each_character(command, trained, tmp_path):
    (tmp_path / "t.txt").write_text("abcdefg\n" * 30)
    summary, *rows = events_of(command("inspect", trained, "t.txt", "--json"))
    figures = json.loads(command("score", trained, "t.txt", "--json").stdout)
    assert {name: summary[name] for name in figures} == pytest.approx(figures)
    assert set(summary["baselines"]) == {"uniform", "unigram", "ngram"}
    assert "".join(row["character"] for row in rows) == "abcdefg\n" * 30
    assert rows[0]["surprisal"] is None
    bits = sum(row["surprisal"] for row in rows[1:])
    assert bits == pytest.approx(figures["bits_per_character"] * figures["characters"], abs=1e-6)
    assert len(rows[1]["candidates"]) == 5


def test_inspect_shows_the_text_its_figures_and_the_units_that_were_found(
    command, trained, tmp_path
):
    (tmp_path / "t.txt").write_text("abcdefg\n" * 90)
    result = command("inspect", trained, "t.txt", "--units")
    shown = result.stdout.decode()
    assert shown.startswith("abcdefg\nabcdefg\n")
    assert "\x1b" not in shown, "no colors where the output is no terminal"
    assert "most surprised by" in shown
    assert "on held-out text" in shown
    assert "digits: This text has too few" in result.stderr.decode()


def test_novelty_tells_what_was_copied(command, tmp_path):
    (tmp_path / "new.txt").write_text("x the sea came in over the wall y\nsame line\n")
    (tmp_path / "old.txt").write_text("And the sea came in over the wall again.\nsame line\n")
    figures = json.loads(command("novelty", "new.txt", "old.txt", "--json").stdout)
    assert (figures["longest"], figures["copied_lines"]) == (31, 1)
    shown = command("novelty", "new.txt", "old.txt").stdout.decode()
    assert "the longest has 31" in shown and "the sea came in over the wall" in shown


def test_recipes_are_listed(command):
    result = command("recipes", "--json")
    assert [entry["name"] for entry in events_of(result)] == list(RECIPES)
    shown = command("recipes").stdout.decode()
    assert all(name in shown for name in RECIPES)


def test_a_reader_that_closes_the_pipe_is_no_error(trained, tmp_path):
    command = f"{sys.executable} -m charrnn generate trained --length 20000 | head -c 20"
    result = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert len(result.stdout) == 20 and not result.stderr
