# SPDX-License-Identifier: Apache-2.0
"""`simulate(scenario)`: the whole of a replay in one call, and the same again for the same scenario and seed."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import fields, replace

import numpy as np

from aiworkload.api.timestamps import to_epoch
from aiworkload.placement.policy import Policy
from aiworkload.reconcile.cycle import Decide, Options
from aiworkload.simulation.clock import VirtualClock
from aiworkload.simulation.cluster import PostedEvents, VirtualCluster
from aiworkload.simulation.contradictions import camel
from aiworkload.simulation.controllers import VirtualNode
from aiworkload.simulation.happenings import SERVER_IMAGE, Stage
from aiworkload.simulation.loads import clients_of
from aiworkload.simulation.measures import Books, Clock, Seen, World, crowding, seen_by, workload_report
from aiworkload.simulation.measuring import Measured
from aiworkload.simulation.outages import Outages, Pair, outages_of
from aiworkload.simulation.paths import Path, paths_of
from aiworkload.simulation.process import Process
from aiworkload.simulation.replay import Replay
from aiworkload.simulation.report import EventTold, SimulationReport, WorkloadReport
from aiworkload.simulation.routing import Route, Router
from aiworkload.simulation.scenario import Scenario, ScenarioWorkload
from aiworkload.simulation.spending import Ledger
from aiworkload.snapshot.node import Node
from aiworkload.snapshot.site import Site
from aiworkload.snapshot.workload import WorkloadKey


def simulate(
    scenario: Scenario,
    *,
    decide: Decide | None = None,
    progress: Callable[[float], None] = lambda _share: None,
    every_resync: bool = False,
) -> SimulationReport:
    """Play a scenario from its beginning to its end.

    Args:
        scenario: What happens.
        decide: A rival in the engine's place: it takes the same snapshot and returns the same kind of plan.
        progress: Hears the share that is done, 0 to 1.
        every_resync: Also run the cycles before which nothing has changed: slower, and the same history.
    """
    outages = outages_of(scenario)
    start = to_epoch(scenario.start_time)
    looks = np.arange(0.0, scenario.duration + scenario.pace.probe, scenario.pace.probe)
    samples = np.arange(0.0, scenario.duration, scenario.pace.sample)
    paths = paths_of(scenario, outages, looks, samples)
    measured = Measured(scenario, outages, paths, looks, start)
    replay = _replay(scenario, outages, paths, measured, decide)
    replay.every_resync = every_resync
    asyncio.run(replay.run(progress))
    return _report(scenario, replay, paths, Clock(start, samples, scenario.pace.sample))


def _replay(
    scenario: Scenario, outages: Outages, paths: Mapping[Pair, Path], measured: Measured, rival: Decide | None
) -> Replay:
    start = to_epoch(scenario.start_time)
    clock = VirtualClock(start)
    cluster = VirtualCluster(clock, _sites(scenario, start), _nodes(scenario), measured, scenario.pace.node_grace)
    router = Router(cluster, outages, start, {pair: float(np.median(path.rtt)) for pair, path in paths.items()})
    events = PostedEvents(clock)
    options = Options(_policy(scenario), SERVER_IMAGE, discover_sites=False)
    return Replay(
        clock=clock,
        cluster=cluster,
        stage=Stage(scenario, cluster, outages, start),
        router=router,
        ledger=Ledger(cluster),
        events=events,
        process=Process(cluster, events, options, rival, scenario.pace.advice),
        start=start,
        end=start + scenario.duration,
        resync_seconds=scenario.pace.resync,
        heartbeat_seconds=scenario.pace.heartbeat,
        next_news=measured.next_wake,
        figures=measured.figures,
    )


def _policy(scenario: Scenario) -> Policy:
    policy = Policy()
    given = {
        field.name: type(getattr(policy, field.name))(scenario.policy[camel(field.name)])
        for field in fields(Policy)
        if camel(field.name) in scenario.policy
    }
    return replace(policy, **given)


def _sites(scenario: Scenario, start: float) -> list[Site]:
    standing: dict[str, list[str]] = {}
    for node in scenario.nodes:
        standing.setdefault(node.site or "", []).append(node.name)
    return [
        replace(site.to_site(tuple(sorted(standing.get(name, ()))), start), uid=site.metadata.uid or f"uid-{name}")
        for site in scenario.sites
        for name in (site.metadata.name,)
    ]


def _nodes(scenario: Scenario) -> list[VirtualNode]:
    nodes: list[Node] = [node.to_node(node.site) for node in sorted(scenario.nodes, key=lambda node: node.name)]
    return [VirtualNode(replace(node, uid=node.uid or f"uid-{node.name}")) for node in nodes]


def _report(scenario: Scenario, replay: Replay, paths: Mapping[Pair, Path], clock: Clock) -> SimulationReport:
    views = {w.key: _views(w, replay.router.routes, clock, paths) for w in scenario.workloads}
    crowded = crowding([view for found in views.values() for view in found], paths)
    world = World(clock, crowded, replay.ledger.prices)
    reports: dict[WorkloadKey, WorkloadReport] = {}
    for workload in scenario.workloads:
        books = _books(workload, replay)
        reports[workload.key] = workload_report(workload, books, views[workload.key], world)
    return SimulationReport(
        scenario=scenario.metadata.name,
        description=scenario.description,
        start=clock.start,
        seconds=scenario.duration,
        seed=scenario.seed,
        workloads=reports,
        tiers={site.metadata.name: site.spec.tier.value for site in scenario.sites},
        happened=tuple(EventTold(at, what) for at, what in replay.told),
        posted=tuple(
            EventTold(at, f"{note.reason} {note.about.name}: {note.message}") for at, note in replay.events.posted
        ),
        cycles=replay.cycles.run,
        writes=replay.cycles.writes,
    )


def _views(
    workload: ScenarioWorkload,
    routes: Mapping[tuple[WorkloadKey, str], list[Route]],
    clock: Clock,
    paths: Mapping[Pair, Path],
) -> list[Seen]:
    clients = clients_of(workload)
    return [seen_by(workload, client, routes.get((workload.key, client), []), clock, paths) for client in clients]


def _books(workload: ScenarioWorkload, replay: Replay) -> Books:
    key = workload.key
    routes = {site: found for (owner, site), found in replay.router.routes.items() if owner == key}
    message, moves = replay.diary.of(key)
    return Books(routes, replay.ledger.spendings.get(key, []), moves, message)
