# SPDX-License-Identifier: Apache-2.0
"""Shows the story: a live picture on a terminal, plain lines anywhere else."""

from collections import deque
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from demo.board import board
from demo.timeline import Entry, Kind
from demo.world import World

REFRESH_PER_SECOND: Final = 2
"""Often enough to see a move; each picture costs a few milliseconds of the two cores that all share."""
FEWEST_LINES: Final = 3
"""Lines of the story below the picture on a terminal that is too low for both."""
LINES_KEPT: Final = 40
"""More than any terminal shows below the picture."""

SIGNS: Final = {Kind.ACT: "##", Kind.DID: "->", Kind.SAW: "ok", Kind.MISSED: "!!"}
STYLES: Final = {Kind.ACT: "bold cyan", Kind.DID: "yellow", Kind.SAW: "green", Kind.MISSED: "bold red"}


def as_line(entry: Entry) -> str:
    """One entry of the timeline as plain text."""
    took = f" [{entry.seconds:.1f} s]" if entry.seconds else ""
    seen = f" ({entry.seen})" if entry.seen else ""
    return f"{entry.at:6.1f} s {SIGNS[entry.kind]} {entry.text}{took}{seen}"


class PlainScreen:
    """One line an entry, and the picture at the end of each act: for pipes, logs and CI."""

    def __init__(self, console: Console, world: World) -> None:
        """Write to this console."""
        self._console, self._world = console, world

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put back."""

    def show(self, entry: Entry) -> None:
        """Print a new entry."""
        if entry.kind is Kind.ACT:
            self._console.print("")
        self._console.print(as_line(entry), markup=False, highlight=False, soft_wrap=True)

    def pause(self) -> None:
        """An act is over: show where everything is."""
        self._console.print(board(self._world))


class LiveScreen:
    """The picture, always fresh, above the newest lines of the story."""

    def __init__(self, console: Console, world: World) -> None:
        """Draw on this terminal."""
        self._console, self._world = console, world
        self._lines: deque[Text] = deque(maxlen=LINES_KEPT)
        self._live = Live(
            get_renderable=self._picture, console=console, refresh_per_second=REFRESH_PER_SECOND, transient=True
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, entry: Entry) -> None:
        """Add a new entry below the picture."""
        self._lines.append(Text(as_line(entry), style=STYLES[entry.kind], no_wrap=True, overflow="ellipsis"))

    def pause(self) -> None:
        """Nothing: the picture is always there."""

    def _picture(self) -> Group:
        picture = board(self._world)
        rows = len(self._console.render_lines(picture, pad=False))
        room = max(FEWEST_LINES, self._console.height - rows - 2)
        return Group(picture, Text(""), *list(self._lines)[-room:])


def screen_for(console: Console, world: World) -> PlainScreen | LiveScreen:
    """A live picture where there is a terminal, lines elsewhere."""
    return LiveScreen(console, world) if console.is_terminal else PlainScreen(console, world)
