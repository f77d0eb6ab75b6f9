# SPDX-License-Identifier: Apache-2.0
"""`explain NAME`: the decision about one workload, each candidate with its points or the reason against it."""

from typing import Annotated, Any

import typer

from aiworkload.cli.documents import explanation
from aiworkload.cli.live import live_status
from aiworkload.cli.options import Context, Format, Kubeconfig, Namespace, Output, target_of
from aiworkload.cli.output import answer, fail, write
from aiworkload.cli.pages import explanation_page
from aiworkload.cli.session import Target, connected
from aiworkload.kube.errors import NotFound
from aiworkload.kube.resources import WORKLOAD
from aiworkload.reconcile.ports import ClusterError


def explain(
    name: Annotated[str, typer.Argument(help="The AIWorkload's name.", metavar="NAME")],
    *,
    live: Annotated[
        bool,
        typer.Option("--live", help="Decide anew from what the cluster holds now, instead of what the operator wrote."),
    ] = False,
    namespace: Namespace = None,
    output: Output = Format.TABLE,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Say why a workload is where it is: every site that was considered, what held a move back, what comes next.

    The status holds the ten best candidates; with --live, -o json and -o yaml have every one there is.

    For example:

      kubectl aiworkload explain defect-detector

      kubectl aiworkload explain defect-detector -n vision --live

      kubectl aiworkload explain defect-detector --live -o json | jq .decision.candidates
    """
    try:
        target = target_of(kubeconfig, context, namespace)
    except ClusterError as error:
        raise fail(str(error)) from error
    document = answer(_explained(target, name, live=live))
    write(document, output, lambda: explanation_page(document))


async def _explained(target: Target, name: str, *, live: bool) -> dict[str, Any]:
    async with connected(target) as connection:
        try:
            found = await connection.get(WORKLOAD.path(target.namespace, name))
        except NotFound as error:
            sentence = f"no AIWorkload '{name}' in namespace {target.namespace}: `kubectl get aiw -A` lists all"
            raise NotFound(sentence) from error
        status = await live_status(connection, target.namespace, name) if live else found.get("status") or {}
    return explanation(found, status, live=live)
