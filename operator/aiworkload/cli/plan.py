# SPDX-License-Identifier: Apache-2.0
"""`plan -f FILE`: what applying a file would do, to its own workloads and to all others. Nothing is written."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from aiworkload.cli.changes import plan_document
from aiworkload.cli.dry_run import submit
from aiworkload.cli.files import read_files
from aiworkload.cli.options import Context, Format, Kubeconfig, Namespace, Output, target_of
from aiworkload.cli.output import answer, fail, write
from aiworkload.cli.plan_page import plan_page
from aiworkload.cli.policy import operator_policy
from aiworkload.cli.session import Target, connected, read_store, snapshot_of
from aiworkload.placement.decide import decide
from aiworkload.reconcile.ports import ClusterError

WOULD_CHANGE: Final = 2
"""Exit code when applying the file would change something, as with `terraform plan -detailed-exitcode`."""


def plan(
    files: Annotated[
        list[Path],
        typer.Option("--filename", "-f", metavar="FILE", help="YAML or JSON with AIWorkloads and Sites; - is stdin."),
    ],
    *,
    namespace: Namespace = None,
    output: Output = Format.TABLE,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Say where the workloads of a file would go, and what that would change for others. Writes nothing.

    The API server checks the file itself (a dry run), and the operator's own decision function decides, from what the
    cluster holds now. Exit code: 0 nothing would change, 2 something would, 1 it could not be found out.

    For example:

      kubectl aiworkload plan -f defect-detector.yaml

      kubectl aiworkload plan -f sites.yaml -f workloads.yaml -o json

      kubectl aiworkload plan -f defect-detector.yaml; test $? -ne 2 || echo "it would change something"
    """
    try:
        target = target_of(kubeconfig, context, namespace)
    except ClusterError as error:
        raise fail(str(error)) from error
    document = answer(_planned(target, files))
    write(document, output, lambda: plan_page(document))
    if document["changes"]:
        raise typer.Exit(WOULD_CHANGE)


async def _planned(target: Target, files: list[Path]) -> dict[str, Any]:
    documents = read_files(files)
    policy = operator_policy()
    async with connected(target) as connection:
        store = await read_store(connection)
        before = snapshot_of(store, policy)
        submitted = [await submit(connection, store, document, target.namespace) for document in documents]
        after = snapshot_of(store, policy)
    return plan_document(
        submitted,
        before=(before, decide(before, policy, before.taken_at)),
        after=(after, decide(after, policy, after.taken_at)),
    )
