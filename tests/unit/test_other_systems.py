"""Windows and macOS, as far as reading the source can tell: what only POSIX has is guarded."""

import ast
import os
import sys

import pytest
from conftest import ROOT

from charrnn.utils.atomic import atomic_write

# Modules that Windows lacks.
POSIX_MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "termios"}
# Names in `os` and `signal` that Windows lacks.
POSIX_NAMES = {
    *("chown", "fork", "forkpty", "getpgid", "getuid", "getgid", "killpg", "mkfifo", "nice"),
    *("pread", "pwrite", "sched_getaffinity", "sched_param", "sched_setscheduler", "setsid"),
    *("statvfs", "sysconf", "uname", "wait", "waitpid", "wait3", "wait4", "WNOHANG"),
    *("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "SCHED_BATCH", "posix_fadvise"),
    *("SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGALRM", "SIGPIPE", "SIGSTOP"),
    *("alarm", "pause", "pthread_sigmask", "setitimer", "SIG_BLOCK", "SIG_SETMASK"),
}
# Where they are used all the same, and what guards them.
GUARDED = {
    ("runs/launcher.py", "pthread_sigmask"): 'hasattr(signal, "pthread_sigmask")',
    ("runs/launcher.py", "SIG_BLOCK"): 'hasattr(signal, "pthread_sigmask")',
    ("runs/launcher.py", "SIG_SETMASK"): 'hasattr(signal, "pthread_sigmask")',
    ("runs/zerogpu.py", "SIGKILL"): "SPACES_ZERO_GPU",  # a Space runs on Linux
    ("utils/file_locks.py", "O_CLOEXEC"): "if fcntl is None",
    ("utils/file_locks.py", "O_NONBLOCK"): "if fcntl is None",
    ("utils/process.py", "nice"): 'hasattr(os, "nice")',
    ("utils/process.py", "sched_getaffinity"): 'hasattr(os, "sched_getaffinity")',
    ("utils/process.py", "SCHED_BATCH"): 'hasattr(os, "SCHED_BATCH")',
    ("utils/process.py", "sched_param"): 'hasattr(os, "SCHED_BATCH")',
    ("utils/process.py", "sched_setscheduler"): 'hasattr(os, "SCHED_BATCH")',
    ("utils/temporary.py", "getuid"): 'hasattr(os, "getuid")',
}


# Who renames: to a new path only. What may replace a file is `atomic.replace`, or Path.replace.
RENAMES = {
    ("runs/uploads.py", "gathering.rename"),
    ("ui/run_card/recent_runs.py", "run.rename"),  # gives a run another title
    ("utils/atomic.py", "path.rename"),
    ("utils/atomic.py", "temporary.rename"),
}


def sources():
    for file in [ROOT / "app.py", *sorted((ROOT / "charrnn").rglob("*.py"))]:
        name = file.relative_to(ROOT).as_posix().removeprefix("charrnn/")
        text = file.read_text(encoding="utf-8")
        yield name, text, ast.parse(text)


def test_what_windows_lacks_is_used_behind_a_guard_only():
    used = set()
    for name, text, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or node.attr not in POSIX_NAMES:
                continue
            if isinstance(node.value, ast.Name) and node.value.id in ("os", "signal"):
                used.add((name, node.attr))
                assert GUARDED.get((name, node.attr), "no guard") in text, (name, node.attr)
    assert used == set(GUARDED)


def test_modules_that_windows_lacks_are_imported_where_that_may_fail():
    found = {}
    for name, _, tree in sources():
        attempts = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Try)
            or (isinstance(node, ast.With) and "suppress(ImportError" in ast.unparse(node.items[0]))
        ]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import) and (
                modules := {alias.name for alias in node.names} & POSIX_MODULES
            ):
                (module,) = modules
                found[name, module] = any(node in attempt.body for attempt in attempts)
    assert found == {
        ("extraction/__main__.py", "resource"): True,
        ("utils/file_locks.py", "fcntl"): True,
        ("utils/process.py", "resource"): True,
    }


def test_files_are_read_and_written_as_utf_8():
    """The encoding of Windows is another one unless it is given."""
    for name, _, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", None))
            if called == "read_text" or (
                called == "write_text" and "/proc" not in ast.unparse(node)
            ):
                given = {keyword.arg for keyword in node.keywords}
                positions = 1 if called == "read_text" else 2
                assert "encoding" in given or len(node.args) >= positions, (name, node.lineno)


def test_files_are_opened_as_bytes_or_as_utf_8():
    """In text mode, Windows writes line ends of its own as well."""
    for name, _, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            modes = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
            if called == "open" or (called.endswith(".open") and set(modes) & {"r", "w", "a", "x"}):
                given = {keyword.arg for keyword in node.keywords}
                binary = any("b" in str(mode) for mode in modes)
                assert binary or "encoding" in given, (name, node.lineno)


def test_only_what_is_new_is_renamed():
    """On Windows, rename does not replace a file."""
    found = {
        (name, ast.unparse(node))
        for name, _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("rename", "renames")
    }
    assert found == RENAMES


def test_a_file_that_is_being_read_is_replaced_a_little_later_on_windows(tmp_path, monkeypatch):
    refusals = iter([PermissionError, PermissionError])
    move = os.replace

    def busy_twice(source, target):
        for error in refusals:
            raise error
        move(source, target)

    monkeypatch.setattr(os, "replace", busy_twice)
    with pytest.raises(PermissionError):
        atomic_write(tmp_path / "run.json", b"{}")
    monkeypatch.setattr(sys, "platform", "win32")
    atomic_write(tmp_path / "run.json", b"{}")
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
