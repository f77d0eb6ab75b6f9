# SPDX-License-Identifier: Apache-2.0
"""What the pods on each node have been promised, kept as running sums: a snapshot must not walk ten thousand pods."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aiworkload.kube.projection.pod import PodFact

_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


class RequestedSums:
    """Sums of requests by node. Each sum is replaced, never changed, so that a snapshot may hold on to it."""

    def __init__(self) -> None:
        self._by_node: dict[str, Mapping[str, int]] = {}

    def of(self, node: str) -> Mapping[str, int]:
        """The sum of one node."""
        return self._by_node.get(node, _NOTHING)

    def change(self, old: PodFact | None, new: PodFact | None) -> set[str]:
        """A pod came, changed or went; the nodes whose sums that changes."""
        if old and new and old.node == new.node and old.spec == new.spec:
            return set()
        if old and old.node:
            self._add(old.node, old.requests, -1)
        if new and new.node:
            self._add(new.node, new.requests, +1)
        return {pod.node for pod in (old, new) if pod and pod.node}

    def _add(self, node: str, requests: Mapping[str, int], sign: int) -> None:
        total = dict(self._by_node.get(node, _NOTHING))
        for resource, amount in requests.items():
            total[resource] = total.get(resource, 0) + sign * amount
        if total.get("pods", 0) > 0:
            self._by_node[node] = MappingProxyType({name: amount for name, amount in total.items() if amount})
        else:
            self._by_node.pop(node, None)
