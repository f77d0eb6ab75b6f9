# SPDX-License-Identifier: Apache-2.0
"""What one workload asks of any site, reckoned once for as long as the workload itself does not change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from aiworkload.api.workload import AIWorkloadSpec, Boundary, ModelFamily, OfflineMode, Variant
from aiworkload.placement.capacity import Demand, demand_of
from aiworkload.placement.columns import HARDWARE, tier_bits
from aiworkload.placement.family import Hardware, compute_prior_milliseconds, gpu_memory_needed_mebibytes, suitability
from aiworkload.placement.history import homes
from aiworkload.placement.latency import Clients
from aiworkload.placement.policy import Policy
from aiworkload.placement.weights import weights_of
from aiworkload.snapshot.workload import Assignment, Placement, Workload, WorkloadKey

_FITS: Final = {family: tuple(suitability(family, hardware) for hardware in HARDWARE) for family in ModelFamily}
"""By family, in the order of HARDWARE."""

_KIBIBYTES_PER_GIBIBYTE = 1024.0 * 1024.0
_SECONDS_PER_HOUR = 3600
KILOBITS_PER_KIBIBYTE: Final = 8.192
"""1024 bytes of 8 bits, in thousands."""


@dataclass(frozen=True, slots=True)
class VariantNeeds:
    """One build of the model."""

    name: str
    tiers: int
    demand: Demand
    accelerator: str | None
    device_mebibytes: float
    """Memory that each of its devices must have, as far as that is known; 0: nothing is."""
    accuracy: float
    """Percent; 100 when nobody told."""
    compute: tuple[float, ...]
    """Microseconds of one inference on each kind of hardware; NaN: nobody told."""
    fit: tuple[float, ...]
    """Points for each kind of hardware."""


@dataclass(frozen=True, slots=True)
class Needs:
    """A workload as all of its candidates see it."""

    workload: Workload
    variants: tuple[VariantNeeds, ...]
    clients: Clients
    target: float
    """Microseconds; infinite without a target."""
    tiers: int
    replicas: int
    everywhere: bool
    """Whether each client site is served by a replica of its own."""
    several: bool
    """Whether it may serve from several sites, each for some of its clients."""
    bounded: bool
    """Whether there are sites that its data may not go to."""
    selective: bool
    """Whether its owner selects sites by label."""
    ceiling: float
    """Money per hour at most; infinite without a ceiling."""
    gibibytes_per_hour: float
    """Requests and responses of one request a second, over an hour."""
    kibibytes: int
    """Of one request and its response."""
    weights: Mapping[str, int]
    """0 for a factor that the workload says nothing about: it would only water down the others."""
    standing: Mapping[Assignment, Placement]
    homes: frozenset[str]
    waits_on: frozenset[str]
    """Nodes of its replicas that are not ready."""
    waiting: tuple[tuple[Assignment, int], ...]
    """Replicas that stand but have no node yet."""

    @property
    def turn(self) -> tuple[int, int, float, WorkloadKey]:
        """When it is decided among others: the higher priority first, then who takes more CPU, then the older.

        The larger go first because they fit in fewer places, as in bin packing's first-fit decreasing.
        """
        largest = max(dict(variant.demand).get("cpu", 0) for variant in self.variants)
        return (-self.workload.priority, -largest, self.workload.created_at, self.workload.key)

    @property
    def unbound(self) -> Iterator[tuple[Assignment, Demand, int]]:
        """The replicas that stand but have no node yet: what each asks for, where the spec still has its variant."""
        known = {variant.name: variant.demand for variant in self.variants} if self.waiting else {}
        return ((where, known[where.variant], count) for where, count in self.waiting if where.variant in known)

    @property
    def kilobits_per_second(self) -> float:
        """Of one request a second."""
        return self.kibibytes * KILOBITS_PER_KIBIBYTE

    @property
    def has_target(self) -> bool:
        """Whether a latency target is set."""
        return self.target != float("inf")


def needs_of(workload: Workload, policy: Policy) -> Needs:
    """Read a workload's spec and objects."""
    spec = workload.spec
    traffic = spec.requirements.traffic
    kibibytes = traffic.request_kibibytes + traffic.response_kibibytes
    latency, cost = spec.requirements.latency, spec.requirements.cost
    everywhere = spec.requirements.offline.mode is OfflineMode.REQUIRED
    return Needs(
        workload=workload,
        variants=tuple(_variant(spec, variant, policy) for variant in spec.variants),
        clients=tuple((client.site, client.requests_per_second) for client in spec.clients),
        target=latency.p95_milliseconds * 1000.0 if latency else float("inf"),
        tiers=tier_bits(spec.placement.tiers),
        replicas=spec.scaling.min_replicas,
        everywhere=everywhere,
        several=spec.placement.max_sites > 1 and not everywhere,
        bounded=spec.requirements.privacy.boundary is not Boundary.ANYWHERE,
        selective=bool(spec.placement.site_selector.match_labels),
        ceiling=float(cost.max_per_hour) if cost is not None else float("inf"),
        gibibytes_per_hour=kibibytes * _SECONDS_PER_HOUR / _KIBIBYTES_PER_GIBIBYTE,
        kibibytes=kibibytes,
        weights=_weights(spec, applies_traffic=kibibytes > 0),
        standing={p.assignment: p for p in workload.placements if not p.deleting},
        homes=homes(workload),
        waits_on=frozenset(pod.node for p in workload.placements for pod in p.pods if pod.node and not pod.ready),
        waiting=_waiting(workload),
    )


