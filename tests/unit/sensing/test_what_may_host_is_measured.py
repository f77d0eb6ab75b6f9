# SPDX-License-Identifier: Apache-2.0
"""No site that the engine's own rules would let a workload go to is left out of what is worth measuring."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.placement.examine import examine
from aiworkload.placement.plan import RejectReason
from aiworkload.placement.policy import Policy
from aiworkload.sensing.ground import Ground
from aiworkload.sensing.interest import Candidates, interest_of
from aiworkload.snapshot.workload import Workload
from tests.builders import a_site, a_snapshot, a_spec, a_variant, a_workload

OWNERS_WORD = {
    RejectReason.PRIVACY_BOUNDARY,
    RejectReason.TIER_NOT_ALLOWED,
    RejectReason.VARIANT_NOT_FOR_TIER,
    RejectReason.SITE_NOT_SELECTED,
}
TIERS = ["Edge", "Fog", "Cloud"]
SITES = [
    a_site(f"{tier}-{region}-{line}".lower(), tier=tier, region=region, labels={"line": line})
    for tier in TIERS
    for region in ("eu", "us", "")
    for line in ("a", "b")
]

some_tiers = st.lists(st.sampled_from(TIERS), min_size=1, max_size=3, unique=True)
boundaries = st.one_of(
    st.just({"boundary": "Anywhere"}),
    st.just({"boundary": "Site"}),
    st.just({"boundary": "Site", "sites": ["fog-us-a", "nowhere"]}),
    st.builds(
        lambda boundary, regions: {"boundary": boundary, "regions": regions},
        st.sampled_from(["Region", "Premises"]),
        st.lists(st.sampled_from(["eu", "us", "mars"]), max_size=2, unique=True),
    ),
)


@given(
    tiers=some_tiers,
    variant_tiers=some_tiers,
    boundary=boundaries,
    clients=st.lists(st.sampled_from([site.name for site in SITES]), min_size=1, max_size=3, unique=True),
    selector=st.sampled_from([{}, {"line": "a"}]),
)
@settings(max_examples=60, deadline=None)
def test_the_senses_and_the_filters_agree(
    tiers: list[str],
    variant_tiers: list[str],
    boundary: dict[str, Any],
    clients: list[str],
    selector: dict[str, str],
) -> None:
    spec = a_spec(
        target=50,
        clients=clients,
        tiers=tiers,
        variants=[a_variant("v", tiers=variant_tiers)],
        selector=selector,
        **boundary,
    )
    workload = a_workload(spec=spec)
    interest = interest_of(workload)
    assert interest is not None
    assert interest.rule is not None
    ground = Ground.of({site.name: site for site in SITES})
    worth = {ground.names[column] for column in np.flatnonzero(Candidates(ground).of(interest.rule))}
    assert worth == allowed(workload)


def allowed(workload: Workload) -> set[str]:
    """Sites that no word of the owner rules out, by the engine's filters."""
    found = examine(a_snapshot(sites=SITES, workloads=[workload]), Policy(), workload.key)
    reasons = {c.assignment.site: c.rejection.reason if c.rejection else None for c in found}
    return {site for site, reason in reasons.items() if reason not in OWNERS_WORD}


def test_no_path_matters_to_a_workload_without_clients_or_on_its_way_out() -> None:
    assert interest_of(a_workload(target=50)) is None
    assert interest_of(replace(a_workload(target=50, clients=["fog-eu-a"]), deleting=True)) is None


def test_a_workload_that_stays_with_its_clients_goes_nowhere_else() -> None:
    interest = interest_of(a_workload(target=50, clients=["fog-eu-a"], offline=True))
    assert interest is not None
    assert interest.rule is None
