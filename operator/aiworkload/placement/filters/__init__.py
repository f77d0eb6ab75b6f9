# SPDX-License-Identifier: Apache-2.0
"""One file a rule: `reject(context)` gives the reason against a candidate, or None. Listed in `catalogue.py`."""
