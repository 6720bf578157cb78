"""Disk quotas: how much of the server's disk each user takes, and what happens at the limit.

Runs count (an active one with all that it may still write), and so do uploaded checkpoints and
temporary files: uploaded texts and files made for download. A quota belongs to one client. All
clients of one network address together have `ADDRESS_SHARE` of the disk space at most, since a
caller can have any number of clients. What has no known owner counts for the whole only.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError
from ..utils.regular_files import DamagedRunUserError
from ..utils.secret_key import read_key
from .admission import check_room, check_room_again, directory_bytes, needed_bytes, remaining_bytes
from .limits import Limits
from .manifest import disk_errors_as_user_errors
from .owned_files import OwnedFiles
from .owners import Owner, OwnerRecord
from .plan import RunPlan
from .retention import UPLOADS_FOLDER, all_runs
from .run import Run

Reserve = Callable[[int], None]
ADDRESS_SHARE = 0.5  # of the disk space for all users


class DiskQuotas:
    """The disk quotas of an app's users. Thread-safe."""

    def __init__(self, root: Path, limits: Limits) -> None:
        self._root, self._limits = root, limits
        self._key = read_key(root)
        self.files = OwnedFiles()
        self._pending: Counter[Owner] = Counter()  # reserved bytes that are not written yet
        self._admitting = threading.Lock()  # one check at a time: each reads all directories
        self._lock = threading.Lock()  # guards `_pending`

    def owner(self, client_id: str) -> Owner:
        """Return the owner with this client id."""
        return Owner.of(client_id, self._key)

    def create_run(self, plan: RunPlan, client_id: str, run_id: str | None) -> Run:
        """Create a run of a user, and reserve all bytes that it may write.

        `run_id` is as in `Run.create`. Raises UserError if there is no room for it.
        """
        owner, needed = self.owner(client_id), needed_bytes(plan)
        with self.reserving(owner, field="run") as reserve:
            reserve(needed)
            check_room(needed, self._used() - needed, self._limits)
            record = OwnerRecord(owner.client, owner.address, needed)
            return Run.create(self._root, plan, run_id, record)

    def reserve_for_resume(self, run: Run, client_id: str) -> None:
        """Reserve what a resumed run may write, for its owner, or for the user if it has none.

        Raises UserError if there is no room for it.
        """
        record, needed = OwnerRecord.read(run.directory), remaining_bytes(run)
        owner = self.owner(client_id) if record is None else record.owner
        with self.reserving(owner, field="run") as reserve, disk_errors_as_user_errors():
            reserve(needed)
            check_room_again(needed, self._used() - needed, self._limits)
            whole = directory_bytes(run.directory) + needed
            OwnerRecord(owner.client, owner.address, whole).write(run.directory)

    @contextmanager
    def reserving(self, owner: Owner, *, field: str) -> Iterator[Reserve]:
        """Yield a function that reserves bytes for an owner until the end of the block.

        By then they must be on the disk and recorded as the owner's. The function raises UserError,
        for this field, if they exceed the owner's quota. Old temporary files of the owner are
        deleted first to make room.
        """
        reserved = 0

        def reserve(size: int) -> None:
            nonlocal reserved
            with self._admitting:
                self._check(owner, size, field)
                reserved += size
                with self._lock:
                    self._pending[owner] += size

        try:
            yield reserve
        finally:
            with self._lock:
                self._pending[owner] -= reserved
                self._pending += Counter()  # drop owners without reserved bytes

    def _used(self) -> int:
        """Return how many bytes are used or reserved."""
        if self._limits.disk_bytes is None:
            return 0
        runs = [(run, OwnerRecord.read(run.directory)) for run in all_runs(self._root)]
        unwritten = sum(_unwritten(run, record) for run, record in runs if record is not None)
        with self._lock:
            pending = self._pending.total()
        return directory_bytes(self._root) + unwritten + pending

    def _check(self, owner: Owner, needed: int, field: str) -> None:
        quota = self._limits.disk_bytes_per_visitor
        if quota is None:
            return
        if needed > quota:
            raise UserError(
                "This needs {needed} MB, and each user has {most} MB here. Choose a smaller "
                "text or model.",
                needed=_mb(needed),
                most=_mb(quota),
                field=field,
            )
        own, network = self._used_by(owner)
        if own + needed > quota:
            own -= self.files.make_room(owner, own + needed - quota)
        if own + needed > quota:
            raise UserError(
                "Your runs, models and files take up {used} of the {most} MB that you have "
                "here, and this needs {needed} MB more. Delete some of your runs or models, or "
                "wait until old ones have been removed.",
                used=_mb(own),
                most=_mb(quota),
                needed=_mb(needed),
                field=field,
            )
        whole = self._limits.disk_bytes
        if whole is not None and network + needed > max(quota, ADDRESS_SHARE * whole):
            raise UserError(
                "The runs, models and files of your network take up all the space that one "
                "network has here. Delete some of yours, or wait until old ones have been "
                "removed.",
                field=field,
            )

    def _used_by(self, owner: Owner) -> tuple[int, int]:
        """Return the bytes used by an owner, and by all owners of the same address."""
        with self._lock:
            own = self._pending[owner]
            network = sum(n for one, n in self._pending.items() if one.address == owner.address)
        for other, size in self._owned(owner.address):
            network += size
            own += size if other == owner.client else 0
        return own, network

    def _owned(self, address: str) -> Iterator[tuple[str, int]]:
        """Yield the client and the size in bytes of everything that belongs to an address."""
        for run in all_runs(self._root):
            record = OwnerRecord.read(run.directory)
            if record is None or record.address != address:
                continue
            yield record.client, directory_bytes(run.directory) + _unwritten(run, record)
        for upload in (self._root / UPLOADS_FOLDER).glob("[!.]*"):
            record = OwnerRecord.read(upload)
            if record is not None and record.address == address:
                yield record.client, directory_bytes(upload)
        yield from self.files.of_address(address)


def _unwritten(run: Run, record: OwnerRecord) -> int:
    """Return how many of a run's reserved bytes it has not written yet."""
    try:
        return (
            max(0, record.reserved_bytes - directory_bytes(run.directory)) if run.is_active else 0
        )
    except DamagedRunUserError:  # it will write no more
        return 0


def _mb(size: float) -> str:
    return f"{max(size / (1 << 20), 0.1):,.1f}"
