# SPDX-License-Identifier: Apache-2.0
"""The node agent: measures the links to other sites' agents and publishes this node's NodeReport."""
