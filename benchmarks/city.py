# SPDX-License-Identifier: Apache-2.0
"""A city for replays: edge sites and users as they truly stand in Melbourne, three gateways, two clouds, and workloads.

Sites. 24 base stations of the EUA data set (`traces/`), three fog gateways at the centres of gravity of their west,
middle and east thirds, a cloud in Sydney (713 km) and one in Singapore (6,050 km). A client site is an edge site.

Nodes, the same for all rivals: an edge site has one of 4 cores and 16 GiB, a gateway one of 16 cores and 64 GiB,
Sydney four and Singapore two of 32 cores and 128 GiB. Prices of a node's hour, from what clouds ask on demand for such
machines: 0.048 a core in Sydney (m5.xlarge and its likes), 20 % less in Singapore, a quarter more at a gateway, 35 %
more at the edge (as Wavelength zones ask over their region). A gibibyte that leaves costs 0.09 in the clouds, 0.02 at
gateways, nothing at the edge. So quiet workloads are cheapest far away and busy ones near by.

Workloads are drawn with a fixed seed. Each is asked for at one to three edge sites, in proportion to the users there.
Three kinds, a third each: interactive (15 to 30 ms, 4 to 12 requests a second in all, 40 to 120 KiB each), responsive
(40 to 80 ms, 2 to 6, 10 to 60 KiB), relaxed (120 to 250 ms, 1 to 3, 1 to 20 KiB); CPU 0.5 to 2 cores and 2 GiB a core;
4 to 9 ms of compute; priority 1000, 500, 0. One interactive in four must stay on premises (edge or fog), one in eight
of the others in the country. A network may stretch all targets.
All figures that no source is named for are ours.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

TRACES: Final = Path(__file__).resolve().parent / "traces"
FOG_SITES: Final = 3
CLOUDS: Final = ("sydney", "singapore")
CLOUD_KILOMETRES: Final = {"sydney": 713.0, "singapore": 6050.0}
EDGE_REGION: Final = "melbourne"
CLIENT_COUNTS: Final = (1, 1, 2, 3)
"""How many edge sites ask for a workload: half of all workloads have one."""

_KILOMETRES_PER_DEGREE: Final = 111.2
_CORE_HOUR: Final = 0.048
_PRICES: Final = {"edge": 1.35, "fog": 1.25, "sydney": 1.0, "singapore": 0.8}
_EGRESS: Final = {"edge": "0", "fog": "0.02", "sydney": "0.09", "singapore": "0.09"}
_CORES: Final = {"edge": 4, "fog": 16, "sydney": 32, "singapore": 32}
_NODES: Final = {"edge": 1, "fog": 1, "sydney": 4, "singapore": 2}


@dataclass(frozen=True, slots=True)
class Place:
    """A site: its name, what it is, where it stands, how many users are nearest to it."""

    name: str
    kind: str
    """`edge`, `fog`, or a cloud's name."""
    kilometres: tuple[float, float]
    """East and north of the data set's corner; clouds have their distance in `CLOUD_KILOMETRES`."""
    users: int = 0


