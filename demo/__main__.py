# SPDX-License-Identifier: Apache-2.0
"""`python -m demo [--keep]`: plays the story and ends with 0 only when everything expected was observed."""

import argparse
import signal
import sys
import time
from contextlib import ExitStack

from rich.console import Console

from demo import ending
from demo.checks import Checks
from demo.manifests import SHOW_WINDOWS
from demo.scenario import ACTS
from demo.screen import screen_for
from demo.show import Show
from demo.stage import Stage, raised
from demo.timeline import Timeline
from demo.world import World
from localcluster.errors import LocalClusterError

INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended."""
PLAIN_WIDTH = 160
"""Columns where there is no terminal to ask."""


def main() -> int:
    """Play it; 0: all was observed, 1: something was not, 130: interrupted."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave it running at the end, to play with")
    arguments = parser.parse_args()
    # A polite kill ends like Ctrl-C: through the `with` blocks that take everything down. A shell's background job
    # inherits an ignored SIGINT, and this one takes it all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    try:
        return _play(console, keep=arguments.keep)
    except KeyboardInterrupt:
        console.print("interrupted; everything is taken down")
        return INTERRUPTED
    except LocalClusterError as error:
        console.print(f"the demo could not be set up: {error}", markup=False, style="bold red")
        return 1


def _play(console: Console, *, keep: bool) -> int:
    begun = time.monotonic()
    world = World()
    screen = screen_for(console, world)
    timeline = Timeline(screen.show)
    checks = Checks(world.wait, timeline)
    _introduce(console)
    with ExitStack() as stack:
        with screen:
            stage = stack.enter_context(raised(world, timeline.did))
            for act in ACTS:
                act(Show(stage, checks, timeline))
                screen.pause()
        _tell_the_end(console, stage, checks, timeline)
        taken = time.monotonic() - begun
        ending.tell_verdict(console, checks, taken)
        if keep:
            ending.tell_what_to_try(console, stage)
            signal.pause()
    return 0 if checks.all_passed else 1


def _introduce(console: Console) -> None:
    windows = ", ".join(f"{name} {value}" for name, value in SHOW_WINDOWS.items())
    console.print(
        "Real: control plane, kubectl, operator, agents, every measured latency. Simulated: nodes and their pods,"
        " and the distance between sites.\n"
        f"Windows are shortened for the show ({windows}); in life they are minutes. The same goes for the silence"
        " after which a site counts as cut off.\n",
        markup=False,
        highlight=False,
    )


def _tell_the_end(console: Console, stage: Stage, checks: Checks, timeline: Timeline) -> None:
    ending.tell_timeline(console, timeline)
    ending.tell_decision(console, stage)
    ending.tell_cost(console, stage)
    ending.tell_checks(console, checks)


if __name__ == "__main__":
    sys.exit(main())
