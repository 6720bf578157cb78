"""Command `deploy`: put this repository on the Hub as a Space.

Uploaded are the files that the app runs with, those by which pip installs the package from the
Space, and the documents. In a git checkout these are the tracked files, as they are in the working
tree; in a downloaded archive, all files in the same places.
"""

from __future__ import annotations

import subprocess
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import typer

from ..errors import UserError
from ..utils.process import without_secrets
from ..utils.space import ZEROGPU
from .output import note, show_transfer

ROOT = Path(__file__).resolve().parents[2]

_REQUIRED = {"app.py", "README.md", "requirements.txt", "charrnn/__init__.py"}
_UPLOADED = (  # patterns, whose asterisks match slashes too
    *("app.py", "requirements.txt", "charrnn/*", "checkpoints/*"),
    *("pyproject.toml", "Dockerfile"),  # pip installs the package from a Space
    *("README.md", "docs/*", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE"),
    *("SECURITY.md", "benchmarks/*.md"),
)


def deploy_app(
    space: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Name of the Space.")],
    private: Annotated[
        bool, typer.Option("--private", help="Create it as private; a public one is refused.")
    ] = False,
    hardware: Annotated[
        str | None,
        typer.Option(help=f"Hardware, such as cpu-basic, or {ZEROGPU} for ZeroGPU."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be uploaded, without uploading it.")
    ] = False,
) -> None:
    """Put this app on the Hub as a Space, or update it there."""
    from .. import hub
    from ..hub.space import check, deploy

    hub.quiet()
    check(space, hardware)
    names, notes = select_files(ROOT)
    files = {name: (ROOT / name).read_bytes() for name in names}
    width = max(map(len, files))
    for name, data in files.items():
        note(f"{name:{width}}{len(data):>12,} bytes")
    note(f"{len(files)} files, {sum(map(len, files.values())):,} bytes")
    for line in notes:
        note(line)
    if dry_run:
        return
    with show_transfer("uploading") as progress:
        done = deploy(files, space, private=private, hardware=hardware, progress=progress)
    for name in done.removed:
        note(f"{name} was removed from the Space")
    if not done.changed and not done.removed:
        note("nothing has changed since the last deployment: no commit was made")
    print(done.url)


def select_files(root: Path) -> tuple[list[str], list[str]]:
    """Return the sorted names of the files to upload, and notes on those that are left out.

    Symbolic links are left out. Raises UserError if `root` is not a checkout of the repository.
    """
    if not all((root / name).is_file() for name in _REQUIRED):
        raise UserError(
            "Only a checkout of the charrnn repository can be deployed, and this charrnn was "
            "installed without one: clone the repository, and run the command in it.",
            field="space",
        )
    tracked = _git_files(root)
    in_git = tracked >= _REQUIRED
    found = tracked if in_git else _visible_files(root)
    names = {
        name
        for name in filter(_is_uploaded, found)
        if (root / name).is_file() and not _is_link(root, name)
    }
    if not in_git:
        return sorted(names), ["git does not track this directory: all files in it are taken"]
    notes = []
    if left_out := _summarize({name for name in found if not _is_uploaded(name)}, names):
        notes.append(f"not needed in the Space: {', '.join(left_out)}")
    untracked = _git_files(root, "--others", "--exclude-standard")
    if new := sorted(filter(_is_uploaded, untracked)):
        notes.append(f"not tracked by git, so left out: {', '.join(new)}")
    return sorted(names), notes


def _git_files(root: Path, *options: str) -> set[str]:
    """Return the names that `git ls-files` lists; none without git or outside of a checkout."""
    try:
        listing = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", *options],
            capture_output=True, timeout=60, check=True, env=without_secrets(),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return set()
    return {name for name in listing.stdout.decode("utf-8", "replace").split("\0") if name}


def _visible_files(root: Path) -> set[str]:
    """Return the names of all files at the places of `_UPLOADED`, but hidden and compiled ones."""
    found = set()
    for place in (place for pattern in _UPLOADED for place in root.glob(pattern)):
        for path in (place, *place.rglob("*")):
            name = path.relative_to(root).as_posix()
            hidden = any(step.startswith((".", "__pycache__")) for step in name.split("/"))
            if path.is_file() and not hidden and path.suffix != ".pyc":
                found.add(name)
    return found


def _is_uploaded(name: str) -> bool:
    """Return whether a file matches one of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in _UPLOADED)


def _is_link(root: Path, name: str) -> bool:
    """Return whether a file, or a directory above it within `root`, is a symbolic link."""
    path = root / name
    return any(
        step.is_symlink() for step in (path, *path.parents) if step != root and root in step.parents
    )


def _summarize(left_out: set[str], taken: set[str]) -> list[str]:
    """Return the sorted names of files that are left out.

    A top-level directory from which no file is taken stands for all of its files.
    """
    partly_taken = {name.partition("/")[0] for name in taken}
    shown = {
        name if (top := name.partition("/")[0]) in partly_taken or "/" not in name else f"{top}/"
        for name in left_out
    }
    return sorted(shown)
