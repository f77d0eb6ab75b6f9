# SPDX-License-Identifier: Apache-2.0
"""Events are posted on the side: the same note many times is one Event with a count, and none without leadership."""

import asyncio
import json
from typing import Any

import pytest

from aiworkload.kube.connection import Connection
from aiworkload.kube.events import MOST_WAITING, REPETITION_SECONDS, EventPoster
from aiworkload.reconcile.ports import EventType, Note, ObjectReference
from localcluster import ControlPlane
from tests.integration.kube.borders import eventually

pytestmark = pytest.mark.integration


def note(about: str, message: str = "placed at plant-7") -> Note:
    return Note(ObjectReference("AIWorkload", about, f"uid-{about}", "default"), EventType.NORMAL, "Placed", message)


def told(cluster: ControlPlane, about: str) -> list[dict[str, Any]]:
    found = json.loads(cluster.run_kubectl("get", "events", "-n", "default", "-o", "json"))["items"]
    return [event for event in found if event["involvedObject"]["name"] == about]


async def test_the_same_note_again_counts_up_one_event(cluster: ControlPlane) -> None:
    now = 0.0
    async with Connection.open(cluster.kubeconfig) as connection:
        poster = EventPoster(connection, "me", monotonic=lambda: now)
        running = asyncio.create_task(poster.run())
        for _ in range(3):
            poster.post(note("a"))
        await eventually(lambda: [event["count"] for event in told(cluster, "a")] == [3])
        poster.post(note("a"))

        def told_again_later() -> bool:
            nonlocal now
            now += REPETITION_SECONDS
            return [event["count"] for event in told(cluster, "a")] == [4]

        await eventually(told_again_later)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_without_leadership_nothing_is_posted_and_a_flood_is_bounded(cluster: ControlPlane) -> None:
    async with Connection.open(cluster.kubeconfig) as connection:
        poster = EventPoster(connection, "me", may_post=lambda: False)
        for number in range(MOST_WAITING + 5):
            poster.post(note("b", f"message {number}"))
        assert poster.dropped == 5
        running = asyncio.create_task(poster.run())
        await eventually(lambda: poster.dropped > 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert told(cluster, "b") == []
