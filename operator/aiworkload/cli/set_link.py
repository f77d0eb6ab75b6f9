# SPDX-License-Identifier: Apache-2.0
"""`--set-link plant-7:fog-1=40ms`: what if this link took so long?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from aiworkload.cli.output import BadInputError
from aiworkload.snapshot.document.what_if import with_link
from aiworkload.snapshot.snapshot import Snapshot

_FORM: Final = re.compile(r"^(?P<one>[^:=]+):(?P<other>[^:=]+)=(?P<amount>[0-9]+(\.[0-9]+)?)(?P<unit>us|ms|s)$")
_MICROSECONDS: Final = {"us": 1, "ms": 1000, "s": 1_000_000}
_LONGEST: Final = 60_000_000
"""A minute in microseconds: as a NodeReport, where a longer round trip is a loss."""


@dataclass(frozen=True, slots=True)
class SetLink:
    """A round trip by the user's word."""

    one: str
    other: str
    microseconds: int


def parse_set_link(text: str) -> SetLink:
    """One option's value.

    Raises:
        typer.BadParameter: it is none; the sentence shows one that is.
    """
    found = _FORM.match(text)
    if found is None:
        raise typer.BadParameter(
            f"'{text}' is no link: write two sites and a round trip, for example plant-7:fog-1=40ms"
        )
    microseconds = round(float(found["amount"]) * _MICROSECONDS[found["unit"]])
    if microseconds > _LONGEST or found["one"] == found["other"]:
        raise typer.BadParameter(f"'{text}' is no link: name two different sites and at most 60s")
    return SetLink(found["one"], found["other"], microseconds)


SetLinks = Annotated[
    list[SetLink] | None,
    typer.Option(
        "--set-link",
        metavar="SITE:SITE=TIME",
        parser=parse_set_link,
        help="What if this link took so long? For example plant-7:fog-1=40ms. May be repeated.",
    ),
]


def with_links(snapshot: Snapshot, links: Sequence[SetLink]) -> Snapshot:
    """The snapshot with these round trips.

    Raises:
        BadInputError: there is no such Site.
    """
    for link in links:
        for site in (link.one, link.other):
            if site not in snapshot.sites:
                known = ", ".join(sorted(snapshot.sites)) or "none at all"
                raise BadInputError(f"--set-link names '{site}', but there is no such Site: there is {known}")
        snapshot = with_link(snapshot, link.one, link.other, link.microseconds)
    return snapshot
