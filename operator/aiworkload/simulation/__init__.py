# SPDX-License-Identifier: Apache-2.0
"""A scenario on a virtual clock: the production loop and decision over a cluster in memory."""
