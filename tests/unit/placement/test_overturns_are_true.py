# SPDX-License-Identifier: Apache-2.0
"""What is said to overturn a decision is put in place, and decided again; a little less of it overturns nothing."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.placement.decide import decide
from aiworkload.placement.overturns import Search
from aiworkload.placement.plan import Decision
from aiworkload.placement.policy import Policy
from aiworkload.snapshot.snapshot import Snapshot
from aiworkload.snapshot.workload import WorkloadKey
from tests.builders import NOW, a_link, a_node, a_placement, a_site, a_snapshot, a_variant, a_workload, assignment

KEY = WorkloadKey("factory", "detector")
MEBIBYTE = 2**20
Change = Callable[[Snapshot, re.Match[str], float], Snapshot]


def decision_in(snapshot: Snapshot) -> Decision:
    return decide(snapshot, Policy(), NOW).decisions[KEY]


def a_link_with(field: str, unit: float) -> Change:
    def change(snapshot: Snapshot, found: re.Match[str], value: float) -> Snapshot:
        ends = (found["one"], found["other"])
        links = {
            key: replace(link, **{field: round(value * unit)}) if key in (ends, ends[::-1]) else link
            for key, link in snapshot.links.items()
        }
        return replace(snapshot, links=links)

    return change


def a_cheaper_site(snapshot: Snapshot, found: re.Match[str], value: float) -> Snapshot:
    site = snapshot.sites[found["site"]]
    cost = site.spec.cost.model_copy(update={"per_hour": f"{value:.6f}"})
    spec = site.spec.model_copy(update={"cost": cost})
    return replace(snapshot, sites={**snapshot.sites, site.name: replace(site, spec=spec)})


def a_freer_node(resource: str, unit: int) -> Change:
    def change(snapshot: Snapshot, found: re.Match[str], value: float) -> Snapshot:
        node = snapshot.nodes[found["node"]]
        requested = {**node.requested, resource: node.requested[resource] - int(value) * unit}
        return replace(snapshot, nodes={**snapshot.nodes, node.name: replace(node, requested=requested)})

    return change


def another_spec(path: str) -> Change:
    def change(snapshot: Snapshot, found: re.Match[str], value: float) -> Snapshot:
        told: dict[str, Any] = snapshot.workloads[KEY].spec.model_dump(by_alias=True, mode="json", exclude_none=True)
        *parents, last = path.format(**found.groupdict()).split(".")
        part = told
        for name in parents:
            part = part.setdefault(name, {})
        part[last] = f"{value:.6f}" if last == "maxPerHour" else int(value)
        workload = snapshot.workloads[KEY]
        spec = type(workload.spec).model_validate(told)
        return replace(snapshot, workloads={KEY: replace(workload, spec=spec)})

    return change


CHANGES: dict[str, Change] = {
    r"(?P<one>\w+) -> (?P<other>\w+) p95 (?:fell|rose) to (?P<value>\S+) ms \(now (?P<now>\S+) ms\)": a_link_with(
        "rtt_p95_microseconds", 1000
    ),
    r"(?P<one>\w+) -> (?P<other>\w+) jitter fell to (?P<value>\S+) ms \(now (?P<now>\S+) ms\)": a_link_with(
        "jitter_microseconds", 1000
    ),
    r"(?P<one>\w+) -> (?P<other>\w+) lost (?P<value>\S+) % of probes \(now (?P<now>\S+) %": a_link_with(
        "loss_basis_points", 100
    ),
    r"(?P<site>\w+) cost (?P<value>\S+) per hour \(now (?P<now>\S+)": a_cheaper_site,
    r"(?P<node>\S+) had (?P<value>\d+) m CPU more free": a_freer_node("cpu", 1),
    r"(?P<node>\S+) had (?P<value>\d+) MiB memory more free": a_freer_node("memory", MEBIBYTE),
    r"p95Milliseconds were (?P<value>\d+) \(now (?P<now>\d+)\)": another_spec("requirements.latency.p95Milliseconds"),
    r"maxPerHour were (?P<value>\S+) \(now (?P<now>\S+)\)": another_spec("requirements.cost.maxPerHour"),
    r"weights\.(?P<factor>\w+) were (?P<value>\d+) \(now (?P<now>\d+)\)": another_spec("placement.weights.{factor}"),
}


def holds(before: Decision, after: Decision, sentence: str) -> bool:
    """Whether what the sentence says of a candidate is so after the change."""
    named = re.search(r", (?P<site>\w+) \((?P<variant>\w+)\) would (?P<what>be as good|fit)$", sentence)
    assert named, sentence
    found = {candidate.assignment: candidate for candidate in after.candidates}
    other = found[assignment(named["site"], named["variant"])]
    if named["what"] == "fit":
        return other.feasible
    chosen = found[before.assignments[0]]
    return other.feasible and (not chosen.feasible or other.worth >= chosen.worth)


def expect_true(snapshot: Snapshot, before: Decision, sentence: str) -> None:
    """The change overturns; a tenth of the way back it does not, where that is more than what was rounded."""
    found = next((match, change) for form, change in CHANGES.items() if (match := re.search(form, sentence)))
    match, change = found
    value = float(match["value"])
    now = float(match.groupdict().get("now") or 0)
    assert holds(before, decision_in(change(snapshot, match, value)), sentence), sentence
    less = value + (now - value) / 10
    whole = "were" in sentence and "maxPerHour" not in sentence
    if whole:
        less = value + (1 if now > value else -1)
    if abs(less - value) > 0.02 * value or whole:
        assert not holds(before, decision_in(change(snapshot, match, less)), sentence), f"{sentence}, and with {less}"


LINKS = st.tuples(st.integers(1, 150), st.integers(0, 20), st.integers(0, 5))
SITES = st.tuples(st.integers(0, 40), st.integers(0, 7))
VARIANTS = st.sampled_from(
    [
        [a_variant("small", computeMilliseconds=5, accuracyPercent=90)],
        [a_variant("small", computeMilliseconds=5, accuracyPercent=90), a_variant("big", computeMilliseconds=30)],
    ]
)


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(LINKS, LINKS),
    st.tuples(SITES, SITES, SITES),
    st.integers(20, 160),
    VARIANTS,
    st.sampled_from([{}, {"max_cost": "0.02"}, {"placements": [a_placement("fog", "small")]}]),
)
def test_every_condition_is_true_and_tight(
    links: tuple[tuple[int, int, int], ...],
    sites: tuple[tuple[int, int], ...],
    target: int,
    variants: list[dict[str, Any]],
    more: dict[str, Any],
) -> None:
    names = ("plant", "fog", "cloud")
    workload = a_workload(
        target=target,
        clients=["plant"],
        variants=[{**one, "resources": {"requests": {"cpu": "1500m", "memory": "1Gi"}}} for one in variants],
        **more,
    )
    snapshot = a_snapshot(
        sites=[a_site(name, per_hour=f"{price / 100}") for name, (price, _) in zip(names, sites, strict=True)],
        nodes=[a_node(f"{n}-1", site=n, used_cpu=str(cpu)) for n, (_, cpu) in zip(names, sites, strict=True)],
        links=[
            a_link("plant", name, p95, jitter=jitter, loss_percent=loss)
            for name, (p95, jitter, loss) in zip(names[1:], links, strict=True)
        ],
        workloads=[workload],
    )
    before = decision_in(snapshot)
    assert len(before.overturns) <= 5
    for sentence in before.overturns:
        expect_true(snapshot, before, sentence)


def two_sites(*, fog: float = 62, cloud: float = 20, **workload: object) -> Snapshot:
    return a_snapshot(
        sites=[a_site("plant", hosts=False), a_site("fog", tier="Fog"), a_site("cloud", tier="Cloud")],
        links=[a_link("plant", "fog", fog), a_link("plant", "cloud", cloud)],
        workloads=[a_workload(target=70, clients=["plant"], **workload)],
    )


def test_a_slower_site_would_win_if_its_link_got_faster() -> None:
    before = decision_in(two_sites())
    assert before.assignments == (assignment("cloud"),)
    assert "if plant -> fog p95 fell to 35.8 ms (now 62 ms), fog (default) would be as good" in list(before.overturns)


def test_what_fits_nowhere_is_told_what_would_make_room() -> None:
    snapshot = replace(two_sites(cpu="2"), nodes={})
    cramped = a_node("fog-1", site="fog", cpu="4", used_cpu="3")
    snapshot = a_snapshot(
        sites=[replace(site, nodes=()) for site in snapshot.sites.values()],
        nodes=[cramped],
        links=snapshot.links.values(),
        workloads=snapshot.workloads.values(),
    )
    assert list(decision_in(snapshot).overturns) == ["if fog-1 had 1400 m CPU more free, fog (default) would fit"]


@pytest.mark.parametrize("several", [{"offline": True}, {"max_sites": 2}])
def test_workloads_at_several_sites_have_no_runner_up(several: dict[str, Any]) -> None:
    assert not decision_in(two_sites(**several)).overturns


def test_what_nobody_looked_at_is_forgotten_and_what_was_seen_stays() -> None:
    unseen, seen = decision_in(two_sites()).overturns, decision_in(two_sites()).overturns
    assert isinstance(unseen, Search)
    assert isinstance(seen, Search)
    told = list(seen)
    unseen.forget()
    seen.forget()
    assert (list(unseen), list(seen)) == ([], told)
