# SPDX-License-Identifier: Apache-2.0
"""The pod that serves a model: Triton with explicit model control, under Pod Security `restricted`.

Models are not fetched yet: a `pvc://claim/path` is mounted and its model loaded; with any other URI the server
starts empty and ready for the loader that will stand beside it.
"""

from collections.abc import Mapping
from typing import Any, Final

from aiworkload.api.quantity import to_quantity
from aiworkload.api.workload import AIWorkloadSpec, OfflineMode, Variant

HTTP_PORT: Final = 8000
GRPC_PORT: Final = 8001
METRICS_PORT: Final = 8002
"""Triton's own defaults."""

USER_ID: Final = 65532
"""`nonroot` of the distroless images: no user of any host."""

DEFAULT_UNREACHABLE_SECONDS: Final = 600
"""How long a pod outlives its node's silence when `offline` asks for nothing: until a silent site counts as `Lost`."""

ENDPOINT_LAG_SECONDS: Final = 5
"""Sleep before SIGTERM, so that proxies drop the endpoint first; the figure Kubernetes' own docs use for it."""


def pod_spec(spec: AIWorkloadSpec, variant: Variant, model: str, default_image: str) -> dict[str, Any]:
    """The pod's spec without its affinity, which is the site's part."""
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": spec.migration.drain_seconds + ENDPOINT_LAG_SECONDS + 10,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "tolerations": tolerations(spec),
        **({"priorityClassName": spec.priority_class_name} if spec.priority_class_name else {}),
        "containers": [_container(spec, variant, model, default_image)],
        "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "models", **_model_volume(variant)}],
    }


def tolerations(spec: AIWorkloadSpec) -> list[dict[str, Any]]:
    """How long the pods stay while their node is silent; without a limit where `offline` names none."""
    offline = spec.requirements.offline
    required = offline.mode is OfflineMode.REQUIRED
    seconds = offline.autonomy_seconds if required else DEFAULT_UNREACHABLE_SECONDS
    limit = {} if seconds is None else {"tolerationSeconds": seconds}
    return [
        {"key": f"node.kubernetes.io/{taint}", "operator": "Exists", "effect": "NoExecute", **limit}
        for taint in ("not-ready", "unreachable")
    ]


def _container(spec: AIWorkloadSpec, variant: Variant, model: str, default_image: str) -> dict[str, Any]:
    return {
        "name": "server",
        "image": spec.server.image or default_image,
        "command": ["tritonserver"],
        "args": _arguments(spec, variant, model),
        "env": [{"name": entry.name, "value": entry.value} for entry in spec.server.env],
        "ports": [
            {"name": "http", "containerPort": HTTP_PORT, "protocol": "TCP"},
            {"name": "grpc", "containerPort": GRPC_PORT, "protocol": "TCP"},
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
        ],
        "resources": _resources(spec, variant),
        "startupProbe": _probe("/v2/health/live", period=2, failures=300),
        "readinessProbe": _probe("/v2/health/ready", period=2, failures=3),
        "livenessProbe": _probe("/v2/health/live", period=10, failures=6),
        "lifecycle": {"preStop": {"sleep": {"seconds": ENDPOINT_LAG_SECONDS}}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the container's own, not this machine's
            {"name": "models", "mountPath": "/models", "readOnly": True, **_sub_path(variant)},
        ],
    }


def _arguments(spec: AIWorkloadSpec, variant: Variant, model: str) -> list[str]:
    load = [f"--load-model={model}"] if variant.uri.startswith("pvc://") else []
    return [
        "--model-repository=/models",
        "--model-control-mode=explicit",
        *load,
        f"--http-port={HTTP_PORT}",
        f"--grpc-port={GRPC_PORT}",
        f"--metrics-port={METRICS_PORT}",
        f"--exit-timeout-secs={max(1, spec.migration.drain_seconds)}",
        *spec.server.args,
    ]


def _resources(spec: AIWorkloadSpec, variant: Variant) -> dict[str, Any]:
    """The owner's own words where there are any; else the family's defaults, the same that the decision counts.

    A limit without a request stays one: Kubernetes makes the request of it.
    """
    own = variant.resources
    devices = {variant.accelerator: str(variant.accelerator_count or 1)} if variant.accelerator else {}
    assumed = {
        resource: to_quantity(resource, amount)
        for resource, amount in spec.requests_of(variant).items()
        if resource not in {*own.requests, *own.limits, *devices}
    }
    found: dict[str, Mapping[str, str]] = {
        "requests": {**assumed, **own.requests, **devices},
        "limits": {**own.limits, **devices},
    }
    return {kind: dict(quantities) for kind, quantities in found.items() if quantities}


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "periodSeconds": period,
        "timeoutSeconds": 2,
        "failureThreshold": failures,
    }


def _model_volume(variant: Variant) -> dict[str, Any]:
    if not variant.uri.startswith("pvc://"):
        return {"emptyDir": {}}
    claim = variant.uri.removeprefix("pvc://").split("/", 1)[0]
    return {"persistentVolumeClaim": {"claimName": claim, "readOnly": True}}


def _sub_path(variant: Variant) -> dict[str, str]:
    if not variant.uri.startswith("pvc://"):
        return {}
    _, _, path = variant.uri.removeprefix("pvc://").partition("/")
    return {"subPath": path} if path.strip("/") else {}
