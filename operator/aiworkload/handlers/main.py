# SPDX-License-Identifier: Apache-2.0
"""The command `aiworkload-operator`."""

import asyncio
import logging
import sys
from typing import Annotated

import typer

from aiworkload.handlers.operator import run
from aiworkload.handlers.service import ExitCode
from aiworkload.kube.errors import NotConfigured
from aiworkload.settings import BadSettings, LogFormat, described_settings, load_settings
from aiworkload.telemetry.logs import configure
from aiworkload.telemetry.server import PortTaken

_log = logging.getLogger(__name__)

_HELP = """Keep AI inference servers at the right place across cloud, fog and edge sites.

Runs in a pod with a service account, or anywhere with a kubeconfig:

    KUBECONFIG=~/.kube/config AIWORKLOAD_LOG_FORMAT=text aiworkload-operator

Several replicas elect one leader by a Lease; the others keep up and take over. Inference goes on without any of them.

On one port (8080): /metrics for Prometheus, /healthz (each watch, the loop and the elector show signs of life), /readyz
(all watches are complete).

Exit codes: 0 stopped by a signal; 1 a part failed; 2 bad setting or no cluster; 3 another replica leads now.

Settings are environment variables:
"""


def _settings_help() -> str:
    rows = (f"{name}={default}\n    {text}" for name, default, text in described_settings())
    return "\n".join(rows)


app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(help="\b\n" + _HELP + "\n\b\n" + _settings_help())
def operate(
    kubeconfig: Annotated[
        str | None, typer.Option(help="Kubeconfig file. Default: KUBECONFIG, the pod's service account, ~/.kube/config")
    ] = None,
    context: Annotated[str | None, typer.Option(help="Context in it. Default: its current one")] = None,
) -> None:
    """Run until stopped."""
    try:
        settings = load_settings()
        configure(settings.log.level, as_json=settings.log.format is LogFormat.JSON)
        code = asyncio.run(run(settings, kubeconfig, context))
    except (BadSettings, NotConfigured, PortTaken) as error:
        print(f"aiworkload-operator: {error}", file=sys.stderr)  # noqa: T201 - for the person who started it
        code = ExitCode.MISCONFIGURED
    raise typer.Exit(code)


def main() -> None:
    """The console script."""
    app()
