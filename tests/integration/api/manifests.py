# SPDX-License-Identifier: Apache-2.0
"""The smallest good object of each kind, to be made worse or richer by a test."""

from typing import Any

GOOD_MODEL = {"uri": "s3://models/defect-detector"}
CLIENTS = {"latency": {"p95Milliseconds": 50, "clients": [{"site": "plant-7"}]}}


def a_workload(name: str = "detector", **spec: object) -> dict[str, Any]:
    """An AIWorkload; each keyword replaces a part of its spec."""
    return _object("AIWorkload", name, {"model": GOOD_MODEL} | spec)


def a_site(name: str = "plant-7", **spec: object) -> dict[str, Any]:
    """A Site; each keyword replaces a part of its spec."""
    return _object("Site", name, {"tier": "Edge"} | spec)


def a_report(name: str = "node-1", **spec: object) -> dict[str, Any]:
    """A NodeReport as the operator creates it."""
    return _object("NodeReport", name, spec)


def with_variant(**variant: object) -> dict[str, Any]:
    """A model of one variant; each keyword replaces a part of it."""
    return {"variants": [{"name": "int8", "uri": "oci://registry/defect:3-int8"} | variant]}


def _object(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "aiworkload.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
