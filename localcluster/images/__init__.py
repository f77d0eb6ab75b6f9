# SPDX-License-Identifier: Apache-2.0
"""Images without a registry: archives that any engine loads, built once a version and kept in the user's cache."""

from localcluster.images.recipes import operator, triton
from localcluster.images.static_pause import pause

__all__ = ["operator", "pause", "triton"]
