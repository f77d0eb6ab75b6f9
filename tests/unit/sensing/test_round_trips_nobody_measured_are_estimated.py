# SPDX-License-Identifier: Apache-2.0
"""From some measured round trips to all others: near the truth, the same every time, and steady."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiworkload.sensing.embedding import embed
from aiworkload.sensing.survey import MEMORY_SECONDS, MOST_PAIRS_A_SITE, RENEWED_SECONDS, Survey
from aiworkload.snapshot.coordinates import Coordinates
from aiworkload.snapshot.snapshot import Snapshot
from tests.builders import NOW, a_link, a_site, a_snapshot

SITES = 60
PROBES = 8


def a_plane(seed: int = 1) -> dict[tuple[str, str], float]:
    """Round trips of sites on a plane, each behind an access link of its own: 5 to 125 ms."""
    dice = np.random.default_rng(seed)
    places, access = dice.uniform(0, 60, (SITES, 2)), dice.uniform(1, 20, SITES)
    return {
        (f"s{one:02d}", f"s{two:02d}"): float(np.linalg.norm(places[one] - places[two]) + access[one] + access[two])
        for one in range(SITES)
        for two in range(one + 1, SITES)
    }


def some_of(truth: dict[tuple[str, str], float], seed: int = 2) -> dict[tuple[str, str], float]:
    chosen = np.random.default_rng(seed).choice(len(truth), SITES * PROBES, replace=False)
    pairs = list(truth)
    return {pairs[index]: truth[pairs[index]] for index in chosen.tolist()}


def errors(found: Coordinates, truth: dict[tuple[str, str], float], *, but: dict[tuple[str, str], float]) -> np.ndarray:
    return np.array([abs((found.between(*pair) or 0) - true) / true for pair, true in truth.items() if pair not in but])


def test_pairs_that_were_not_measured_come_out_within_a_few_per_cent() -> None:
    truth = a_plane()
    measured = some_of(truth)
    found = errors(embed(measured), truth, but=measured)
    assert np.median(found) < 0.03
    assert np.quantile(found, 0.9) < 0.15


def test_the_same_measurements_in_any_order_give_the_same_coordinates() -> None:
    measured = some_of(a_plane())
    turned = {(other, one): value for (one, other), value in reversed(measured.items())}
    one, other = embed(measured), embed(turned)
    assert np.array_equal(one.positions, other.positions)
    assert np.array_equal(one.heights, other.heights)
    assert one.index == other.index


def test_a_survey_goes_on_from_where_it_was() -> None:
    truth = a_plane()
    measured = some_of(truth)
    before = embed(measured)
    new = {**measured, ("s00", "new"): 30.0, ("s10", "new"): 50.0, ("s20", "new"): 40.0}
    after = embed(new, before)
    assert "new" in after.index
    moved = np.linalg.norm(after.positions[[after.index[s] for s in before.index]] - before.positions, axis=1)
    assert np.median(moved) < 1.0
    assert np.median(errors(after, truth, but=measured)) < 0.04


@given(st.dictionaries(st.tuples(st.sampled_from("abcdef"), st.sampled_from("ghijkl")), st.floats(0, 60_000)))
@settings(max_examples=40, deadline=None)
def test_whatever_was_measured_heights_are_not_negative_and_all_is_finite(pairs: dict[tuple[str, str], float]) -> None:
    found = embed(pairs)
    assert set(found.index) == {site for pair in pairs for site in pair}
    assert np.isfinite(found.positions).all()
    assert (found.heights >= 0).all()


def test_nothing_is_known_of_a_site_that_was_never_measured() -> None:
    found = embed({("a", "b"): 5.0})
    assert found.between("a", "c") is None
    assert found.row("c") is None


def test_a_row_holds_what_each_pair_says() -> None:
    found = embed(some_of(a_plane()))
    row = found.row("s03")
    assert row is not None
    assert row[found.index["s09"]] == pytest.approx(found.between("s03", "s09"))


def a_measured_world(
    *links: tuple[str, str, float], now: float = NOW, age: float = 3.0, declared: bool = False
) -> Snapshot:
    sites = [a_site(name) for name in ("a", "b", "c", "d")]
    return a_snapshot(
        sites=sites, links=[a_link(*link, now=now, age=age, declared=declared) for link in links], now=now
    )


def test_what_is_declared_stale_or_lost_is_no_measurement() -> None:
    assert Survey().renew(a_measured_world(("a", "b", 9), declared=True)) is None
    assert Survey().renew(a_measured_world(("a", "b", 9), age=99.0)) is None
    assert Survey().renew(a_snapshot(sites=[a_site("a")], links=[a_link("a", "b", None, losses=9)])) is None


def test_of_two_ends_the_worse_counts() -> None:
    found = Survey().renew(a_measured_world(("a", "b", 1), ("b", "a", 20)))
    assert found is not None
    assert found.between("a", "b") == pytest.approx(20, rel=0.1)


def test_a_survey_is_made_again_for_news_alone() -> None:
    survey = Survey()
    assert survey.renew(a_measured_world(("a", "b", 10))) is not None
    assert survey.renew(a_measured_world(("a", "b", 10.5))) is None
    assert survey.renew(a_measured_world(("a", "b", 15))) is not None
    assert survey.renew(a_measured_world(("a", "b", 15), ("c", "d", 9))) is not None
    assert survey.renew(a_measured_world(("a", "b", 15), ("c", "d", 9), now=NOW + RENEWED_SECONDS)) is None


def test_a_pair_between_sites_that_have_their_place_is_news_when_pairs_are_few() -> None:
    survey = Survey()
    survey.renew(a_measured_world(("a", "b", 10), ("b", "c", 10)))
    assert survey.renew(a_measured_world(("a", "b", 10), ("b", "c", 10), ("a", "c", 20))) is not None


def test_a_pair_is_remembered_beyond_its_turn_and_not_for_ever() -> None:
    survey = Survey()
    survey.renew(a_measured_world(("a", "b", 10)))
    later = survey.renew(a_measured_world(("b", "c", 10), now=NOW + 60))
    assert later is not None
    assert later.between("a", "c") is not None
    last = survey.renew(a_measured_world(("b", "d", 10), now=NOW + 61 + MEMORY_SECONDS))
    assert last is not None
    assert last.between("a", "d") is None


def test_a_site_that_is_gone_is_forgotten() -> None:
    survey = Survey()
    survey.renew(a_measured_world(("a", "b", 10), ("c", "d", 10)))
    without = a_measured_world(("a", "b", 20))
    found = survey.renew(replace(without, sites={name: without.sites[name] for name in "ab"}))
    assert found is not None
    assert set(found.index) == {"a", "b"}


def test_memory_is_bounded() -> None:
    names = [f"s{number:03d}" for number in range(2 * MOST_PAIRS_A_SITE + 20)]
    links = [a_link(one, other, 10) for at, one in enumerate(names) for other in names[at + 1 :]]
    survey = Survey()
    survey.renew(a_snapshot(sites=[a_site(name) for name in names], links=links))
    assert len(survey._measured) <= MOST_PAIRS_A_SITE * len(names)
