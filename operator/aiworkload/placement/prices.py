# SPDX-License-Identifier: Apache-2.0
"""What rows cost in an hour: the share of nodes that their replicas take, and the egress to clients elsewhere.

Reckoned for each kind of site, which are few, and put right at the few sites that are a client's own.
"""

from functools import cached_property
from typing import Final

import numpy as np

from aiworkload.placement.columns import Columns, Floats, Ints
from aiworkload.placement.rows import Rows
from aiworkload.placement.ways import Halves


class Prices:
    """Of R rows at S sites of K kinds. Arrays are computed when first asked for."""

    def __init__(self, rows: Rows, columns: Columns) -> None:
        self._rows: Final = rows
        self._columns: Final = columns

    @property
    def remote_rate(self) -> Halves:
        """[R, S] requests a second that come from other sites; none where each site serves its own clients only."""
        total = self._total_rate
        found: Halves = np.repeat(total[:, None], len(self._columns.geography), axis=1)
        cells, rates = self._local_rates
        rows: Ints = cells // max(1, len(self._columns.geography))
        found.ravel()[cells] = np.maximum(np.float32(0), total.take(rows) - rates)
        return found

    @cached_property
    def everywhere(self) -> Floats:
        """[R, S] money for an hour at each site."""
        found: Floats = self.away.take(self._columns.kinds.of_site, axis=1)
        cells, prices = self.local
        found.ravel()[cells] = prices
        return found

    @cached_property
    def away(self) -> Floats:
        """[R, K] money for an hour at each kind of site, away from all clients."""
        kinds = self._columns.kinds
        egress = kinds.egress_price * self._total_rate[:, None] * self._rows.gibibytes[:, None]
        found: Floats = self._node_prices + egress
        return found

    @cached_property
    def local(self) -> tuple[Ints, Floats]:
        """Cells where a client is at the very site, ascending, and what they cost in an hour."""
        kinds, (cells, rates) = self._columns.kinds, self._local_rates
        rows, columns = np.divmod(cells, max(1, len(self._columns.geography)))
        kind = kinds.of_site.take(columns)
        remote = np.maximum(np.float32(0), self._total_rate.take(rows) - rates)
        egress = kinds.egress_price.take(kind) * remote * self._rows.gibibytes.take(rows)
        return cells, self._node_prices[rows, kind] + egress

    @cached_property
    def _node_prices(self) -> Floats:
        """[R, K] money for the replicas' share of nodes."""
        found: Floats = self._columns.kinds.node_price * self._kind_share * self._rows.replicas[:, None]
        return found

    @property
    def node_share(self) -> Floats:
        """[R, S] the dominant share of a typical node that one replica takes; at most a whole one."""
        found: Floats = self._kind_share.take(self._columns.kinds.of_site, axis=1)
        return found

    @cached_property
    def _kind_share(self) -> Floats:
        """[R, K] as `node_share`, of each kind of site."""
        kinds, demand = self._columns.kinds, self._rows.demand
        share: Floats = np.zeros((len(demand), len(kinds.node_price)))
        for d in np.flatnonzero(demand.any(axis=0)).tolist():
            part = np.where(demand[:, d, None] > 0, np.inf, 0.0) * np.ones_like(kinds.node_price)
            np.divide(demand[:, d, None], kinds.typical[:, d], out=part, where=kinds.typical[:, d] > 0)
            np.maximum(share, part, out=share)
        found: Floats = np.minimum(1.0, share)
        return found

    @cached_property
    def _total_rate(self) -> Halves:
        """[R] requests a second that are to be told near from far; none where each site serves its own clients."""
        rates = [0 if needs.everywhere else sum(rate for _, rate in needs.clients) for needs, _ in self._rows.needs]
        return np.array(rates, np.float32)

    @cached_property
    def _local_rates(self) -> tuple[Ints, Halves]:
        """Cells where a client is at the very site, ascending, and its requests a second."""
        found: dict[int, int] = {}
        index, width = self._columns.geography.index, len(self._columns.geography)
        for number, (needs, _) in enumerate(self._rows.needs):
            for site, rate in needs.clients:
                if site in index:
                    cell = number * width + index[site]
                    found[cell] = found.get(cell, 0) + rate
        cells = sorted(found)
        return np.array(cells, np.int64), np.array([found[cell] for cell in cells], np.float32)
