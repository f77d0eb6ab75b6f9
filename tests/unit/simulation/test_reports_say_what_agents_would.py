# SPDX-License-Identifier: Apache-2.0
"""The figures of all reports, reckoned at once, are those of the agent's own window over the same probes."""

import numpy as np
import pytest

from aiworkload.agent import report
from aiworkload.agent.window import Window
from aiworkload.simulation import paths
from aiworkload.simulation.paths import WINDOW_PROBES, Path, _summaries
from aiworkload.snapshot import link


@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_a_window_of_probes_is_summarised_as_the_agent_does(loss: float) -> None:
    dice = np.random.default_rng(5)
    probes = np.rint(dice.exponential(20_000, 200))
    probes[dice.random(200) < loss] = np.inf
    newest = np.arange(WINDOW_PROBES - 1, 200)
    seen = _summaries(probes, newest)
    window = Window(WINDOW_PROBES)
    for index, probe in enumerate(probes):
        window.add(None if np.isinf(probe) else int(probe), float(index))
        if index < WINDOW_PROBES - 1 or window.summary is None:
            continue
        said, at = window.summary, index - WINDOW_PROBES + 1
        assert (seen["p50"][at], seen["p95"][at]) == (said.rtt_p50, said.rtt_p95)
        assert seen["loss_basis_points"][at] == said.loss_basis_points
        assert seen["consecutive_losses"][at] == said.consecutive_losses
        if not loss:
            assert seen["jitter"][at] == said.jitter


def told(p95: list[int], losses: list[int] | None = None, thresholds: tuple[float, ...] = (0.0,)) -> list[bool]:
    none = np.zeros(len(p95), dtype=np.int64)
    figures, lost = np.array(p95), np.array(losses or none)
    path = Path(("a", "b"), None, none * 0.0, none * 0.0, figures, figures, none, none, lost)
    return [bool(one) for one in path.told(np.array(thresholds))]


def test_the_outage_and_the_thresholds_of_news_are_the_agents() -> None:
    assert report.OUTAGE_LOSSES == link.OUTAGE_LOSSES
    assert paths.CHANGED_SHARE * 100 == report.CHANGED_PERCENT
    assert paths.CHANGED_MICROSECONDS == report.CHANGED_MICROSECONDS


def test_a_p95_is_told_when_it_has_moved_by_a_fifth_from_the_one_last_told_however_slowly() -> None:
    assert told([20_000, 22_000, 23_900, 24_000, 22_000]) == [True, False, False, True, False]


def test_below_a_millisecond_nothing_is_news() -> None:
    assert told([2_000, 2_900, 3_000]) == [True, False, True]


def test_crossing_a_target_and_an_outage_are_told_at_once() -> None:
    assert told([39_900, 40_100], thresholds=(40.0,)) == [True, True]
    assert told([9_000] * 3, losses=[0, 4, 5]) == [True, False, True]
