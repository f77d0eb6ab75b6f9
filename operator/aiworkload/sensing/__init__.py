# SPDX-License-Identifier: Apache-2.0
"""What to measure, and what to make of what was measured. See docs/connectivity.md."""
