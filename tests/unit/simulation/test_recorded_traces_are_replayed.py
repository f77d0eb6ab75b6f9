# SPDX-License-Identifier: Apache-2.0
"""Real round trips come from CSV or JSON beside a scenario, value for value."""

import csv
import json

import numpy as np
import pytest

from aiworkload.simulation.reading import BadScenario, parse_scenario, read_scenario
from aiworkload.simulation.shapes import RecordedTrace
from aiworkload.simulation.simulate import simulate
from tests.unit.simulation.scenes import HEAD, SHIPPED, of

TRACES = SHIPPED / "traces"
STEP = 180.0
"""Seconds that a row holds, by the scenario's word."""


def trace_of(text: str) -> RecordedTrace:
    links = f"links:\n- {{between: [edge, fog], trace: {text}}}\n"
    found = parse_scenario(HEAD + links, "traced.yaml", TRACES).links[0].trace
    assert isinstance(found, RecordedTrace)
    return found


def test_a_csv_gives_its_column_in_order_and_its_comments_are_no_values() -> None:
    lines = (TRACES / "seattle-13-7.csv").read_text(encoding="utf-8").splitlines()
    rows = [float(row["rttMilliseconds"]) for row in csv.DictReader(line for line in lines if line[:1] != "#")]
    trace = trace_of("{file: seattle-13-7.csv, stepSeconds: 180}")
    assert len(rows) == 480
    assert trace.rtt(np.arange(len(rows)) * STEP).tolist() == rows


def test_a_json_tells_its_own_step_and_begins_again_after_its_last_value() -> None:
    values = json.loads((TRACES / "seattle-80-60.json").read_text(encoding="utf-8"))["rttMilliseconds"]
    trace = trace_of("{file: seattle-80-60.json}")
    assert trace.step_seconds == STEP
    assert trace.rtt(np.array([len(values) * STEP])).tolist() == values[:1]


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("{file: seattle-13-7.csv}", "give stepSeconds"),
        ("{file: seattle-13-7.csv, stepSeconds: 9, column: delay}", "no column"),
        ("{file: nobody.csv, stepSeconds: 9}", "No such file"),
    ],
)
def test_a_trace_that_cannot_be_read_is_told(text: str, cure: str) -> None:
    with pytest.raises(BadScenario, match=cure):
        trace_of(text)


def test_the_example_answers_within_its_target_more_often_than_its_link_alone_would() -> None:
    """The clinic's link home misses the target now and then; the workload goes where the network is well."""
    report = simulate(read_scenario(TRACES / "two-homes.yaml"))
    assistant = of(report, "assistant")
    alone = np.mean(trace_of("{file: seattle-13-7.csv, stepSeconds: 180}").rtt(np.arange(480) * STEP) + 10 <= 100)
    assert (assistant.attained_time_percent or 0) / 100 > alone
