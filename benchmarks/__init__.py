# SPDX-License-Identifier: Apache-2.0
"""Measurements of the product, each beside the peer that it is measured against, in one run."""
