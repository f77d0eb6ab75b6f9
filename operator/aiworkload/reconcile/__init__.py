# SPDX-License-Identifier: Apache-2.0
"""The loop: observe, snapshot, decide, act, report; one cycle for the whole cluster."""
