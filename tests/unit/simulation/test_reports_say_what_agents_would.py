# SPDX-License-Identifier: Apache-2.0
"""The figures of all reports, reckoned at once, are those of the agent's own window over the same probes."""

import numpy as np
import pytest

from aiworkload.agent.window import Window
from aiworkload.simulation.paths import WINDOW_PROBES, _summaries


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
