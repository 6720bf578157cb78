"""charrnn as it is installed: a wheel, built from an sdist, brings the page and the models, and
works from any directory."""

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile

import pytest
from conftest import ROOT
from launching import address, port

SECONDS = 120


def run(*arguments, **options):
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, timeout=SECONDS, **options
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def pip(*arguments):
    return run("-m", "pip", "--quiet", *arguments)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel, built from an sdist as `python -m build` does it, but without a network."""
    place = tmp_path_factory.mktemp("wheel")
    run("-m", "hatchling", "build", "-t", "sdist", "-d", place, cwd=ROOT)
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as sdist:
        if hasattr(tarfile, "data_filter"):
            sdist.extraction_filter = tarfile.data_filter
        sdist.extractall(place)
    source = archive.name.removesuffix(".tar.gz")
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", place / "dist", place / source)
    (built,) = (place / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Run the installed command in an empty directory, with an empty home."""
    place = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--target", place / "site", wheel)
    (place / "home").mkdir()
    (place / "empty").mkdir()
    environment = {name: value for name, value in os.environ.items() if name[:4] != "XDG_"}
    environment |= {"PYTHONPATH": str(place / "site"), "HOME": str(place / "home")}
    environment.pop("CHARRNN_RUNS", None)
    options = {"cwd": place / "empty", "env": environment}
    return place, lambda *arguments: run(place / "site/bin/charrnn", *arguments, **options), options


def test_the_wheel_has_every_file_of_the_package_and_the_models(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = set()
    for folder, there in (("charrnn", "charrnn"), ("checkpoints", "charrnn/bundled_models")):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                expected.add(f"{there}/{path.relative_to(ROOT / folder).as_posix()}")
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert {"charrnn/py.typed", "charrnn/ui/contract.json"} <= names


def test_commands_and_python_work_from_any_directory(installed):
    place, charrnn, options = installed
    text = charrnn("generate", "tide-clock", "--prefix", "The ", "--length", 20, "--seed", 0)
    code = (
        "import charrnn; print(charrnn.__file__); model = charrnn.load('tide-clock');"
        "print(charrnn.generate(model, 'The ', 20, seed=0))"
    )
    origin, *same = run("-c", code, **options).splitlines()
    assert origin.startswith(str(place)) and "\n".join(same) == text.rstrip("\n")
    small = ["--epochs", 1, "--set", "hidden_size=8"]
    trained = charrnn("train", "songs", *small, "--run-dir", "runs/mine", "--json")
    assert json.loads(trained.splitlines()[-1])["reason"] == "finished"
    assert charrnn("generate", "runs/mine", "--length", 5)
    assert charrnn("--version").startswith("charrnn ")


def test_without_the_page_all_but_the_app_works(installed):
    """As where `pip install .` has brought no Gradio."""
    _, _, options = installed
    code = (
        "import sys\n"
        "for name in ('gradio', 'starlette', 'fastapi', 'anyio', 'mcp'): sys.modules[name] = None\n"
        "from charrnn.__main__ import main\n"
        "sys.argv = ['charrnn', *sys.argv[1:]]\n"
        "main()\n"
    )
    small = ["--epochs", 1, "--set", "hidden_size=8", "--run-dir", "light"]
    assert "Saved in" in run("-c", code, "train", "songs", *small, **options)
    assert run("-c", code, "generate", "light", "--length", 5, **options)


def test_the_app_opens_the_page_and_keeps_runs_in_the_data_directory(installed):
    place, charrnn, options = installed
    log = (place / "log").open("w")
    command = [sys.executable, place / "site/bin/charrnn", "app", "--port", str(port())]
    process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **options)
    try:
        until = time.monotonic() + SECONDS
        while True:
            assert process.poll() is None, (place / "log").read_text()
            assert time.monotonic() < until
            try:
                with urllib.request.urlopen(address(), timeout=5) as answer:
                    page = answer.read().decode()
                break
            except (urllib.error.URLError, TimeoutError):
                time.sleep(0.3)
        assert "charrnn" in page
        from gradio_client import Client

        client = Client(address(), verbose=False)
        models = client.predict(api_name="/models")
        assert {"tide-clock", "songs"} <= {model["name"] for model in models}
        end = client.predict(
            text="Over the sea and under the moon.\n" * 40,
            settings={"hidden_size": 8, "batch_size": 4, "steps": 8, "epochs": 1},
            api_name="/train",
        )
        assert end["reason"] == "finished"
        (run_json,) = place.glob("home/.local/share/charrnn/runs/*/run.json")
        assert charrnn("generate", f"runs/{run_json.parent.name}", "--length", 5)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
