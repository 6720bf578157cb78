"""Tell which licenses apply to all models that are made from a model."""

from __future__ import annotations

# Licenses under which a model made from another may have any license. Others demand their own.
_PERMISSIVE = frozenset(
    {
        *("apache-2.0", "mit", "isc", "zlib", "bsd", "bsd-2-clause", "bsd-3-clause", "psf-2.0"),
        *("unlicense", "wtfpl", "cc0-1.0", "pddl", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0"),
        *("cdla-permissive-1.0", "cdla-permissive-2.0", "afl-3.0", "artistic-2.0", "bsl-1.0"),
    }
)


def demands_its_license(license_name: str | None) -> bool:
    """Return whether a model made from one under this license must have the same license."""
    return license_name is not None and license_name not in _PERMISSIVE
