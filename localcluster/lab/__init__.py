# SPDX-License-Identifier: Apache-2.0
"""A real multi-node cluster on one machine, with links between its sites that can be slowed, made lossy and cut.

Every node is a machine of its own to Kubernetes: namespaces, containerd, kubelet and kube-proxy. `docs/lab.md` tells
how to use it, `python -m localcluster lab --help` what a shell can do with it. Linux and root only.
"""

from localcluster.lab.errors import LabError, RequirementsError, TopologyError
from localcluster.lab.lab import Lab
from localcluster.lab.topology import Link, Site, Topology

__all__ = ["Lab", "LabError", "Link", "RequirementsError", "Site", "Topology", "TopologyError"]
