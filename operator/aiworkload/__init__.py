# SPDX-License-Identifier: Apache-2.0
"""Keeps AI inference servers at the right place across cloud, fog and edge."""
