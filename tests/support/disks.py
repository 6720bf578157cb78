"""Small disks of a test's own: the fixture is taken by assignment, `disk = disks.disk`."""

import subprocess

import pytest


@pytest.fixture
def disk(tmp_path):
    """Mounts a disk of its own: `disk(size, read_only=…)` is where. Needs the right to."""
    mounted = []

    def make(size="64k", *, read_only=False):
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        options = f"size={size}" + (",ro" if read_only else "")
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=30)
        except OSError as error:
            pytest.skip(f"cannot mount a disk of its own: {error}")
        if done.returncode:
            pytest.skip(f"cannot mount a disk of its own: {done.stderr.decode().strip()}")
        mounted.append(place)
        return place

    yield make
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], capture_output=True, timeout=30)
