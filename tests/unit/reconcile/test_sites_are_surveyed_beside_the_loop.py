# SPDX-License-Identifier: Apache-2.0
"""Coordinates are reckoned beside the loop: it is woken when sites get a place, and a failure costs no decision."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from aiworkload.reconcile.background import Background
from aiworkload.reconcile.surveying import LOOK_SECONDS, BackgroundSurveyor
from aiworkload.sensing.survey import Survey
from aiworkload.snapshot.coordinates import Coordinates
from aiworkload.snapshot.snapshot import Snapshot
from tests.builders import NOW, a_link, a_site, a_snapshot
from tests.fakes import FakeClock

PATIENCE = 20.0


def a_world(*links: tuple[str, str, float]) -> Snapshot:
    return a_snapshot(sites=[a_site(name) for name in "abc"], links=[a_link(*link) for link in links])


class Surveyed:
    """A surveyor, with what it woke and a clock to go on with."""

    def __init__(self) -> None:
        self.clock, self.woken, self.background = FakeClock(NOW), 0, Background()
        self.surveyor = BackgroundSurveyor(self.clock, self.wake, self.background)

    def wake(self) -> None:
        self.woken += 1

    async def looked(self, world: Snapshot) -> Coordinates | None:
        """What is known after a look at a world, a while after the last."""
        self.clock.seconds += LOOK_SECONDS
        self.surveyor.consider(world)
        await self.over()
        return self.surveyor.coordinates

    async def over(self) -> None:
        """Until no look is under way."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*self.background._tasks.values())


def surveyed(story: Callable[[Surveyed], Awaitable[None]]) -> Surveyed:
    async def told() -> Surveyed:
        found = Surveyed()
        await story(found)
        await found.background.close()
        return found

    return asyncio.run(told())


def test_sites_that_get_a_place_wake_the_loop_and_better_places_do_not() -> None:
    async def story(it: Surveyed) -> None:
        assert await it.looked(a_world(("a", "b", 10))) is not None
        assert it.woken == 1
        await it.looked(a_world(("a", "b", 50)))
        assert it.woken == 1
        await it.looked(a_world(("a", "b", 50), ("b", "c", 9)))

    assert surveyed(story).woken == 2


def test_without_news_what_is_known_stays() -> None:
    async def story(it: Surveyed) -> None:
        first = await it.looked(a_world(("a", "b", 10)))
        assert await it.looked(a_world(("a", "b", 10))) is first

    surveyed(story)


def test_it_looks_no_more_often_than_it_should_and_not_at_nothing() -> None:
    async def story(it: Surveyed) -> None:
        assert await it.looked(a_world()) is None
        await it.looked(a_world(("a", "b", 10)))
        it.surveyor.consider(a_world(("b", "c", 10)))
        assert it.surveyor.coordinates is not None
        assert "c" not in it.surveyor.coordinates.index

    surveyed(story)


def test_a_look_that_is_under_way_is_not_begun_again_and_may_be_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    monkeypatch.setattr(Survey, "renew", lambda _, snapshot: looks.append(snapshot))

    async def story(it: Surveyed) -> None:
        for _ in range(2):
            it.clock.seconds += LOOK_SECONDS
            it.surveyor.consider(a_world(("a", "b", 10)))
        await it.over()

    surveyed(story)
    assert len(looks) == 1


def test_a_survey_that_fails_is_told_and_what_is_known_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(it: Surveyed) -> None:
        before = await it.looked(a_world(("a", "b", 10)))

        def fail(*_: object) -> None:
            raise FloatingPointError("no place")

        monkeypatch.setattr(Survey, "renew", fail)
        assert await it.looked(a_world(("b", "c", 10))) is before
        assert it.background.failures() == ("coordinates: FloatingPointError: no place",)
        assert it.background.failures() == ()

    surveyed(story)
