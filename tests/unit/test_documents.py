"""The documents agree with the repository: links, names, variables, settings, examples."""

import ast
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from PIL import Image, ImageSequence

from charrnn import cli
from charrnn._version import __version__
from charrnn.checkpoint.format import LOG_COLUMNS, MAX_FILE_BYTES
from charrnn.model import ModelConfig
from charrnn.recipes import RECIPES
from charrnn.runs.limits import Limits, variable_name
from charrnn.training import TrainingConfig, stored_event
from charrnn.utils.config_fields import rules

ROOT = Path(__file__).parents[2]
IGNORED = {".git", ".venv", "runs", "node_modules", "golden"}
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.rglob("*.md")
    if not IGNORED & set(path.relative_to(ROOT).parts)
)
CURRENT = [
    name
    for name in DOCUMENTS
    if "/" not in name or name.startswith("docs/")
    if name != "CHANGELOG.md"
]
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^()\s]+)\)")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"(?<!_)CHARRNN_[A-Z_]+[A-Z]")


def text_of(name):
    return (ROOT / name).read_text("utf-8")


def prose_of(name):
    """A document without its blocks of code."""
    return FENCED.sub("", text_of(name))


def anchors_of(name):
    """The anchors of a document's headings, as GitHub and the Hub make them."""
    headings = re.findall(r"^#{1,6} (.+)$", prose_of(name), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def rows_of(text):
    """The rows of all tables in a text, as lists of cells."""
    lines = (line for line in text.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def part_of(name, heading):
    """What stands in a document under a heading, up to the next one of any level."""
    return text_of(name).split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]


def python_blocks(name):
    return [code for language, code in FENCED.findall(text_of(name)) if language == "python"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_somewhere(name):
    for picture, label, target in LINK.findall(prose_of(name)):
        assert label.strip(), f"a link to {target} has no words"
        if re.match(r"[a-z]+:", target):
            assert re.fullmatch(r"https://[\w.-]+(/\S*)?", target), target
            continue
        path, _, anchor = target.partition("#")
        place = (ROOT / name).parent / path if path else ROOT / name
        assert place.resolve().is_relative_to(ROOT) and place.exists(), target
        if anchor:
            assert anchor in anchors_of(place.resolve().relative_to(ROOT).as_posix()), target
        if picture:
            assert place.suffix in {".png", ".gif"}


@pytest.mark.parametrize("name", CURRENT)
def test_every_path_that_is_named_exists(name):
    paths = re.findall(
        r"`((?:charrnn|tests|benchmarks|docs|checkpoints)/[\w./-]+)`", prose_of(name)
    )
    missing = [path for path in paths if not (ROOT / path).exists() and "NAME" not in path]
    assert missing == []


def test_the_readme_is_short():
    assert len(text_of("README.md").splitlines()) <= 150


def test_the_readme_begins_with_a_short_film():
    first = next(target for picture, _, target in LINK.findall(text_of("README.md")) if picture)
    with Image.open(ROOT / first) as film:
        frames = [film.info["duration"] for film in ImageSequence.Iterator(film)]
    assert len(frames) > 5 and 10_000 <= sum(frames) < 30_000  # ms
    assert (ROOT / first).stat().st_size < 1_500_000


def test_the_front_matter_of_the_space_says_what_the_app_needs():
    front = yaml.safe_load(text_of("README.md").split("---\n")[1])
    requirements = text_of("requirements.txt")
    assert front["sdk"] == "gradio" and front["app_file"] == "app.py"
    major, minor, _ = front["sdk_version"].split(".")
    assert f"gradio>={major}.{minor}," in requirements
    assert front["hf_oauth"] is True and front["license"] == "apache-2.0"


def test_the_readme_begins_with_the_two_commands():
    blocks = [code for language, code in FENCED.findall(text_of("README.md")) if language == "sh"]
    assert [line.split("#")[0].strip() for line in blocks[0].splitlines()] == [
        "make demo",
        "make test",
    ]
    torch = next(line for line in text_of("requirements.txt").splitlines() if "torch" in line)
    assert f'"{torch}" --index-url' in blocks[1]


def test_the_python_example_of_the_readme_runs(monkeypatch, capsys, tmp_path):
    (code,) = python_blocks("README.md")
    monkeypatch.chdir(tmp_path)  # it runs anywhere
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    printed = capsys.readouterr().out
    text = "The tide clock was slow that morning."
    score = names["charrnn"].score(names["checkpoint"], text)
    assert len([line for line in code.splitlines() if line]) <= 6
    assert printed.startswith("The tide clock ")
    before_the_stream = printed[:-50].splitlines()  # which prints 50 characters, and no prefix
    assert float(before_the_stream[-1]) == pytest.approx(score.perplexity)


@pytest.mark.parametrize("name", CURRENT)
def test_python_examples_are_python(name):
    for code in python_blocks(name):
        ast.parse(code)


def test_every_variable_of_the_source_is_documented_and_the_reverse():
    limits = {variable_name(limit.name) for limit in fields(Limits)}
    sources = [*ROOT.glob("charrnn/**/*.py"), ROOT / "app.py", *ROOT.glob("tests/**/*.py")]
    found = {
        name
        for path in sources
        if path.name != Path(__file__).name
        for name in VARIABLE.findall(path.read_text("utf-8"))
    }
    documented = set(VARIABLE.findall(text_of("docs/hosting.md")))
    assert documented == limits | found
    named = {name for document in CURRENT for name in VARIABLE.findall(text_of(document))}
    assert named <= documented


def test_variables_of_others_are_documented_too():
    """Those of Gradio, the Hub, Spaces and libraries that the source reads or sets."""
    owners = "CHARRNN|GRADIO|HF|HUGGING_FACE|SPACES?|OAUTH|OPENID|GOMP|OMP|MKL|OPENBLAS"
    is_variable = re.compile(rf"({owners})_[A-Z_]+|NO_COLOR|SYSTEM|MPLBACKEND|PYTHONPATH")
    found = set()
    for path in [*ROOT.glob("charrnn/**/*.py"), ROOT / "app.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and is_variable.fullmatch(text):
                found.add(text)
    assert {"HF_TOKEN", "GRADIO_SERVER_NAME", "SPACE_ID"} <= found
    documented = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", text_of("docs/hosting.md")))
    assert found <= documented
    assert {"GRADIO_ROOT_PATH", "HF_HOME", "HF_HUB_OFFLINE", "HF_ENDPOINT"} <= documented


def test_limits_are_documented_with_their_values():
    rows = {cells[0].strip("`"): cells[1:3] for cells in rows_of(text_of("docs/hosting.md"))}

    def written(value):
        return "none" if value is None else f"{value:,g}" if value < 1e6 else f"{value:,}"

    for limit in fields(Limits):
        if limit.name != "workers":  # as many as there are cores
            values = [written(limit.default), written(limit.metadata["space"])]
            assert rows[variable_name(limit.name)] == values, limit.name


def written_bound(value):
    return f"{value:,.9f}".rstrip("0").rstrip(".")


@pytest.mark.parametrize(
    ("heading", "config"), [("### The model", ModelConfig), ("### Training", TrainingConfig)]
)
def test_every_setting_is_documented(heading, config):
    rows = {cells[0].strip("`"): cells[1:] for cells in rows_of(part_of("docs/using.md", heading))}
    assert list(rows)[2:] == list(rules(config))  # the head of the table and its line go first
    for name, rule in rules(config).items():
        default = getattr(config(), name)
        said = str(default).lower() if default in (None, True, False) else str(default)
        assert rows[name][0] == f"`{said}`", name
        if rule.choices:
            values = ", ".join(f"`{choice}`" for choice in rule.choices)
        elif rule.kind is bool:
            values = "true, false"
        else:
            values = f"{written_bound(rule.low)} to {written_bound(rule.high)}"
        assert rows[name][1] == values + (", none" if rule.optional else "")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory with a small run in it, and the models that come with charrnn."""
    place = tmp_path_factory.mktemp("place")
    (place / "checkpoints").symlink_to(ROOT / "checkpoints")
    (place / "rain.txt").write_text("the rain in spain " * 100)
    settings = ("hidden_size=4", "epochs=2", "validation=0.1", "sample_length=5")
    chosen = [word for setting in settings for word in ("--set", setting)]
    command = ["train", str(place / "rain.txt"), "--run-dir", str(place / "runs" / "my-run")]
    cli.app([*command, *chosen, "--json"], standalone_mode=False)
    return place


def test_every_event_is_documented_with_its_fields(place):
    rows = {cells[0]: cells[1] for cells in rows_of(part_of("docs/using.md", "### Events"))}
    lines = (place / "runs" / "my-run" / "events.jsonl").read_text("utf-8").splitlines()
    for event in map(json.loads, lines):
        documented = re.findall(r"`(\w+)`", rows[f"`{event['event']}`"])
        assert event.keys() - {"event", "seconds"} <= set(documented)
        assert stored_event(event).keys() - {"event", "seconds"} <= set(documented)
    events = {json.loads(line)["event"] for line in lines}
    assert events == {"start", "progress", "sample", "checkpoint", "end"}


def test_the_examples_of_the_file_formats_run(place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names = {}
    for code in python_blocks("docs/file-formats.md"):
        exec(compile(code, "docs/file-formats.md", "exec"), names)
    assert names["progress"]["train_perplexity"].iloc[-1] > 1
    assert names["counts"][" "] == 400
    assert names["log"]["step"].is_monotonic_increasing
    assert set(names["samples"]) == {"step", "prefix", "text"}
    assert names["run"]["training.epochs"][0] == 2
    assert names["results"]["validation_perplexity"][0] > 1
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.close("all")


def test_every_file_of_a_run_is_documented(place):
    run = place / "runs" / "my-run"
    files = {path.relative_to(run) for path in run.rglob("*") if path.is_file()}
    cells = [cells[0] for cells in rows_of(part_of("docs/file-formats.md", "## A run"))]
    documented = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    checkpoint = {Path("checkpoint") / name for name in MAX_FILE_BYTES}
    assert {path.as_posix() for path in files - checkpoint} <= documented


@pytest.mark.parametrize(
    ("file", "heading"),
    [
        ("run.json", "### `run.json`"),
        ("checkpoint/config.json", "### `model.safetensors` and `config.json`"),
    ],
)
def test_every_field_is_documented(place, file, heading):
    written = json.loads((place / "runs" / "my-run" / file).read_text("utf-8"))
    part = part_of("docs/file-formats.md", heading).rpartition("| field |")[2]
    rows = rows_of(part)
    assert {name for cells in rows for name in re.findall(r"`(\w+)`", cells[0])} == set(written)


def test_every_recipe_of_the_textbook_is_documented():
    page = text_of("docs/textbook.md")
    for name, recipe in RECIPES.items():
        assert (f"| `{name}` |" in page) == (recipe.kind == "textbook")


def test_the_page_shows_the_table_that_was_measured():
    between = text_of("docs/textbook.md").split("<!-- textbook -->\n")[1]
    table = between.split("<!-- /textbook -->")[0]
    assert table.strip() in text_of("benchmarks/textbook.md")


def test_the_files_of_a_checkpoint_are_documented():
    page = text_of("docs/file-formats.md")
    for name, most in MAX_FILE_BYTES.items():
        assert re.search(rf"^\| `{re.escape(name)}` \|.*\| {most >> 20} MB \|$", page, re.M), name
    columns = page.split("### `training_log.csv`")[1].split("###")[0]
    assert tuple(re.findall(r"^\| `(\w+)`", columns, re.M)) == LOG_COLUMNS


def test_the_citation_is_complete():
    cited = yaml.safe_load(text_of("CITATION.cff"))
    assert cited["cff-version"] == "1.2.0" and cited["type"] == "software"
    assert cited["authors"] == [{"name": "charrnn contributors"}]
    assert cited["version"] == __version__ and cited["license"] == "Apache-2.0"
    for paper in cited["references"]:
        assert paper["type"] in {"book", "article", "conference-paper"}
        assert paper["title"] and 1900 < paper["year"] < 2100
        assert all(author["family-names"] and author["given-names"] for author in paper["authors"])
        if paper["type"] == "conference-paper":
            assert paper["conference"]["name"]
