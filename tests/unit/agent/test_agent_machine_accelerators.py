# SPDX-License-Identifier: Apache-2.0
"""The driver's library is asked for its devices through its real calling conventions, where it is there.

No GPU was at hand: a stand-in with the same functions, compiled from C, takes the library's place.
"""

import ctypes
import logging
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiworkload.agent.nvml import LIBRARY, AcceleratorUse, Nvml
from aiworkload.api.node_report import AcceleratorReport

SOURCE = Path(__file__).parent / "nvml_stand_in.c"


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: NVIDIA's library cannot be stood in for")
    library = tmp_path_factory.mktemp("nvml") / LIBRARY
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, SOURCE], check=True)
    return lambda name: ctypes.CDLL(str(library.with_name(name)))


def test_each_device_tells_its_use_and_its_memory(load: Callable[[str], Any]) -> None:
    assert Nvml(load).look() == (
        AcceleratorUse("GPU-0", 87, 16 * 1024, 9 * 1024),
        AcceleratorUse("GPU-1", None, 16 * 1024, 256),
    )


def test_a_driver_that_does_not_answer_is_said_once_and_asked_again(
    load: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    nvml = Nvml(load)
    monkeypatch.setenv("NVML_STAND_IN_FAILS", "yes")
    with caplog.at_level(logging.WARNING):
        assert [nvml.look(), nvml.look()] == [(), ()]
    assert caplog.text.count("nvmlInit_v2 answered 9") == 1
    monkeypatch.delenv("NVML_STAND_IN_FAILS")
    assert len(nvml.look()) == 2


def test_a_machine_without_the_library_has_no_such_devices() -> None:
    def missing(name: str) -> ctypes.CDLL:
        raise OSError(f"{name}: cannot open shared object file")

    assert Nvml(missing).look() == ()


@pytest.mark.parametrize(
    ("use", "memory_used", "busy"), [(0, 0, False), (49, 799, False), (50, 0, True), (None, 800, True)]
)
def test_a_device_is_busy_when_it_computes_or_keeps_memory_for_somebody(
    use: int | None, memory_used: int, *, busy: bool
) -> None:
    report = AcceleratorReport(
        uuid="GPU-0", use_percent=use, memory_mebibytes=16_000, memory_used_mebibytes=memory_used
    )
    assert report.is_busy is busy
