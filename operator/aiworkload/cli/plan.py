# SPDX-License-Identifier: Apache-2.0
"""`plan`: what applying files would do, to their own workloads and to all others; or the whole plan of a snapshot."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from aiworkload.cli.changes import plan_document
from aiworkload.cli.dry_run import submit
from aiworkload.cli.files import read_files
from aiworkload.cli.offline import planned_offline
from aiworkload.cli.options import Context, Format, Kubeconfig, Namespace, Output, target_of
from aiworkload.cli.output import BadInputError, answer, fail, write
from aiworkload.cli.plan_page import plan_page
from aiworkload.cli.policy import operator_policy
from aiworkload.cli.session import Target, connected, read_store, snapshot_of
from aiworkload.cli.set_link import SetLink, SetLinks, with_links
from aiworkload.placement.advise import decide_with_advice
from aiworkload.reconcile.ports import ClusterError

WOULD_CHANGE: Final = 2
"""Exit code when something would change, as with `terraform plan -detailed-exitcode`."""


def plan(
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--filename", "-f", metavar="FILE", help="AIWorkloads and Sites as YAML or JSON; a directory; - is stdin."
        ),
    ] = None,
    *,
    snapshot: Annotated[
        Path | None,
        typer.Option("--snapshot", metavar="FILE", help="Plan this snapshot instead of the cluster; - is stdin."),
    ] = None,
    set_link: SetLinks = None,
    namespace: Namespace = None,
    output: Output = Format.TABLE,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Say where the workloads of a file would go, and what that would change for others. Writes nothing.

    The API server checks the file itself (a dry run), and the operator's own decision function decides, from what the
    cluster holds now. With --snapshot neither is needed: the whole plan follows from the file. Exit code: 0 nothing
    would change, 2 something would, 1 it could not be found out, 64 wrong usage.

    For example:

      kubectl aiworkload plan -f defect-detector.yaml

      kubectl aiworkload plan -f sites/ -f workloads.yaml -o json

      kubectl aiworkload plan --set-link plant-7:fog-1=40ms

      kubectl aiworkload snapshot > now.yaml; kubectl aiworkload plan --snapshot now.yaml -f new.yaml
    """
    given, links = files or [], set_link or []
    if snapshot is not None:
        document = _offline(snapshot, given, links, namespace)
    elif given or links:
        document = _live(kubeconfig, context, namespace, given, links)
    else:
        raise typer.BadParameter("say what to plan: -f FILE, --set-link SITE:SITE=TIME or --snapshot FILE")
    write(document, output, lambda: plan_page(document))
    if document["changes"]:
        raise typer.Exit(WOULD_CHANGE)


def _offline(snapshot: Path, files: Sequence[Path], links: Sequence[SetLink], namespace: str | None) -> dict[str, Any]:
    try:
        return planned_offline(snapshot, files, links, namespace)
    except BadInputError as error:
        raise fail(str(error)) from error


def _live(
    kubeconfig: str | None, context: str | None, namespace: str | None, files: Sequence[Path], links: Sequence[SetLink]
) -> dict[str, Any]:
    try:
        target = target_of(kubeconfig, context, namespace)
    except ClusterError as error:
        raise fail(str(error)) from error
    return answer(_planned(target, files, links))


async def _planned(target: Target, files: Sequence[Path], links: Sequence[SetLink]) -> dict[str, Any]:
    documents = read_files(files) if files else []
    policy = operator_policy()
    async with connected(target) as connection:
        store = await read_store(connection)
        before = snapshot_of(store, policy)
        submitted = [await submit(connection, store, document, target.namespace) for document in documents]
        after = with_links(snapshot_of(store, policy), links)
    return plan_document(
        submitted,
        before=(before, decide_with_advice(before, policy, before.taken_at)),
        after=(after, decide_with_advice(after, policy, after.taken_at)),
    )