def _weights(spec: AIWorkloadSpec, *, applies_traffic: bool) -> Mapping[str, int]:
    silent = {
        "bandwidth": not applies_traffic,
        "accuracy": all(variant.accuracy_percent is None for variant in spec.variants),
        "accelerator": spec.model.family is ModelFamily.OTHER,
    }
    return {name: 0 if silent.get(name, False) else weight for name, weight in weights_of(spec.placement).items()}


def _variant(spec: AIWorkloadSpec, variant: Variant, policy: Policy) -> VariantNeeds:
    return VariantNeeds(
        name=variant.name,
        tiers=tier_bits(variant.tiers),
        demand=demand_of(spec, variant),
        accelerator=variant.accelerator,
        device_mebibytes=_device_mebibytes(spec, variant),
        accuracy=float(variant.accuracy_percent or 100),
        compute=_compute(spec, variant, policy),
        fit=_FITS[spec.model.family],
    )


def _device_mebibytes(spec: AIWorkloadSpec, variant: Variant) -> float:
    if variant.accelerator is None:
        return 0.0
    return (gpu_memory_needed_mebibytes(spec.model.family, variant.size_mebibytes) or 0) / (
        variant.accelerator_count or 1
    )


def _compute(spec: AIWorkloadSpec, variant: Variant, policy: Policy) -> tuple[float, ...]:
    if variant.compute_milliseconds is not None:
        return (variant.compute_milliseconds * 1000.0,) * len(HARDWARE)
    return tuple(_expected(spec, variant, policy, hardware) for hardware in HARDWARE)


def _expected(spec: AIWorkloadSpec, variant: Variant, policy: Policy, hardware: Hardware) -> float:
    prior = compute_prior_milliseconds(spec.model.family, variant.size_mebibytes, hardware)
    if prior is not None:
        return prior * 1000.0
    return policy.default_compute_milliseconds * 1000.0 or float("nan")


def _waiting(workload: Workload) -> tuple[tuple[Assignment, int], ...]:
    wanted = workload.spec.scaling.min_replicas
    found = ((p.assignment, wanted - _bound(p)) for p in workload.placements if not p.deleting)
    return tuple((where, count) for where, count in found if count > 0)


def _bound(placement: Placement) -> int:
    return sum(pod.node is not None and not pod.terminating for pod in placement.pods)
