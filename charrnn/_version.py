"""The version of the package, and those that files of other versions record."""

import re

__version__ = "0.1.0"

_PLAUSIBLE = re.compile(r"[0-9][0-9A-Za-z.+-]{0,19}")


def other_version(recorded: object) -> str | None:
    """Return the version that a file records, where it is a version and not this one's."""
    if not isinstance(recorded, str) or not _PLAUSIBLE.fullmatch(recorded):
        return None
    return None if recorded == __version__ else recorded
