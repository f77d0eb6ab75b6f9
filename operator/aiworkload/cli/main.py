# SPDX-License-Identifier: Apache-2.0
"""`kubectl aiworkload`: why a workload is where it is, and what a change would do."""

from importlib.metadata import version as installed_version
from typing import Final

import typer

from aiworkload.cli.explain import explain
from aiworkload.cli.plan import plan
from aiworkload.cli.simulate import simulate
from aiworkload.cli.snapshot import snapshot
from aiworkload.cli.usage import UsageGroup

_HELP: Final = """\
Why an AIWorkload is where it is, and what a change would do.

Runs as a kubectl plugin (`kubectl aiworkload ...`) wherever `kubectl-aiworkload` is on the PATH, or by itself. It
reads the cluster with your own rights and writes nothing.

For example:

  kubectl aiworkload explain defect-detector

  kubectl aiworkload plan -f defect-detector.yaml

  kubectl aiworkload snapshot > now.yaml
"""

app = typer.Typer(name="kubectl-aiworkload", help=_HELP, cls=UsageGroup, no_args_is_help=True, add_completion=False)
app.command()(explain)
app.command()(plan)
app.command()(simulate)
app.command()(snapshot)


@app.command()
def version() -> None:
    """Print the version of this plugin."""
    typer.echo(installed_version("aiworkload-operator"))


def main() -> None:
    """The console script `kubectl-aiworkload`."""
    app()
