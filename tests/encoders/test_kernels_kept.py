"""Kernels that a CPU has prepared for one shape of input are still there after many others."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import torch
from pft_tui.encoders.load import load_encoder
from pft_tui.encoders.ragged import Ragged

torch.set_num_threads(1)
encoder = load_encoder("random:tiny").train()
for _ in range(2):
    print("pass", flush=True)
    for width in range(8000, 72000, 1600):
        encoder(Ragged.full(torch.ones(1, width))).pooled().sum().backward()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="oneDNN serves PyTorch on Linux")
def test_no_kernel_is_prepared_twice(tmp_path):
    environment = {"ONEDNN_VERBOSE": "profile_create", "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    _, first, second = done.stdout.split("pass\n")
    assert first.count("create:cache_miss") > 1024
    assert second.count("create:cache_miss") == 0
