"""Everything needed to resume a run bit for bit, as one file.

`resume/point.safetensors` is replaced atomically. It holds the weights, the best weights so far,
the optimizer's moments, the hidden state and torch's random state as tensors; counters, sums and
the log as JSON in a tensor of bytes (a header could not hold the log of a long run). The order of
minibatches is not saved: it follows from the seed and the epoch's number.

Its metadata hold a format version and a checksum. A file that is damaged, or of another version or
model, is refused and left as it is.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_safetensors
from torch import Tensor

from .._version import __version__, other_version
from ..errors import Message, UserError
from ..model import ModelConfig, State
from ..utils.atomic import atomic_write
from ..utils.regular_files import DamagedRunUserError, check_file

if TYPE_CHECKING:
    from ..corpus import Corpus
    from .config import TrainingConfig

RESUME_FILE = Path("resume") / "point.safetensors"
_CHANGEABLE_SETTINGS = {
    "epochs",
    "seconds",
    "threads",
    "samples",
    "sample_length",
    "sample_every",
    "prior",
}
# Increment it only when an existing field changes its meaning; a new counter does not count, since
# it has a default.
FORMAT = "4"


@dataclass
class ResumeState:
    """Everything that changes while training. `counters` is JSON.

    `compatibility_key` must be the same when it is restored: see the function of that name.
    `version` is that of the charrnn that wrote it, empty if not recorded.
    """

    weights: dict[str, Tensor]
    best: dict[str, Tensor]
    moments: dict[int, dict[str, Tensor]]
    state: State | None
    random: Tensor
    counters: dict[str, Any]
    compatibility_key: Mapping[str, Any]
    version: str = ""

    def serialize(self) -> bytes:
        """Return the bytes of the file, for `save` to write."""
        tensors = {f"weights.{name}": tensor for name, tensor in self.weights.items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self.best.items()}
        for index, moment in self.moments.items():
            tensors |= {f"moments.{index}.{name}": tensor for name, tensor in moment.items()}
        if self.state is not None:
            parts = self.state if isinstance(self.state, tuple) else (self.state,)
            tensors |= {f"state.{i}": part for i, part in enumerate(parts)}
        tensors["random"] = self.random
        tensors["counters"] = json_tensor(self.counters)
        whole = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
        compatibility_key = json.dumps(dict(self.compatibility_key))
        metadata = {
            "format": FORMAT,
            "charrnn_version": __version__,
            "made_for": compatibility_key,  # the settings and the text that the state belongs to
            "checksum": checksum_of(whole, compatibility_key + __version__),
        }
        return to_safetensors(whole, metadata)

    @classmethod
    def load(cls, directory: Path, compatibility_key: Mapping[str, Any]) -> ResumeState | None:
        """Load the state saved in a run's directory, None if there is none.

        Raises UserError for one that is damaged, of another version, or made with other settings.
        """
        path = directory / RESUME_FILE
        if not os.path.lexists(path):
            return None
        try:
            check_file(path)
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, DamagedRunUserError) as error:
            raise resume_refused(
                Message("{path} is damaged", path=RESUME_FILE.as_posix())
            ) from error
        if metadata.get("format") != FORMAT:
            raise from_another_version(RESUME_FILE.as_posix(), metadata.get("charrnn_version"))
        settings, version = metadata.get("made_for", ""), metadata.get("charrnn_version", "")
        if metadata.get("checksum") != checksum_of(tensors, settings + version):
            raise resume_refused(Message("{path} is damaged", path=RESUME_FILE.as_posix()))
        with restore_errors(version):
            before = dict(json.loads(settings))
            point = cls._assemble(tensors, before)
            point.version = version
        changed = [
            name
            for name in before
            if name in compatibility_key and before[name] != compatibility_key[name]
        ]
        if changed:
            raise resume_refused(
                Message(
                    "{path} belongs to a run with another {name}",
                    path=RESUME_FILE.as_posix(),
                    name=changed[0],
                )
            )
        return point

    @classmethod
    def _assemble(
        cls, tensors: dict[str, Tensor], compatibility_key: Mapping[str, Any]
    ) -> ResumeState:
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _with_prefix("moments", tensors).items():
            index, _, key = name.partition(".")
            moments.setdefault(int(index), {})[key] = tensor
        # A copy lies in memory as torch would have put it, on which its arithmetic may depend.
        parts = tuple(part.clone() for part in _with_prefix("state", tensors).values())
        state: State | None = parts[0] if len(parts) == 1 else (parts or None)  # type: ignore[assignment]
        return cls(
            _with_prefix("weights", tensors),
            _with_prefix("best", tensors),
            moments,
            state,
            tensors["random"],
            json.loads(tensors["counters"].numpy().tobytes()),
            compatibility_key,
        )


def save(data: bytes, directory: Path) -> None:
    """Write serialized state into a run's directory."""
    path = directory / RESUME_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, data)


