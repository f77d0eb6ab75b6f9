# SPDX-License-Identifier: Apache-2.0
"""`aiworkload-agent`: from the command line to a running agent, and out on SIGTERM."""

import asyncio
import logging
import os
import resource
import signal
import sys
from functools import partial
from typing import Final

from aiworkload.agent.credentials import CredentialsError, load_credentials
from aiworkload.agent.echo import MOST_CALLERS
from aiworkload.agent.keys import KeysError
from aiworkload.agent.publish import Publisher
from aiworkload.agent.run import Agent
from aiworkload.agent.settings import Settings, read_settings

_log = logging.getLogger("aiworkload.agent")

MISCONFIGURED: Final = 2
"""The exit code of a process that was told something that cannot work; starting it again does not help."""
OPEN_FILES: Final = MOST_CALLERS + 1024
"""All callers at once, and as many files for the agent's own probes and reports. Ours."""


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    settings = read_settings(sys.argv[1:], os.environ)
    logging.basicConfig(
        level=logging.DEBUG if settings.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
    )
    allow_open_files(OPEN_FILES)
    sys.exit(asyncio.run(_serve(settings)))


def allow_open_files(wanted: int) -> None:
    """Raise this process's own limit that far, as the machine's lets it.

    Container runtimes often give 1,024: strangers who hold as many connections would leave none for the agent itself.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


async def _serve(settings: Settings) -> int:
    load = partial(load_credentials, settings.kubeconfig, os.environ)
    try:
        load()
    except CredentialsError as error:
        _log.error("%s", error)
        return MISCONFIGURED
    if settings.endpoint is None:
        _log.warning("nobody is told how to reach this agent: give --endpoint, or set POD_IP")
    publisher = Publisher(settings.node_name, load)
    try:
        agent = Agent(settings, publisher)
    except KeysError as error:
        _log.error("%s", error)
        return MISCONFIGURED
    work = asyncio.create_task(agent.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        _log.info("stopped")
    except OSError as error:
        _log.error("cannot listen on %s: %s; choose another --listen", settings.listen, error.strerror)
        return MISCONFIGURED
    finally:
        await publisher.close()
    return 0


if __name__ == "__main__":
    main()
