# SPDX-License-Identifier: Apache-2.0
"""What all workloads ask of each site's agent, kept up workload by workload."""

from collections.abc import Iterable, Mapping

from aiworkload.sensing.interest import Interest, interest_of
from aiworkload.sensing.peers import Asked
from aiworkload.snapshot.workload import Workload, WorkloadKey


class Asking:
    """Interests by the sites that they concern."""

    def __init__(self) -> None:
        self._interests: dict[WorkloadKey, Interest] = {}
        self._clients: dict[str, set[WorkloadKey]] = {}
        self._guests: dict[str, set[WorkloadKey]] = {}
        self._wanted: dict[str, frozenset[str]] = {}

    def follow(self, workloads: Mapping[WorkloadKey, Workload], changed: Iterable[WorkloadKey]) -> set[str]:
        """Take in the workloads that changed; the sites of which something else is asked now."""
        concerned: set[str] = set()
        for key in changed:
            workload = workloads.get(key)
            before, after = self._interests.get(key), interest_of(workload) if workload else None
            if before == after:
                continue
            for interest in (before, after):
                concerned |= interest.clients | interest.standing if interest else frozenset()
            self._forget(key)
            if after is not None:
                self._take(key, after)
        return concerned

    def want(self, wanted: Mapping[str, frozenset[str]]) -> set[str]:
        """Take in which paths were judged by an estimate, by client site; the sites that are asked something else."""
        before, self._wanted = self._wanted, dict(wanted)
        return {site for site in {*before, *wanted} if before.get(site) != wanted.get(site)}

    def of(self, site: str) -> Asked:
        """What is asked of one site."""
        return Asked(
            of_clients=self._of(self._clients.get(site)),
            of_guests=self._of(self._guests.get(site)),
            wanted=self._wanted.get(site, frozenset()),
        )

    def _of(self, keys: set[WorkloadKey] | None) -> tuple[Interest, ...]:
        return tuple(self._interests[key] for key in sorted(keys or ()))

    def _take(self, key: WorkloadKey, interest: Interest) -> None:
        self._interests[key] = interest
        for groups, sites in ((self._clients, interest.clients), (self._guests, interest.standing)):
            for site in sites:
                groups.setdefault(site, set()).add(key)

    def _forget(self, key: WorkloadKey) -> None:
        interest = self._interests.pop(key, None)
        if interest is None:
            return
        for groups, sites in ((self._clients, interest.clients), (self._guests, interest.standing)):
            for site in sites:
                groups[site].discard(key)
                if not groups[site]:
                    del groups[site]
