# SPDX-License-Identifier: Apache-2.0
"""A real Kubernetes control plane on this machine, for tests, the demo and trying things out. Linux only.

`ControlPlane` runs it, `Kwok` adds simulated nodes, `Toxiproxy` puts a bad link between the two, and
`python -m localcluster` does the same for people. Nothing is left behind, however its owner ends.
"""

from localcluster.binaries import ensure
from localcluster.controlplane import ControlPlane
from localcluster.errors import ApiError, BuildError, KubectlError, LocalClusterError, StartError

__all__ = ["ApiError", "BuildError", "ControlPlane", "KubectlError", "LocalClusterError", "StartError", "ensure"]
