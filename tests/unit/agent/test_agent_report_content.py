# SPDX-License-Identifier: Apache-2.0
"""A report says what the windows say, in the shape the CRD accepts."""

from hypothesis import given
from hypothesis import strategies as st

from aiworkload.agent.bandwidth import Bandwidth
from aiworkload.agent.machine import MachineUse
from aiworkload.agent.moment import Moment
from aiworkload.agent.report import WritePolicy, build_status
from aiworkload.agent.window import LinkSummary
from aiworkload.api.timestamps import to_epoch

NOW = Moment(monotonic=5_000.0, epoch=1_790_000_000.7)


def test_a_link_is_written_with_its_figures_and_units() -> None:
    link = LinkSummary(4_000, 5_000, 200, 333, 30, 1, 4_999.0)
    status = build_status({"cloud": link}, NOW, WritePolicy(), "10.0.0.7:9777").to_api()
    assert status["endpoint"] == "10.0.0.7:9777"
    assert status["validSeconds"] == 75
    [written] = status["links"]
    assert {key: written[key] for key in written if key != "observedTime"} == {
        "site": "cloud",
        "rttP50Microseconds": 4_000,
        "rttP95Microseconds": 5_000,
        "jitterMicroseconds": 200,
        "lossBasisPoints": 333,
        "lossSource": "Probes",
        "samples": 30,
        "consecutiveLosses": 1,
    }


def test_without_an_answer_no_round_trip_is_written() -> None:
    link = LinkSummary(None, None, 0, 10_000, 30, 40, 5_000.0)
    [written] = build_status({"cloud": link}, NOW, WritePolicy(), None).to_api()["links"]
    assert "rttP50Microseconds" not in written
    assert "rttP95Microseconds" not in written


def test_the_machines_use_is_written_and_what_could_not_be_measured_is_left_out() -> None:
    status = build_status({}, NOW, WritePolicy(), None, MachineUse(None, 60, 5_000.0)).to_api()
    assert status["machine"] == {
        "memoryPercent": 60,
        "pressed": [],
        "accelerators": [],
        "observedTime": status["observedTime"],
    }
    assert "machine" not in build_status({}, NOW, WritePolicy(), None).to_api()


def test_an_outage_of_years_stays_within_the_reports_bounds() -> None:
    link = LinkSummary(None, None, 0, 10_000, 30, 10**9, 5_000.0)
    [written] = build_status({"cloud": link}, NOW, WritePolicy(), None).links
    assert written.consecutive_losses == 1_000_000


@given(st.floats(0, 1e6), st.floats(-1, 1e6), st.floats(1e6, 4e9))
def test_a_link_is_as_old_in_its_report_as_it_is_whatever_the_wall_clock_says(
    probed: float, ago: float, epoch: float
) -> None:
    link = LinkSummary(1, 2, 0, 0, 3, 0, probed)
    status = build_status({"cloud": link}, Moment(probed + ago, epoch), WritePolicy(), None)
    age = to_epoch(status.observed_time) - to_epoch(status.links[0].observed_time)
    assert age >= 0, "the API server refuses what was observed after its report"
    assert abs(age - max(0.0, ago)) <= 1.01, "dates are whole seconds"


def test_a_bandwidth_is_written_with_its_own_time_and_validity() -> None:
    link = LinkSummary(4_000, 5_000, 200, 0, 30, 0, 5_000.0, bandwidth=Bandwidth(20_000, 4_000.0))
    status = build_status({"cloud": link}, NOW, WritePolicy(), None)
    [written] = status.links
    assert (written.bandwidth_kilobits, written.bandwidth_valid_seconds) == (20_000, 4500)
    assert written.bandwidth_observed_time is not None
    assert to_epoch(status.observed_time) - to_epoch(written.bandwidth_observed_time) == 1000
