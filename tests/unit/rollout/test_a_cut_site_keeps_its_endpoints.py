# SPDX-License-Identifier: Apache-2.0
"""What serves at a silent site stays in its Service, so that the site does not lose it when it hears the news."""

from dataclasses import replace

from aiworkload.rollout.actions import Apply
from aiworkload.rollout.steps import next_step
from aiworkload.rollout.view import View
from tests.unit.rollout.conftest import FOG, PLANT, ViewBuilder, placement


def kept(view: View) -> bool:
    """Whether the Service is asked to keep endpoints that are not ready."""
    (service,) = [
        action
        for action in next_step(view).actions
        if isinstance(action, Apply) and action.manifest["kind"] == "Service"
    ]
    found: bool = service.manifest["spec"].get("publishNotReadyAddresses", False)
    return found


def test_a_placement_that_kubernetes_gave_up_on_stays_reachable_at_its_silent_site(a_view: ViewBuilder) -> None:
    assert kept(a_view(placement(PLANT, ready=False), selects=PLANT, silent=("plant-7",)))


def test_it_stays_before_kubernetes_gives_up_on_it_too_so_that_there_is_no_moment_without(a_view: ViewBuilder) -> None:
    assert kept(a_view(placement(PLANT), selects=PLANT, silent=("plant-7",)))


def test_the_service_asks_for_readiness_again_once_the_site_is_heard(a_view: ViewBuilder) -> None:
    assert not kept(a_view(placement(PLANT), selects=PLANT))


def test_of_several_replicas_those_that_were_not_ready_when_the_site_fell_silent_are_left_out(
    a_view: ViewBuilder,
) -> None:
    half = replace(placement(PLANT), replicas=2, ready_replicas=1)

    assert not kept(a_view(half, selects=PLANT, silent=("plant-7",)))


def test_a_site_in_contact_has_no_endpoints_that_are_not_ready(a_view: ViewBuilder) -> None:
    assert not kept(a_view(placement(PLANT, ready=False), selects=PLANT))


def test_a_service_that_reaches_another_site_hides_nothing(a_view: ViewBuilder) -> None:
    view = a_view(placement(FOG), placement(PLANT, ready=False), wanted=(FOG,), selects=FOG, silent=("plant-7",))

    assert not kept(view)


def test_a_service_of_several_sites_leaves_out_what_is_not_ready(a_view: ViewBuilder) -> None:
    standing = (placement(FOG), placement(PLANT, ready=False))

    assert not kept(a_view(*standing, wanted=(FOG, PLANT), selects=None, silent=("plant-7",)))
