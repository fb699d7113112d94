"""A workspace over the network is refused: locks cannot be trusted there."""

import subprocess
import sys

import pytest
from network_disk import network_disk
from noop_grids import PFT, SETTINGS

from pft_tui.store.lock import file_system_of


@pytest.fixture
def remote(tmp_path):
    """A folder with a pft.toml on a mount that comes over the network, as far as the kernel says."""
    folder = tmp_path / "remote"
    folder.mkdir()
    try:
        disk = network_disk(folder, "pft.toml", SETTINGS.encode())
        disk.__enter__()
    except OSError as error:
        pytest.skip(f"no FUSE file system can be mounted here: {error}")
    yield folder
    disk.__exit__(None, None, None)


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "pft_tui.daemon", "REMOTE"],
        [*PFT, "up", "--foreground", "--workspace", "REMOTE"],
        [*PFT, "doctor", "--workspace", "REMOTE"],
    ],
)
def test_a_workspace_over_the_network_is_refused(remote, command):
    assert file_system_of(remote) == "fuse.sshfs"
    refused = subprocess.run(
        [word.replace("REMOTE", str(remote)) for word in command], capture_output=True, text=True, timeout=120
    )
    said = " ".join((refused.stdout + refused.stderr).split())
    assert refused.returncode == 1, said
    assert "fuse.sshfs" in said
    assert "make the workspace on a local disk" in said
    assert "Traceback" not in said
