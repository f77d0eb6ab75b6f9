# SPDX-License-Identifier: Apache-2.0
"""The node agent: measures the links of its node's site and publishes a NodeReport."""
