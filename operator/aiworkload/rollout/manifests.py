# SPDX-License-Identifier: Apache-2.0
"""The objects of a placement: one Deployment a site and variant, one Service a workload.

kube-scheduler places the pods *inside* the site: the affinity names the site's nodes by the Site's own selector,
since no label is ever written to a node.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from aiworkload.api import names
from aiworkload.api.site import SiteSpec
from aiworkload.api.workload import Variant
from aiworkload.rollout.intent import encode
from aiworkload.rollout.server import GRPC_PORT, HTTP_PORT, METRICS_PORT, pod_spec
from aiworkload.snapshot.workload import Assignment, MoveIntent, Workload

MAX_NAME: Final = 47
"""A pod's name adds a ReplicaSet hash and a suffix (16 characters) and must stay a DNS label of 63."""

REVISIONS: Final = 2
"""Old ReplicaSets kept a Deployment: enough to look at what was before, little enough for many workloads."""


TRAFFIC_DISTRIBUTION: Final = "PreferClose"
"""How a Service at several sites spreads its clients: to endpoints in their own zone while there are any.

The value's name since Kubernetes 1.34 is `PreferSameZone`; older API servers refuse that one, and all take this.
"""


def deployment_name(workload: str, assignment: Assignment) -> str:
    """`workload-site-variant`, cut and told apart by a hash where that is too long for a pod's name."""
    full = f"{workload}-{assignment.site}-{assignment.variant}"
    if len(full) <= MAX_NAME:
        return full
    digest = sha256(f"{workload}/{assignment.site}/{assignment.variant}".encode()).hexdigest()[:8]
    return f"{full[: MAX_NAME - 9].rstrip('-')}-{digest}"


def placement_labels(workload: str, assignment: Assignment) -> dict[str, str]:
    """The labels that tell a placement's pods from all others."""
    return {
        names.WORKLOAD_LABEL: workload,
        names.SITE_LABEL: assignment.site,
        names.VARIANT_LABEL: assignment.variant,
    }


def deployment(
    workload: Workload, assignment: Assignment, site: SiteSpec, intent: MoveIntent | None, default_image: str
) -> dict[str, Any]:
    """The Deployment of one placement.

    Raises:
        LookupError: the workload has no such variant any more.
    """
    variant = _variant(workload, assignment.variant)
    labels = placement_labels(workload.key.name, assignment)
    model = workload.spec.model.name or workload.key.name
    pod = pod_spec(workload.spec, variant, model, default_image)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(workload, deployment_name(workload.key.name, assignment), labels, intent),
        "spec": {
            "replicas": workload.spec.scaling.min_replicas,
            "revisionHistoryLimit": REVISIONS,
            "progressDeadlineSeconds": workload.spec.migration.ready_timeout_seconds,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": _version(workload)},
                "spec": {**pod, "affinity": {"nodeAffinity": _site_affinity(site.node_selector or {})}},
            },
        },
    }


def service(
    workload: Workload, selects: Assignment | None, intent: MoveIntent | None, *, unseen: bool = False
) -> dict[str, Any]:
    """The workload's Service, reaching one placement, or all of them when `selects` is None; then the near ones first.

    That is a preference for the client's zone, no more: who is to be served by which site is not what it enforces.

    `unseen`: what it reaches may serve without being seen to. Kubernetes takes pods of a silent node for not ready; so
    that the node's own site does not take their endpoints away when it hears of that, they are kept in the Service.
    """
    mine = {names.WORKLOAD_LABEL: workload.key.name}
    selector = mine if selects is None else placement_labels(workload.key.name, selects)
    near = {"trafficDistribution": TRAFFIC_DISTRIBUTION} if selects is None else {}
    kept = {"publishNotReadyAddresses": True} if unseen else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(workload, workload.key.name, mine, intent),
        "spec": {
            "type": "ClusterIP",
            "selector": selector,
            **near,
            **kept,
            "ports": [
                {"name": "http", "port": HTTP_PORT, "targetPort": "http", "protocol": "TCP"},
                {"name": "grpc", "port": GRPC_PORT, "targetPort": "grpc", "protocol": "TCP"},
                {"name": "metrics", "port": METRICS_PORT, "targetPort": "metrics", "protocol": "TCP"},
            ],
        },
    }


def _variant(workload: Workload, name: str) -> Variant:
    for variant in workload.spec.variants:
        if variant.name == name:
            return variant
    raise LookupError(f"{workload.key} has no variant '{name}'")


def _metadata(workload: Workload, name: str, labels: Mapping[str, str], intent: MoveIntent | None) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": workload.key.namespace,
        "labels": dict(labels),
        "ownerReferences": [
            {
                "apiVersion": names.API_VERSION,
                "kind": "AIWorkload",
                "name": workload.key.name,
                "uid": workload.uid,
                "controller": True,
            }
        ],
    }
    if intent is not None:
        metadata["annotations"] = {names.MOVE_ANNOTATION: encode(intent)}
    return metadata


def _version(workload: Workload) -> dict[str, str]:
    version = workload.spec.model.version
    return {f"{names.GROUP}/model-version": version} if version else {}


def _site_affinity(node_selector: Mapping[str, str]) -> dict[str, Any]:
    expressions = [{"key": key, "operator": "In", "values": [value]} for key, value in sorted(node_selector.items())]
    return {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
    }
