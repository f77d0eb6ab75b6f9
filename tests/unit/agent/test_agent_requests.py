# SPDX-License-Identifier: Apache-2.0
"""One request writes the report and brings back what the operator asks; every failure is a sentence."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from aiworkload.agent.credentials import Credentials, CredentialsError
from aiworkload.agent.publish import Denied, NotCreated, NotNow, Publisher, PublishError
from aiworkload.api.node_report import NodeReportStatus, Peer

STATUS = NodeReportStatus(observed_time="2026-11-23T18:00:00Z")
Answer = Callable[[web.Request], web.Response]


class ApiServer:
    """Answers as told, and keeps what it was sent."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[web.Request] = []
        self.bodies: list[dict[str, Any]] = []
        self.loads = 0
        self.url = ""
        self.delay_seconds = 0.0

    def load(self) -> Credentials:
        self.loads += 1
        return Credentials(self.url, None, token=f"token-{self.loads}")

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        self.bodies.append(json.loads(await request.text()))
        await asyncio.sleep(self.delay_seconds)
        return self.answer(request)


@asynccontextmanager
async def serving(answer: Answer, *, seconds: float = 5.0) -> AsyncIterator[tuple[ApiServer, Publisher]]:
    api = ApiServer(answer)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    publisher = Publisher("edge-1", api.load, seconds=seconds)
    try:
        yield api, publisher
    finally:
        await publisher.close()
        await runner.cleanup()


def whole_object(_: web.Request) -> web.Response:
    return web.json_response({"spec": {"site": "plant", "peers": [{"site": "cloud", "endpoint": "10.0.0.1:9777"}]}})


def refusal(code: int, message: str) -> Answer:
    return lambda _: web.json_response({"kind": "Status", "message": message}, status=code)


async def test_the_status_is_applied_under_our_field_manager_and_the_peers_come_back() -> None:
    async with serving(whole_object) as (api, publisher):
        spec = await publisher.publish(STATUS)
        assert spec.peers == (Peer(site="cloud", endpoint="10.0.0.1:9777"),)
        [request] = api.requests
        assert request.method == "PATCH"
        assert request.path == "/apis/aiworkload.dev/v1alpha1/nodereports/edge-1/status"
        assert dict(request.query) == {"fieldManager": "aiworkload-agent", "force": "true"}
        assert request.content_type == "application/apply-patch+yaml"
        assert request.headers["Authorization"] == "Bearer token-1"
        assert api.bodies[0]["metadata"] == {"name": "edge-1"}
        assert api.bodies[0]["status"]["observedTime"] == "2026-11-23T18:00:00Z"


async def test_one_connection_is_kept_for_all_reports() -> None:
    async with serving(whole_object) as (api, publisher):
        for _ in range(3):
            await publisher.publish(STATUS)
        assert api.loads == 1
        assert len({request.transport for request in api.requests}) == 1


async def test_a_missing_report_is_told_from_other_failures() -> None:
    async with serving(refusal(404, "not found")) as (_, publisher):
        with pytest.raises(NotCreated, match="no NodeReport edge-1 yet"):
            await publisher.publish(STATUS)


@pytest.mark.parametrize(
    ("code", "kind"), [(400, Denied), (403, Denied), (422, Denied), (409, NotNow), (429, NotNow), (500, PublishError)]
)
async def test_what_kind_of_failure_it_is_tells_how_long_to_wait(code: int, kind: type[PublishError]) -> None:
    async with serving(refusal(code, "no")) as (_, publisher):
        with pytest.raises(PublishError) as failure:
            await publisher.publish(STATUS)
        assert type(failure.value) is kind


@pytest.mark.parametrize("code", [403, 404, 409, 429, 500, 503])
async def test_an_api_server_that_answers_is_asked_again_on_the_same_connection(code: int) -> None:
    async with serving(refusal(code, "no")) as (api, publisher):
        for _ in range(3):
            with pytest.raises(PublishError):
                await publisher.publish(STATUS)
        assert len({request.transport for request in api.requests}) == 1
        assert api.loads == 1


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0", 0.0), ("Mon, 30 Nov 2026 20:00:00 GMT", None), ("-1", None), ("", None)]
)
async def test_how_long_the_api_server_wants_to_be_left_alone_is_passed_on(header: str, seconds: float | None) -> None:
    async with serving(lambda _: web.Response(status=429, headers={"Retry-After": header})) as (_, publisher):
        with pytest.raises(NotNow) as failure:
            await publisher.publish(STATUS)
        assert failure.value.retry_after == seconds


async def test_after_a_refused_token_the_credentials_are_read_again() -> None:
    async with serving(refusal(401, "Unauthorized")) as (api, publisher):
        with pytest.raises(PublishError, match=r"may not write NodeReport edge-1 \(401\): Unauthorized"):
            await publisher.publish(STATUS)
        api.answer = whole_object
        await publisher.publish(STATUS)
        assert api.requests[-1].headers["Authorization"] == "Bearer token-2"


async def test_an_api_server_that_does_not_answer_is_given_up_in_time() -> None:
    async with serving(whole_object, seconds=0.2) as (api, publisher):
        api.delay_seconds = 3.0
        with pytest.raises(PublishError, match="cannot be reached"):
            await publisher.publish(STATUS)


@pytest.mark.parametrize("body", ["", "[]", "{", '{"spec": {"peers": [{"site": "UPPER CASE"}]}}', '{"spec": null}'])
async def test_an_answer_that_cannot_be_read_is_a_failure_and_no_crash(body: str) -> None:
    async with serving(lambda _: web.Response(text=body)) as (_, publisher):
        with pytest.raises(PublishError, match="cannot be read"):
            await publisher.publish(STATUS)


async def test_an_error_page_of_a_gateway_is_quoted() -> None:
    async with serving(lambda _: web.Response(status=502, text="<h1>Bad gateway</h1>")) as (_, publisher):
        with pytest.raises(PublishError, match="502: <h1>Bad gateway"):
            await publisher.publish(STATUS)


async def test_credentials_that_went_away_are_a_failure_that_can_heal() -> None:
    def load() -> Credentials:
        raise CredentialsError("cannot read token: No such file or directory")

    with pytest.raises(PublishError, match="cannot read token"):
        await Publisher("edge-1", load).publish(STATUS)