def places(edges: int = 24) -> list[Place]:
    """Edge sites first, then gateways, then clouds."""
    with (TRACES / "eua-edge-sites.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:edges]
    found = [Place(f"edge-{index + 1:02}", "edge", _position(row), int(row["users"])) for index, row in enumerate(rows)]
    thirds = np.array_split(sorted(place.kilometres for place in found), FOG_SITES)
    found += [
        Place(f"fog-{index + 1}", "fog", (float(third[:, 0].mean()), float(third[:, 1].mean())))
        for index, third in enumerate(thirds)
    ]
    return found + [Place(name, name, (0.0, 0.0)) for name in CLOUDS]


def kilometres(one: Place, other: Place) -> float:
    """Between two sites, as the crow flies; a cloud is as far from every site of the city."""
    far = [CLOUD_KILOMETRES[place.kind] for place in (one, other) if place.kind in CLOUD_KILOMETRES]
    if far:
        return max(far)
    return float(np.hypot(*np.subtract(one.kilometres, other.kilometres)))


def sites(found: list[Place]) -> list[dict[str, Any]]:
    """As a scenario's file has them."""
    return [
        {
            "metadata": {"name": place.name},
            "spec": {
                "tier": {"edge": "Edge", "fog": "Fog"}.get(place.kind, "Cloud"),
                "region": {"singapore": "sg", "sydney": "au"}.get(place.kind, "au"),
                "nodeSelector": {"site": place.name},
                "cost": {
                    "perHour": f"{_CORE_HOUR * _PRICES[place.kind] * _CORES[place.kind]:.4f}",
                    "perGibibyteEgress": _EGRESS[place.kind],
                },
            },
        }
        for place in found
    ]


def nodes(found: list[Place]) -> list[dict[str, Any]]:
    """As a scenario's file has them."""
    return [
        {
            "name": f"{place.name}-{number}",
            "site": place.name,
            "allocatable": {"cpu": str(_CORES[place.kind]), "memory": f"{4 * _CORES[place.kind]}Gi"},
        }
        for place in found
        for number in range(_NODES[place.kind])
    ]


@dataclass(frozen=True, slots=True)
class _Kind:
    target: tuple[int, int]
    requests: tuple[int, int]
    kibibytes: tuple[int, int]
    priority: int
    boundary: str
    one_in: int
    """So many workloads, one has the boundary."""


_KINDS: Final = {
    "interactive": _Kind((15, 30), (4, 12), (40, 120), 1000, "Premises", 4),
    "responsive": _Kind((40, 80), (2, 6), (10, 60), 500, "Region", 8),
    "relaxed": _Kind((120, 250), (1, 3), (1, 20), 0, "Region", 8),
}


def workloads(found: list[Place], count: int, seed: int, profile: str, stretch: int = 1) -> list[dict[str, Any]]:
    """As a scenario's file has them, targets `stretch` times as long; all are there from the beginning."""
    dice = np.random.default_rng(seed)
    edges = [place for place in found if place.kind == "edge"]
    weights = np.array([place.users for place in edges], dtype=float)
    kinds = list(_KINDS.items())
    return [
        _workload(f"{name}-{index:03}", kind, _clients(dice, edges, weights, kind), (dice, profile, stretch))
        for index in range(count)
        for name, kind in (kinds[index % len(kinds)],)
    ]


def _clients(
    dice: np.random.Generator, edges: list[Place], weights: np.ndarray, kind: _Kind
) -> list[dict[str, str | int]]:
    """One to three edge sites by their users, and each one's share of the requests, at least one a second."""
    size = min(int(dice.choice(CLIENT_COUNTS)), len(edges))
    chosen = dice.choice(len(edges), size=size, replace=False, p=weights / weights.sum())
    total = int(dice.integers(*kind.requests, endpoint=True))
    shares = weights[chosen] / weights[chosen].sum()
    return [
        {"site": edges[index].name, "requestsPerSecond": max(1, round(total * share))}
        for index, share in zip(chosen.tolist(), shares.tolist(), strict=True)
    ]


def _workload(
    name: str, kind: _Kind, clients: list[dict[str, str | int]], drawn: tuple[np.random.Generator, str, int]
) -> dict[str, Any]:
    dice, profile, stretch = drawn
    halves = int(dice.integers(1, 5))
    bounded = int(dice.integers(kind.one_in)) == 0
    requests = {"cpu": f"{500 * halves}m", "memory": f"{halves}Gi"}
    compute = int(dice.integers(4, 10))
    return {
        "metadata": {"namespace": "city", "name": name},
        "priority": kind.priority,
        "startup": "20s",
        "spec": {
            "model": {
                "variants": [
                    {
                        "name": "cpu",
                        "uri": f"s3://models/{name}",
                        "computeMilliseconds": compute,
                        "sizeMebibytes": 100 * halves,
                        "resources": {"requests": requests},
                    }
                ]
            },
            "requirements": {
                "latency": {
                    "p95Milliseconds": stretch * int(dice.integers(*kind.target, endpoint=True)),
                    "clients": clients,
                },
                "traffic": {
                    "requestKibibytes": int(dice.integers(*kind.kibibytes, endpoint=True)),
                    "responseKibibytes": 2,
                },
                **({"privacy": {"boundary": kind.boundary}} if bounded else {}),
            },
            "placement": {"profile": profile},
        },
    }


def _position(row: dict[str, str]) -> tuple[float, float]:
    latitude, longitude = float(row["latitude"]), float(row["longitude"])
    return (
        longitude * _KILOMETRES_PER_DEGREE * float(np.cos(np.radians(latitude))),
        latitude * _KILOMETRES_PER_DEGREE,
    )
