# SPDX-License-Identifier: Apache-2.0
"""One file a factor: `score(context, rivals)` gives 0 to 100 points and the value behind. Listed in `catalogue.py`."""
