# SPDX-License-Identifier: Apache-2.0
"""Two test runs that start together are never given the same port."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from localcluster import ports

ROOT = Path(__file__).parents[2]


def test_a_port_is_given_to_one_process_only_before_anybody_listens_on_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(ports, "LAST", ports.FIRST + 40)
    ports._ledger.cache_clear()
    mine = set(ports.free_ports(20))

    script = f"from localcluster import ports; ports.LAST = {ports.LAST}; print(*ports.free_ports(10))"
    printed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not mine & {int(port) for port in printed.stdout.split()}
    ports._ledger.cache_clear()


def test_no_port_is_given_twice_however_the_dice_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API server and etcd once got the same: the controllers asked etcd for everything, and found nothing."""
    dice = iter([ports.FIRST + 7, ports.FIRST + 7, ports.FIRST + 8, ports.FIRST + 8, *range(ports.FIRST, ports.LAST)])
    monkeypatch.setattr(random.SystemRandom, "randint", lambda *_: next(dice))
    found = [*ports.free_ports(3), *ports.free_ports(2)]
    assert len(set(found)) == 5
