# SPDX-License-Identifier: Apache-2.0
"""Where each kind that the operator touches lives in the API.

Written down, not discovered: a broken aggregated API
must not stop the operator, and these paths are stable.
"""

from dataclasses import dataclass
from typing import Final

from aiworkload.api import names


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind and its place in the API."""

    kind: str
    api_version: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path of a collection, an object or its subresource; without a namespace, of all namespaces."""
        root = "/api/" if "/" not in self.api_version else "/apis/"
        parts = [root + self.api_version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        parts += [part for part in (name, subresource) if part]
        return "/".join(parts)


NODE: Final = Resource("Node", "v1", "nodes", namespaced=False)
POD: Final = Resource("Pod", "v1", "pods", namespaced=True)
SERVICE: Final = Resource("Service", "v1", "services", namespaced=True)
EVENT: Final = Resource("Event", "v1", "events", namespaced=True)
DEPLOYMENT: Final = Resource("Deployment", "apps/v1", "deployments", namespaced=True)
LEASE: Final = Resource("Lease", "coordination.k8s.io/v1", "leases", namespaced=True)
PRIORITY_CLASS: Final = Resource("PriorityClass", "scheduling.k8s.io/v1", "priorityclasses", namespaced=False)
WORKLOAD: Final = Resource("AIWorkload", names.API_VERSION, "aiworkloads", namespaced=True)
NODE_METRICS: Final = Resource("NodeMetrics", "metrics.k8s.io/v1beta1", "nodes", namespaced=False)
SITE: Final = Resource("Site", names.API_VERSION, "sites", namespaced=False)
NODE_REPORT: Final = Resource("NodeReport", names.API_VERSION, "nodereports", namespaced=False)

BY_KIND: Final = {
    resource.kind: resource for resource in (NODE, POD, SERVICE, EVENT, DEPLOYMENT, LEASE, WORKLOAD, SITE, NODE_REPORT)
}
