# SPDX-License-Identifier: Apache-2.0
"""Prometheus series and logging, fed by the facts of decisions and moves."""
