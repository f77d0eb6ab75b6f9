# SPDX-License-Identifier: Apache-2.0
"""The product in a lab: installed by its chart, five nodes at four sites, Triton's real image.

LAB_FOLDER names the data folder of a lab that runs already, to use it rather than to start one; LAB_SHORT=1 shortens
cuts and windows; LAB_ADD=1 keeps the figures of the run before. `make test-lab` and `make test-lab-short` set what they
need.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from demo.world import World
from localcluster.lab import Lab
from tests.e2e.product import figures, installation
from tests.e2e.product.words import Product

SETUP_SECONDS = 1200
"""A cold cache has images to build; the first test pays for it."""
READY_SECONDS = 120
"""From built programs and images to Ready nodes, at most."""
LONGEST = ("test_flapping_links_move_nothing_too_often", "test_a_plant_is_cut_off")
"""Where several labs are at work they are to end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Scenarios wait for minutes: each has its own waits' time limits, and one for all. The longest begin first."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)
            item.add_marker(pytest.mark.timeout(SETUP_SECONDS))


def pytest_configure(config: pytest.Config) -> None:
    """Several workers would take each other's workloads away in a lab that they share."""
    if os.environ.get("LAB_FOLDER") and config.getoption("numprocesses", None):
        raise pytest.UsageError("LAB_FOLDER names one lab: run without -n")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin with no figures, unless LAB_ADD says to add; the workers of a run leave that to who started them."""
    if not hasattr(session.config, "workerinput") and not os.environ.get("LAB_ADD"):
        figures.begin()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was measured."""
    lines = figures.lines()
    if lines:
        terminalreporter.section(f"figures, also in {figures.path()}")
        for line in lines:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product in a lab, every site Connected and every link measured."""
    began = time.monotonic()
    with ExitStack() as stack:
        folder = os.environ.get("LAB_FOLDER")
        archives = [] if folder else installation.archives()
        images_there = time.monotonic() - began
        lab = Lab.attach(Path(folder)) if folder else stack.enter_context(Lab.start(archives=archives))
        nodes_ready = time.monotonic() - began
        installation.install(lab)
        world = World()
        world.follow(installation.observer(lab, tmp_path_factory.mktemp("observer")))
        stack.callback(world.close)
        product = Product(lab, world, short=bool(os.environ.get("LAB_SHORT")))
        product.connected()
        installation.set_prices(lab)
        assert nodes_ready - images_there < READY_SECONDS
        figures.note(
            "set-up",
            images_there_s=images_there,
            nodes_ready_s=nodes_ready,
            measured_s=time.monotonic() - began,
        )
        yield product


@pytest.fixture(scope="module")
def product(installed: Product) -> Iterator[Product]:
    """The product, with everything as the topology says and no workload; afterwards too, where a person goes on."""
    installed.recover()
    yield installed
    if "LAB_FOLDER" in os.environ:
        installed.recover()
