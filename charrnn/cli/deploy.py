"""The command line's deploy: this repository as a Hugging Face Space.

What goes there is what the app needs to run and its page to look right, and nothing else: of a git
checkout the files that git tracks, as they lie here; of a downloaded archive, the same places.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from .. import hub
from ..errors import UserError
from ..hub.space import FREE, check
from ..hub.space import deploy as to_space
from ..utils.process import without_secrets
from .output import note, show_transfer

ROOT = Path(__file__).resolve().parents[2]

_NEEDED = {"app.py", "README.md", "requirements.txt", "charrnn/__init__.py"}
_PARTS = ("app.py", "README.md", "requirements.txt", "LICENSE", "charrnn/", "checkpoints/")
_PICTURE = re.compile(r"!\[[^\]]*\]\(([\w./-]+)\)")  # that the README shows


def deploy_app(
    space: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="What it is to be called.")],
    private: Annotated[
        bool, typer.Option("--private", help="For your eyes only, where it is not public already.")
    ] = False,
    hardware: Annotated[
        str | None,
        typer.Option(help=f"What it runs on, such as cpu-basic, or {FREE} for ZeroGPU."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be uploaded, and no more.")
    ] = False,
) -> None:
    """Put this app on the Hub as a Space, or update it there."""
    hub.quiet()
    check(space, hardware)
    names, notes = chosen(ROOT)
    files = {name: (ROOT / name).read_bytes() for name in names}
    width = max(map(len, files))
    for name, data in files.items():
        note(f"{name:{width}}{len(data):>12,} bytes")
    note(f"{len(files)} files, {sum(map(len, files.values())):,} bytes")
    for one in notes:
        note(one)
    if dry_run:
        return
    with show_transfer("uploading") as progress:
        done = to_space(files, space, private=private, hardware=hardware, progress=progress)
    for name in done.removed:
        note(f"{name} was removed there")
    if not done.changed and not done.removed:
        note("nothing has changed since the last time: there is no new commit")
    print(done.url)


def chosen(root: Path) -> tuple[list[str], list[str]]:
    """The files of the repository in `root` that go to a Space, by name in order; and what is to be
    said about the others.

    Links never go along, whatever they point to. Raises UserError where there is no repository.
    """
    if not all((root / name).is_file() for name in _NEEDED):
        raise UserError(
            "Only a checkout of the charrnn repository can be deployed, and this charrnn was "
            "installed without one: clone the repository, and run the command in it.",
            field="space",
        )
    tracked = _git(root, "ls-files", "-z")
    in_git = tracked >= _NEEDED
    shown = set(_PICTURE.findall((root / "README.md").read_text("utf-8")))
    here = tracked if in_git else _lying(root) | shown
    wanted = {name for name in here if name in shown or _is_part(name)}
    names = {name for name in wanted if (root / name).is_file() and not _is_link(root, name)}
    if not in_git:
        return sorted(names), ["git does not track this directory: its own files are taken"]
    notes = []
    if left_out := _briefly(here - wanted, names):
        notes.append(f"not needed there: {', '.join(left_out)}")
    new = _git(root, "ls-files", "-z", "--others", "--exclude-standard")
    if new := {name for name in new if _is_part(name)}:
        notes.append(f"not tracked by git, so left out: {', '.join(sorted(new))}")
    return sorted(names), notes


def _git(root: Path, *command: str) -> set[str]:
    """The names that git lists; none where there is no git, or it does not know the directory."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *command],
            capture_output=True, timeout=60, check=True, env=without_secrets(),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return set()
    return {name for name in done.stdout.decode("utf-8", "replace").split("\0") if name}


def _lying(root: Path) -> set[str]:
    """The files that lie where those of the app do, without hidden and compiled ones."""
    found = set()
    for part in _PARTS:
        place = root / part
        for path in [place] if place.is_file() else place.rglob("*"):
            name = path.relative_to(root).as_posix()
            hidden = any(one.startswith((".", "__pycache__")) for one in name.split("/"))
            if path.is_file() and not hidden and path.suffix != ".pyc":
                found.add(name)
    return found


def _is_part(name: str) -> bool:
    return any(name == part or (part[-1] == "/" and name.startswith(part)) for part in _PARTS)


def _is_link(root: Path, name: str) -> bool:
    """Whether a file, or a directory that it lies in, is a link to somewhere else."""
    path = root / name
    return any(
        one.is_symlink() for one in (path, *path.parents) if one != root and root in one.parents
    )


def _briefly(left_out: set[str], taken: set[str]) -> list[str]:
    """Names of files, but those of whole directories once, with a slash."""
    whole = {name.partition("/")[0] for name in taken}
    tops = {
        name if name.partition("/")[0] in whole or "/" not in name else f"{name.partition('/')[0]}/"
        for name in left_out
    }
    return sorted(tops)
