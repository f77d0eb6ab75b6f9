# SPDX-License-Identifier: Apache-2.0
"""A machine that slows itself down for heat says so for a minute."""

import logging
from pathlib import Path

import pytest

from aiworkload.agent.heat import Heat


class Machine:
    """A /sys with one processor and one thermal zone."""

    def __init__(self, folder: Path) -> None:
        self.sys = folder
        self.throttled(3)
        zone = folder / "class" / "thermal" / "thermal_zone0"
        zone.mkdir(parents=True)
        for number, (kind, limit) in enumerate((("active", 40_000), ("passive", 85_000), ("critical", 105_000))):
            (zone / f"trip_point_{number}_type").write_text(f"{kind}\n")
            (zone / f"trip_point_{number}_temp").write_text(f"{limit}\n")
        self.temperature(50_000)

    def throttled(self, times: int) -> None:
        folder = self.sys / "devices" / "system" / "cpu" / "cpu0" / "thermal_throttle"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "core_throttle_count").write_text(f"{times}\n")

    def temperature(self, thousandths: int) -> None:
        (self.sys / "class" / "thermal" / "thermal_zone0" / "temp").write_text(f"{thousandths}\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_warm_machine_with_its_fan_on_is_not_slowed_down(machine: Machine) -> None:
    machine.temperature(84_999)
    assert not Heat(machine.sys).look(0.0)


def test_what_was_throttled_before_the_agent_began_is_past(machine: Machine) -> None:
    assert not Heat(machine.sys).look(0.0)


def test_a_counter_that_grows_is_a_sign_for_a_minute(machine: Machine) -> None:
    heat = Heat(machine.sys)
    machine.throttled(4)
    assert [heat.look(second) for second in (0.0, 10.0, 59.9, 60.0)] == [True, True, True, False]


def test_a_zone_above_a_slowing_trip_point_is_a_sign(machine: Machine) -> None:
    heat = Heat(machine.sys)
    machine.temperature(85_000)
    assert heat.look(0.0)
    machine.temperature(70_000)
    assert heat.look(59.0)
    assert not heat.look(60.0)


def test_a_zone_whose_device_sleeps_is_no_sign(machine: Machine) -> None:
    heat = Heat(machine.sys)
    (machine.sys / "class" / "thermal" / "thermal_zone0" / "temp").unlink()
    assert not heat.look(0.0)


def test_a_machine_that_shows_nothing_is_taken_to_be_cool(tmp_path: Path) -> None:
    assert not Heat(tmp_path).look(0.0)


def test_counters_that_a_container_may_not_see_are_said_once_and_zones_tell_alone(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (machine.sys / "devices" / "system" / "cpu" / "cpu0" / "thermal_throttle" / "core_throttle_count").unlink()
    heat = Heat(machine.sys)
    machine.temperature(85_000)
    assert heat.look(0.0)
    assert caplog.text.count("counters are hidden from this container") == 1


def test_of_a_machine_without_such_counters_nothing_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    Heat(tmp_path)
    assert caplog.text == ""
