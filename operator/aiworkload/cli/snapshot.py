# SPDX-License-Identifier: Apache-2.0
"""`snapshot`: records what decisions are made from, as a file that `plan --snapshot` reads."""

import json
import sys
from enum import StrEnum
from importlib.metadata import version as installed_version
from typing import Annotated, Any, Final

import typer
import yaml

from aiworkload.cli.options import Context, Kubeconfig, target_of
from aiworkload.cli.output import answer, fail
from aiworkload.cli.policy import operator_policy
from aiworkload.cli.session import Target, connected, read_store, snapshot_of
from aiworkload.kube.context import context_name
from aiworkload.reconcile.ports import ClusterError
from aiworkload.snapshot.document.redaction import REDACTED, redacted_snapshot
from aiworkload.snapshot.document.snapshot import to_document
from aiworkload.snapshot.snapshot import Snapshot

LINE_WIDTH: Final = 120
"""Columns after which a sentence is wrapped."""


class _Dumper(yaml.CSafeDumper):
    """YAML without anchors: what occurs twice is written twice, as people do."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


class FileFormat(StrEnum):
    """How the file is written."""

    YAML = "yaml"
    JSON = "json"


def snapshot(
    *,
    output: Annotated[
        FileFormat, typer.Option("--output", "-o", help="JSON has no comment that says where from.")
    ] = FileFormat.YAML,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> None:
    """Record the cluster as decisions see it: sites, nodes, links and workloads. Writes nothing to the cluster.

    What may be a secret is redacted: the values of environment variables, arguments, and sign-ins in model URIs.

    For example:

      kubectl aiworkload snapshot > now.yaml

      kubectl aiworkload plan --snapshot now.yaml --set-link plant-7:fog-1=40ms
    """
    try:
        target = target_of(kubeconfig, context, None)
        where = context_name(kubeconfig, context)
    except ClusterError as error:
        raise fail(str(error)) from error
    taken = answer(_taken(target))
    for one in taken.unreadable:
        sys.stderr.write(f"warning: left out: AIWorkload {one.key}: {one.error}\n")
    document = to_document(redacted_snapshot(taken))
    sys.stdout.write(_json(document) if output is FileFormat.JSON else _yaml(document, where))


async def _taken(target: Target) -> Snapshot:
    async with connected(target) as connection:
        return snapshot_of(await read_store(connection), operator_policy())


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def _yaml(document: dict[str, Any], where: str) -> str:
    header = (
        f"# Recorded {document['takenTime']} from the context '{where}' by kubectl-aiworkload"
        f" {installed_version('aiworkload-operator')}.\n"
        f"# '{REDACTED}' stands for environment values and arguments; sign-ins in model URIs are left out.\n"
    )
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=LINE_WIDTH)
    return header + text
