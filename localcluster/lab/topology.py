# SPDX-License-Identifier: Apache-2.0
"""What a lab consists of: sites with their nodes, client hosts and uplinks, read from a YAML file."""

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from localcluster.lab.errors import TopologyError

DEFAULT = Path(__file__).resolve().parent / "topology.yaml"
TIERS = ("Edge", "Fog", "Cloud")
# A name becomes a host name, a Node's name and, for a site, a zone label.
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,29}[a-z0-9])?")
# Machines and switches that every lab has.
OWN = {"backbone"}
# What one /16 holds by the plan of `localcluster.lab.addresses`; a small machine's cores give up much earlier.
MOST_SITES, MOST_HOSTS = 60, 60


@dataclass(frozen=True, slots=True)
class Link:
    """How an uplink behaves; zero means as good as this machine makes it.

    Attributes:
        delay_ms: Added to every round trip over the link, half in each direction.
        jitter_ms: The round trip varies by this much around its mean, normally distributed: 99.7 % lie within.
        loss: Percent of the packets that are lost, in each direction by itself.
        bandwidth_kbit: Limit of each direction, in kilobits a second.
    """

    delay_ms: int = 0
    jitter_ms: int = 0
    loss: float = 0.0
    bandwidth_kbit: int = 0

    def __post_init__(self) -> None:
        """Refuse what no link can be."""
        if min(self.delay_ms, self.jitter_ms, self.bandwidth_kbit) < 0 or not 0 <= self.loss <= 100:  # noqa: PLR2004 -- percent
            raise TopologyError(f"{self} is no link: nothing may be negative, and loss is at most 100 percent.")
        if self.jitter_ms > self.delay_ms:
            raise TopologyError(f"{self} is no link: its jitter may not exceed its delay, since no packet comes early.")


@dataclass(frozen=True, slots=True)
class Site:
    """Hosts that share a network and an uplink."""

    name: str
    tier: str
    region: str
    nodes: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    link: Link = field(default=Link())


@dataclass(frozen=True, slots=True)
class Topology:
    """All sites, and the name of the one in whose network the control plane sits."""

    sites: tuple[Site, ...]
    control_plane: str

    @property
    def nodes(self) -> Iterator[tuple[Site, str]]:
        """Every node with its site, in the file's order."""
        return ((site, name) for site in self.sites for name in site.nodes)

    @property
    def clients(self) -> Iterator[tuple[Site, str]]:
        """Every client host with its site, in the file's order."""
        return ((site, name) for site in self.sites for name in site.clients)

    def site(self, name: str) -> Site:
        """The site of that name.

        Raises:
            TopologyError: There is none.
        """
        for site in self.sites:
            if site.name == name:
                return site
        raise TopologyError(f"No site is called {name!r}; there are {', '.join(site.name for site in self.sites)}.")


def read(path: Path = DEFAULT) -> Topology:
    """Read a topology file.

    Raises:
        TopologyError: It cannot be read, or says something that cannot be built; the message names the place.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise TopologyError(f"The topology file {path} cannot be read: {error}") from error
    try:
        return parse(content)
    except TopologyError as error:
        raise TopologyError(f"{path}: {error}") from error


# The values come from YAML: they are of any kind until checked.
def parse(content: Any) -> Topology:  # noqa: ANN401
    """Check what a topology file holds and turn it into values.

    Raises:
        TopologyError: It cannot be built.
    """
    top = _mapping(content, "the file", {"sites", "controlPlane"})
    sites = tuple(_site(entry) for entry in _list(top.get("sites"), "sites"))
    if not sites:
        raise TopologyError("sites is empty; a lab needs at least one site.")
    topology = Topology(sites, str(top.get("controlPlane", sites[0].name)))
    topology.site(topology.control_plane)
    _refuse_twins(topology)
    return topology


def dump(topology: Topology) -> dict[str, Any]:
    """What `parse` turns into this topology again."""
    return {
        "controlPlane": topology.control_plane,
        "sites": [
            {
                **dataclasses.asdict(site),
                "nodes": list(site.nodes),
                "clients": list(site.clients),
                "link": {key: getattr(site.link, name) for key, (name, _) in LINK_FIELDS.items()},
            }
            for site in topology.sites
        ],
    }


LINK_FIELDS: dict[str, tuple[str, Callable[[Any], float]]] = {
    "delayMilliseconds": ("delay_ms", int),
    "jitterMilliseconds": ("jitter_ms", int),
    "lossPercent": ("loss", float),
    "bandwidthKilobits": ("bandwidth_kbit", int),
}


def _site(entry: object) -> Site:
    known = {found.name for found in dataclasses.fields(Site)}
    values = _mapping(entry, "a site", known)
    name = _name(values.get("name"), "a site's name")
    tier = values.get("tier", "Cloud")
    if tier not in TIERS:
        raise TopologyError(f"tier of site {name} is {tier!r}; it is one of {', '.join(TIERS)}.")
    hosts = {
        kind: tuple(_name(host, f"{kind} of site {name}") for host in _list(values.get(kind, []), f"{kind} of {name}"))
        for kind in ("nodes", "clients")
    }
    return Site(name=name, tier=tier, region=str(values.get("region", "")), link=_link(values.get("link", {})), **hosts)


def _link(entry: object) -> Link:
    values = _mapping(entry, "a link", set(LINK_FIELDS))
    try:
        return Link(**{LINK_FIELDS[key][0]: LINK_FIELDS[key][1](value) for key, value in values.items()})  # type: ignore[arg-type]  # each kind is its own field's
    except (TypeError, ValueError) as error:
        raise TopologyError(f"link {dict(values)} holds something that is no number.") from error


def _refuse_twins(topology: Topology) -> None:
    hosts = [name for _, name in (*topology.nodes, *topology.clients)]
    if OWN & set(hosts):
        raise TopologyError(f"The name {min(OWN & set(hosts))!r} is the lab's own; call the host something else.")
    twins = [name for name, times in Counter(hosts).items() if times > 1]
    twins += [name for name, times in Counter(site.name for site in topology.sites).items() if times > 1]
    if twins:
        raise TopologyError(f"The name {twins[0]!r} is given twice; hosts and sites need names of their own.")
    if len(topology.sites) > MOST_SITES or len(hosts) > MOST_HOSTS:
        raise TopologyError(f"A lab holds at most {MOST_SITES} sites and {MOST_HOSTS} hosts.")


def _mapping(value: object, what: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TopologyError(f"{what} is {value!r}; a mapping with {', '.join(sorted(known))} belongs there.")
    for key in value:
        if key not in known:
            raise TopologyError(f"{what} has an unknown field {key!r}; known are {', '.join(sorted(known))}.")
    return value


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise TopologyError(f"{what} is {value!r}; a list belongs there.")
    return value


def _name(value: object, what: str) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise TopologyError(f"{what} is {value!r}; it is 1 to 31 lower-case letters, digits and hyphens.")
    return value
