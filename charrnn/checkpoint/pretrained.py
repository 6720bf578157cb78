"""The methods `from_pretrained`, `save_pretrained` and `push_to_hub`, as in other libraries.

They call `charrnn.load`, `charrnn.save` and `charrnn.push_to_hub`. Some of these are in layers
above this one, so they are imported when a method is called.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..hub import Pushed
    from . import Checkpoint

Progress = Callable[[int, "int | None"], None]


class PretrainedMethods:
    """The base class of `Checkpoint` that has these methods."""

    @classmethod
    def from_pretrained(
        cls,
        where: str | Path,
        *,
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        local_files_only: bool = False,
        progress: Progress | None = None,
    ) -> Checkpoint:
        """Open a model by its path, its name or its id on the Hub, as `charrnn.load` does."""
        from ..loading import load

        return load(
            where, revision=revision, token=token, cache_dir=cache_dir,
            local_files_only=local_files_only, progress=progress,
        )  # fmt: skip

    def save_pretrained(self: Any, directory: str | Path, *, dtype: str | None = None) -> Path:
        """Write the model into a directory, as `charrnn.save` does, and return its path."""
        from . import save

        return save(self, directory, dtype=dtype)

    def push_to_hub(
        self: Any,
        repo: str,
        *,
        private: bool = False,
        token: str | Literal[True] | None = None,
        license: str | None = None,
        space: str | None = None,
        line_hashes: bool = False,
        progress: Progress | None = None,
    ) -> Pushed:
        """Upload the model to the Hub, as `charrnn.push_to_hub` does."""
        from ..loading import push_to_hub

        return push_to_hub(
            self, repo, private=private, token=token, license=license, space=space,
            line_hashes=line_hashes, progress=progress,
        )  # fmt: skip
