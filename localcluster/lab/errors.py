# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in the lab; every message is a sentence that names the cure."""

from localcluster.errors import LocalClusterError


class LabError(LocalClusterError):
    """Anything the lab refuses or fails to do."""


class RequirementsError(LabError):
    """This machine or this user cannot run a lab: not root, a package or a kernel feature is missing."""


class TopologyError(LabError):
    """A topology file says something that cannot be built."""
