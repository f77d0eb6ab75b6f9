# SPDX-License-Identifier: Apache-2.0
"""The three CustomResourceDefinitions, rendered from the models.

Validation lives here, as OpenAPI bounds and CEL rules, so that a bad object is refused by the API server itself,
even while the operator is down. No webhook is needed.
"""

from dataclasses import dataclass
from typing import Any, Final

from aiworkload.api.base import DNS_LABEL, Model
from aiworkload.api.crd_schema import Schema, structural
from aiworkload.api.names import GROUP, VERSION
from aiworkload.api.node_report import NodeReportSpec, NodeReportStatus
from aiworkload.api.site import SiteSpec, SiteStatus
from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.api.workload_status import AIWorkloadStatus

CATEGORY: Final = "inference"
"""`kubectl get inference` lists all three kinds."""

WIDE: Final = 1
"""A printer column's priority from which `kubectl get` shows it with `-o wide` only."""


@dataclass(frozen=True)
class Column:
    """A column of `kubectl get`."""

    name: str
    path: str
    type: str = "string"
    description: str = ""
    priority: int = 0

    def render(self) -> Schema:
        """The column as a CustomResourceDefinition lists it."""
        column: Schema = {"name": self.name, "type": self.type, "jsonPath": self.path}
        if self.description:
            column["description"] = self.description
        if self.priority:
            column["priority"] = self.priority
        return column


@dataclass(frozen=True)
class Kind:
    """One custom resource: its names, its models and what `kubectl` shows of it."""

    name: str
    plural: str
    short_name: str
    namespaced: bool
    description: str
    spec: type[Model]
    status: type[Model]
    spec_required: bool
    columns: tuple[Column, ...]
    rules: tuple[tuple[str, str], ...] = ()
    scale: tuple[str, str, str] | None = None
    """Paths of the wanted replicas, the standing replicas and the pods' selector."""

    @property
    def crd_name(self) -> str:
        """The CustomResourceDefinition's own name."""
        return f"{self.plural}.{GROUP}"


def _condition(type_: str, field: str) -> str:
    return f'.status.conditions[?(@.type=="{type_}")].{field}'


AGE: Final = Column("Age", ".metadata.creationTimestamp", "date")

WORKLOAD_NAME_RULE: Final = (
    "self.metadata.name.size() <= 63 && self.metadata.name.matches(r'^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    "metadata.name becomes the name of a Service: use at most 63 lower-case letters, digits and '-', beginning with a"
    " letter and ending with a letter or digit",
)
SITE_NAME_RULE: Final = (
    f"self.metadata.name.size() <= 63 && self.metadata.name.matches(r'{DNS_LABEL}')",
    "metadata.name becomes a label's value: use at most 63 lower-case letters, digits and '-', beginning and ending"
    " with a letter or digit",
)

AIWORKLOAD: Final = Kind(
    name="AIWorkload",
    plural="aiworkloads",
    short_name="aiw",
    namespaced=True,
    description="What an AI model needs; the operator keeps it at the right place across cloud, fog and edge sites.",
    spec=AIWorkloadSpec,
    status=AIWorkloadStatus,
    spec_required=True,
    columns=(
        Column("Ready", _condition("Ready", "status")),
        Column("Sites", ".status.sites", description="Where it runs now."),
        Column("Tier", ".status.placements[*].tier"),
        Column("Replicas", ".status.readyReplicas", "integer", "Replicas that are ready, over all sites."),
        Column("P95-ms", ".status.latency.totalP95Milliseconds", "integer", "Network and compute, as last judged."),
        Column("Target-ms", ".spec.requirements.latency.p95Milliseconds", "integer"),
        Column("Reason", _condition("Ready", "reason"), priority=WIDE),
        Column("Variant", ".status.placements[*].variant", priority=WIDE),
        Column("Last-move", ".status.moves[-1:].trigger", description="What set off the last move.", priority=WIDE),
        Column("Cost", ".status.cost.estimatedPerHour", description="Estimated, an hour.", priority=WIDE),
        AGE,
    ),
    rules=(WORKLOAD_NAME_RULE,),
    scale=(".spec.scaling.minReplicas", ".status.replicas", ".status.selector"),
)

SITE: Final = Kind(
    name="Site",
    plural="sites",
    short_name="site",
    namespaced=False,
    description="Nodes at one location that share an uplink: the unit of placement and the end of every link.",
    spec=SiteSpec,
    status=SiteStatus,
    spec_required=True,
    columns=(
        Column("Tier", ".spec.tier"),
        Column("Region", ".spec.region"),
        Column("Nodes", ".status.nodes", "integer"),
        Column("State", ".status.connectivity"),
        Column("Since", ".status.connectivitySinceTime", "date", priority=WIDE),
        AGE,
    ),
    rules=(
        SITE_NAME_RULE,
        (
            "!has(self.spec.links) || !self.spec.links.exists(l, l.site == self.metadata.name)",
            "spec.links names the Site itself: a link leads to another site, so remove it",
        ),
    ),
)

NODE_REPORT: Final = Kind(
    name="NodeReport",
    plural="nodereports",
    short_name="nr",
    namespaced=False,
    description="What one node's agent measured. It has its Node's name and is written by that node's agent only.",
    spec=NodeReportSpec,
    status=NodeReportStatus,
    spec_required=False,
    columns=(
        Column("Site", ".spec.site"),
        Column("Reported", ".status.observedTime", "date"),
        Column("Endpoint", ".status.endpoint", priority=WIDE),
        AGE,
    ),
)

KINDS: Final = (AIWORKLOAD, SITE, NODE_REPORT)


def custom_resource_definition(kind: Kind) -> dict[str, Any]:
    """The CustomResourceDefinition of one kind, ready to be written as YAML."""
    singular = kind.name.lower()
    names: Schema = {"kind": kind.name, "listKind": f"{kind.name}List", "plural": kind.plural, "singular": singular}
    # A short name that is the singular already would collide with it.
    names |= {"shortNames": [kind.short_name]} if kind.short_name != singular else {}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": kind.crd_name},
        "spec": {
            "group": GROUP,
            "names": names | {"categories": [CATEGORY]},
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "versions": [_version(kind)],
        },
    }


def _version(kind: Kind) -> Schema:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": [column.render() for column in kind.columns],
        "subresources": {"status": {}} | _scale(kind),
        "schema": {"openAPIV3Schema": _root(kind)},
    }


def _scale(kind: Kind) -> Schema:
    if kind.scale is None:
        return {}
    wanted, standing, selector = kind.scale
    paths = {"specReplicasPath": wanted, "statusReplicasPath": standing, "labelSelectorPath": selector}
    return {"scale": paths}


def _root(kind: Kind) -> Schema:
    spec = structural(kind.spec, sentences=True)
    if not kind.spec_required:
        spec["default"] = {}
    root: Schema = {
        "description": kind.description,
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": structural(kind.status, sentences=False),
        },
    }
    if kind.spec_required:
        root["required"] = ["spec"]
    if kind.rules:
        root["x-kubernetes-validations"] = [{"rule": rule, "message": message} for rule, message in kind.rules]
    return root
