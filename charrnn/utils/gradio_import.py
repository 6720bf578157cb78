"""Import Gradio in two thirds of the time.

As it is imported, Gradio writes an interface file (`.pyi`) for editors beside each of its
components, and parses its own sources for that. The app needs none of them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

_MODULE, _FUNCTION = "gradio.component_meta", "create_or_modify_pyi"


def skip_interface_files() -> None:
    """Let Gradio write no interface files when it is imported later in this process."""
    loaded = _MODULE in sys.modules or any(isinstance(one, _Finder) for one in sys.meta_path)
    if not loaded:
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Replaces the function that writes the files, right after its module has been executed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the module of that function, as usual, and no other."""
        if name != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_replace(module: ModuleType) -> None:
                execute(module)
                if hasattr(module, _FUNCTION):
                    setattr(module, _FUNCTION, lambda *component: None)

            spec.loader.exec_module = execute_and_replace  # type: ignore[method-assign]
        return spec
