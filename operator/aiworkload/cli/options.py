# SPDX-License-Identifier: Apache-2.0
"""The options that all commands share, named and meant as in kubectl."""

from enum import StrEnum
from typing import Annotated

import typer

from aiworkload.cli.session import Target
from aiworkload.kube.context import namespace_of

Kubeconfig = Annotated[
    str | None,
    typer.Option("--kubeconfig", metavar="FILE", help="Kubeconfig file. Default: $KUBECONFIG, else ~/.kube/config."),
]
Context = Annotated[
    str | None, typer.Option("--context", metavar="NAME", help="Context in it. Default: the current one.")
]
Namespace = Annotated[
    str | None, typer.Option("--namespace", "-n", metavar="NAME", help="Namespace. Default: the context's own.")
]


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[Format, typer.Option("--output", "-o", help="json and yaml are stable, for scripts.")]


def target_of(kubeconfig: str | None, context: str | None, namespace: str | None) -> Target:
    """Which cluster and namespace the options mean.

    Raises:
        ClusterError: there is no such context.
    """
    return Target(kubeconfig, context, namespace or namespace_of(kubeconfig, context))
