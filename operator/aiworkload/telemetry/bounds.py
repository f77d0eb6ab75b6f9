# SPDX-License-Identifier: Apache-2.0
"""How many series there may be of one kind."""

from typing import Final

MOST_LINKS: Final = 5000
"""Links told in full; 5,000 are 70 sites each measuring each. Beyond, the first by name. Ours."""
MOST_WORKLOADS: Final = 5000
"""Workloads told singly, the first by name: with four series each, 20,000 in one scrape. Ours."""
