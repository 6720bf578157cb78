"""Command line: train, generate, score, inspect, novelty, recipes, push, pull, app, deploy.

With `--json`, standard output holds JSON lines and nothing else. A `UserError`, a full disk and a
missing write permission each print one line to standard error and exit with status 2.
"""

from __future__ import annotations

import errno
import io
import sys
from typing import Annotated, NoReturn

import typer

from ..errors import UserError, escape_invisible
from .app import print_version
from .commands import Commands
from .output import discard_output, note

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# Errors of a disk that is full or write-protected. Any other OSError is a bug.
_DISK_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}

# The exception for a wrong flag: Click's own class, or that of Typer's copy of Click.
_UsageError: type[Exception] = typer.BadParameter.__mro__[2]


def main() -> NoReturn:
    """Run the command that the arguments name, and exit with its status."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal may be ASCII only
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = app(prog_name="charrnn", standalone_mode=False)
        sys.stdout.flush()
    except UserError as error:
        note(error.message)
        sys.exit(2)
    except _UsageError as error:
        if len(sys.argv) > 1:
            note(" ".join(str(error.format_message()).split()))  # type: ignore[attr-defined]
        else:
            error.show()  # type: ignore[attr-defined]  # that is the help
        sys.exit(2)
    except typer.Abort:
        sys.exit(1)
    except BrokenPipeError:  # whoever read our output has stopped
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno not in _DISK_ERRNOS:
            raise
        where = f" to {error.filename}" if isinstance(error.filename, str) else ""
        note(escape_invisible(f"The output could not be written{where}: {error.strerror}."))
        discard_output()
        sys.exit(2)
    sys.exit(status if isinstance(status, int) else 0)


@app.callback()
def charrnn(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=print_version, is_eager=True),
    ] = False,
) -> None:
    """Train character-level RNNs on any text, and generate with them."""
