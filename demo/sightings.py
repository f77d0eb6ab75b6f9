# SPDX-License-Identifier: Apache-2.0
"""What to look for in the API, in the words of the story. Each answers a sentence when it is so, else None."""

from collections.abc import Iterable
from typing import Any, Final

from demo.topology import round_trip_milliseconds
from demo.world import World

NAMESPACE: Final = "default"
WORKLOAD_LABEL: Final = "aiworkload.dev/workload"
SITE_LABEL: Final = "aiworkload.dev/site"

Status = dict[str, Any]


def status_of(world: World, workload: str) -> Status:
    """A workload's status; empty while it has none."""
    found = world.find("AIWorkload", workload, NAMESPACE) or {}
    status: Status = found.get("status") or {}
    return status


def condition(item: dict[str, Any] | None, kind: str) -> dict[str, Any]:
    """A condition of an object; empty where it has none of that type."""
    conditions = ((item or {}).get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one["type"] == kind), {})


def says_of_itself(world: World, workload: str) -> str | None:
    """Where a workload stands and why, by its status."""
    status = status_of(world, workload)
    decision = status.get("decision") or {}
    stands = ", ".join(f"{site} ({state})" for site, state in placements(world, workload).items())
    return f"at {stands or 'no site'}: {decision.get('reason')}: {decision.get('message')}" if status else None


def placements(world: World, workload: str) -> dict[str, str]:
    """State by site."""
    return {one["site"]: one["state"] for one in status_of(world, workload).get("placements", [])}


def pods(world: World, workload: str, site: str | None = None) -> dict[str, str]:
    """Node by pod uid, of a workload's pods that are not being deleted."""
    return {
        pod["metadata"]["uid"]: pod["spec"].get("nodeName", "")
        for pod in world.all("Pod")
        if _labels(pod).get(WORKLOAD_LABEL) == workload
        and site in (None, _labels(pod).get(SITE_LABEL))
        and "deletionTimestamp" not in pod["metadata"]
    }


def service_site(world: World, workload: str) -> str | None:
    """The one site whose pods the workload's Service selects."""
    service = world.find("Service", workload, NAMESPACE) or {}
    selected: str | None = (service.get("spec") or {}).get("selector", {}).get(SITE_LABEL)
    return selected


def serves_at(world: World, workload: str, site: str) -> str | None:
    """Serving at that site and nowhere else: the status, the Service's selector and the pods' nodes agree.

    Where there is a Service, it has an endpoint that is ready: requests are answered only then, and what is counted as
    a gap afterwards would else be its beginning.
    """
    stands = {place for place, state in placements(world, workload).items() if state != "Detached"}
    nodes = sorted(pods(world, workload, site).values())
    agreed = stands == {site} and placements(world, workload)[site] == "Serving"
    bound = bool(nodes) and all(node.startswith(f"{site}-") for node in nodes)
    answered = world.find("Service", workload, NAMESPACE) is None or world.availability.ready(workload) > 0
    if not (agreed and bound and answered and service_site(world, workload) in (site, None)):
        return None
    return f"on {', '.join(nodes)}"


def settled_at(world: World, workload: str, site: str) -> str | None:
    """Serving at that site, and no pod of it is left anywhere else."""
    alone = set(pods(world, workload)) == set(pods(world, workload, site))
    return serves_at(world, workload, site) if alone else None


def moved(world: World, workload: str, source: str, target: str, trigger: str) -> str | None:
    """A finished move stands in the status."""
    for move in reversed(status_of(world, workload).get("moves", [])):
        if (move["fromSite"], move["toSite"], move["trigger"], move["result"]) == (
            source,
            target,
            trigger,
            "Completed",
        ):
            return f"{move['trigger']}, {move['startTime']} to {move['endTime']}"
    return None


def site_is(world: World, site: str, states: Iterable[str]) -> str | None:
    """A site is in one of these connectivity states."""
    found = (world.find("Site", site) or {}).get("status") or {}
    state = found.get("connectivity", "")
    return f"{site} is {state}" if state in states else None


def nodes_not_ready(world: World, site: str) -> str | None:
    """None of a site's nodes is Ready."""
    nodes = [node for node in world.all("Node") if node["metadata"]["name"].startswith(f"{site}-")]
    lost = [node for node in nodes if condition(node, "Ready").get("status") != "True"]
    return f"{len(lost)} of {len(nodes)} nodes" if nodes and len(lost) == len(nodes) else None


def rejection(world: World, workload: str, site: str, reason: str) -> str | None:
    """Why a workload cannot go to a site, by its status."""
    candidates = (status_of(world, workload).get("decision") or {}).get("candidates", [])
    for candidate in candidates:
        if candidate["site"] == site and candidate.get("rejectReason") == reason:
            return f"{site}: {candidate.get('rejectMessage', reason)}"
    return None


def deciding(world: World, workload: str, target: str) -> str | None:
    """A placement at the target has been begun, or stands there already."""
    if target not in placements(world, workload):
        return None
    decision = status_of(world, workload).get("decision") or {}
    return f"{decision.get('reason')}: {decision.get('message')}"


def ready_at(world: World, workload: str, site: str) -> str | None:
    """The workload's pods at a site are Ready."""
    at_site = [pod for pod in world.all("Pod") if pod["metadata"]["uid"] in pods(world, workload, site)]
    ready = bool(at_site) and all(condition(pod, "Ready").get("status") == "True" for pod in at_site)
    return f"{len(at_site)} of {len(at_site)} pods" if ready else None


def service_selects(world: World, workload: str, site: str) -> str | None:
    """The workload's Service selects that site's pods, and no others."""
    return f"selector {SITE_LABEL}={site}" if service_site(world, workload) == site else None


def left_alone(world: World, workload: str, before: dict[str, str]) -> str | None:
    """Answers what was done to pods that should have been left alone; None while they are."""
    now = pods(world, workload)
    if gone := set(before) - set(now):
        return f"{len(gone)} pods of {workload} are gone"
    if elsewhere := [node for uid, node in now.items() if uid not in before]:
        return f"{workload} was also started on {', '.join(sorted(elsewhere)) or 'no node yet'}"
    return None


def link_microseconds(world: World, one: str, other: str) -> int | None:
    """The p95 round trip from one site to another as that site's agent last reported it."""
    for report in world.all("NodeReport"):
        if (report.get("spec") or {}).get("site") != one:
            continue
        for link in (report.get("status") or {}).get("links", []):
            if link["site"] == other and "rttP95Microseconds" in link:
                return int(link["rttP95Microseconds"])
    return None


def lengthened(world: World, one: str, other: str, *, by_milliseconds: int) -> str | None:
    """A link that is not measured yet, or as longer than it is made in the topology by more than this."""
    measured, made = link_microseconds(world, one, other), round_trip_milliseconds(one, other)
    if measured is None:
        return f"{one} to {other} is not measured"
    if measured <= (made + by_milliseconds) * 1000:
        return None
    return f"{one} to {other} is made {made} ms long and measured as {measured / 1000:.0f} ms"


def _labels(item: dict[str, Any]) -> dict[str, str]:
    labels: dict[str, str] = item["metadata"].get("labels") or {}
    return labels
