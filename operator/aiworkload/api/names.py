# SPDX-License-Identifier: Apache-2.0
"""Every name that the product writes into a cluster, in one place.

Only labels and annotations under `aiworkload.dev/` are ever written.
"""

from typing import Final

GROUP: Final = "aiworkload.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"

FIELD_MANAGER: Final = "aiworkload-operator"
STATUS_FIELD_MANAGER: Final = "aiworkload-operator-status"
AGENT_FIELD_MANAGER: Final = "aiworkload-agent"

WORKLOAD_LABEL: Final = f"{GROUP}/workload"
SITE_LABEL: Final = f"{GROUP}/site"
VARIANT_LABEL: Final = f"{GROUP}/variant"
DISCOVERED_LABEL: Final = f"{GROUP}/discovered"
TIER_LABEL: Final = f"{GROUP}/tier"

MOVE_ANNOTATION: Final = f"{GROUP}/move"
"""JSON of the move that created a Deployment or last switched a Service: the memory of a half-done move."""
EPOCH_ANNOTATION: Final = f"{GROUP}/leader-epoch"
"""`leaseTransitions` of the leader that wrote the object: the fencing token."""
APPROVE_ANNOTATION: Final = f"{GROUP}/approve-move-to"
"""With `migration.mode: Manual`, the name of the site that a person allows the workload to move to."""

ZONE_LABEL: Final = "topology.kubernetes.io/zone"
REGION_LABEL: Final = "topology.kubernetes.io/region"
HOSTNAME_LABEL: Final = "kubernetes.io/hostname"
EDGE_ROLE_LABEL: Final = "node-role.kubernetes.io/edge"
CONTROL_PLANE_ROLE_LABEL: Final = "node-role.kubernetes.io/control-plane"
OPENYURT_EDGE_LABEL: Final = "openyurt.io/is-edge-worker"
