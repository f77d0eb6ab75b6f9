# SPDX-License-Identifier: Apache-2.0
"""From the name of a PriorityClass to its number, as Kubernetes' own admission resolves it for pods."""

import logging
from collections.abc import Iterable
from typing import Final

from aiworkload.kube.projection.priority_class import PriorityClassFact

_log = logging.getLogger(__name__)

_WITHOUT_CLASS: Final = 0
"""The priority of a pod without a class in a cluster without a default (Kubernetes)."""


class Priorities:
    """The cluster's classes. A name that there is no class for counts as 0, and the log says so once."""

    def __init__(self) -> None:
        self._values: dict[str, int] = {}
        self._default = _WITHOUT_CLASS
        self._missing: set[str] = set()

    def read(self, classes: Iterable[PriorityClassFact]) -> None:
        """All classes that there are now. Of several defaults the lowest counts (Kubernetes)."""
        facts = tuple(classes)
        self._values = {fact.metadata.name: fact.value for fact in facts}
        self._default = min((fact.value for fact in facts if fact.global_default), default=_WITHOUT_CLASS)
        self._missing -= self._values.keys()

    def value_of(self, name: str | None) -> int:
        """The number behind `spec.priorityClassName`; without a name, that of the default class."""
        if name is None:
            return self._default
        if name not in self._values and name not in self._missing:
            self._missing.add(name)
            _log.warning("there is no PriorityClass %s: workloads that name it count with priority 0", name)
        return self._values.get(name, _WITHOUT_CLASS)
