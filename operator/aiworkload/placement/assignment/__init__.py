# SPDX-License-Identifier: Apache-2.0
"""Many workloads, shared capacity: one joint choice, near the optimum and certified by a bound of its own.

Start in `problem` (what is asked and answered), then `solve`.
"""