def compatibility_key(
    corpus: Corpus, model: ModelConfig, training: TrainingConfig, start: str | None = None
) -> dict[str, Any]:
    """Return what must not change between saving and resuming: the text and most settings.

    Settings that do not affect the arithmetic are left out. `start` is a hash of the model that the
    run started from.
    """
    settings = asdict(model) | asdict(training)
    return {k: v for k, v in settings.items() if k not in _CHANGEABLE_SETTINGS} | {
        "text": corpus.sha256(),
        "start": start,
    }


@contextmanager
def restore_errors(version: str) -> Iterator[None]:
    """Turn errors while restoring into a UserError: what does not fit is from another version."""
    try:
        yield
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise from_another_version(RESUME_FILE.as_posix(), version) from error


def from_another_version(file: str, recorded: object) -> UserError:
    """Build the error for a file that another version wrote, naming that version."""
    if not (version := other_version(recorded)):
        return resume_refused(
            Message("{path} was written by another version of charrnn", path=file)
        )
    return resume_refused(
        Message(
            "{path} was written by charrnn {theirs}; this is {ours}",
            path=file,
            theirs=version,
            ours=__version__,
        )
    )


def resume_refused(why: str) -> UserError:
    """Build the error for a run that cannot be resumed; nothing has been touched."""
    return UserError(
        "This run cannot be resumed: {why}. What it has saved is kept; start a new run.",
        why=why,
        field="resume",
    )


def checksum_of(tensors: Mapping[str, Tensor], metadata: str) -> str:
    """Compute a checksum of all tensors, in any order, and of the metadata."""
    total = zlib.crc32(metadata.encode())
    for name in sorted(tensors):
        data = tensors[name].reshape(-1).view(torch.uint8).numpy().data
        total = zlib.crc32(data, zlib.crc32(name.encode(), total))
    return f"{total:08x}"


def json_tensor(counters: dict[str, Any]) -> Tensor:
    """Encode counters as JSON in a tensor of bytes."""
    return torch.frombuffer(bytearray(json.dumps(counters), "utf-8"), dtype=torch.uint8)


def moments_of(optimizer: torch.optim.Optimizer) -> dict[int, dict[str, Tensor]]:
    """Return the optimizer's state of each parameter, by the parameter's index."""
    state: dict[int, dict[str, Tensor]] = optimizer.state_dict()["state"]
    return {
        index: {key: value.cpu() for key, value in entry.items() if isinstance(value, Tensor)}
        for index, entry in state.items()
    }


def restore_moments(
    optimizer: torch.optim.Optimizer, moments: dict[int, dict[str, Tensor]]
) -> None:
    """Load what `moments_of` returned into an optimizer."""
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": groups})
    for parameter, entry in optimizer.state.items():
        for name, moment in entry.items():  # in memory as torch would have put it
            if moment.shape == parameter.shape:
                entry[name] = torch.empty_like(parameter.detach()).copy_(moment)


def _with_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = prefix + "."
    return {name[len(start) :]: tensors[name] for name in sorted(tensors) if name.startswith(start)}
