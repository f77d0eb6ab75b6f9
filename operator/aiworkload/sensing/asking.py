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

    def of(self, site: str) -> Asked:
        """What is asked of one site."""
        return Asked(self._of(self._clients.get(site)), self._of(self._guests.get(site)))

    @property
    def clients(self) -> Iterable[str]:
        """The client sites of all workloads."""
        return self._clients.keys()

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
