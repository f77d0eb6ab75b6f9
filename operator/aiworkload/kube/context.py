# SPDX-License-Identifier: Apache-2.0
"""Which context of a kubeconfig is meant, and its namespace, as kubectl would take them."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import yaml

from aiworkload.kube.errors import NotConfigured

_DEFAULT: Final = "default"


def namespace_of(kubeconfig: str | Path | None = None, context: str | None = None) -> str:
    """The context's namespace; `default` where it names none.

    Raises:
        NotConfigured: a kubeconfig cannot be read, or there is no context of that name.
    """
    named, configs = _configs(kubeconfig)
    wanted = context or _current(configs)
    for config in configs:
        contexts: list[Mapping[str, Any]] = config.get("contexts") or []
        for entry in contexts:
            if entry.get("name") == wanted:
                settings: Mapping[str, Any] = entry.get("context") or {}
                return str(settings.get("namespace") or _DEFAULT)
    raise NotConfigured(f"{named} has no context '{wanted}': see `kubectl config get-contexts`")


def context_name(kubeconfig: str | Path | None = None, context: str | None = None) -> str:
    """The name of the context that is meant; empty where the kubeconfig has no current one.

    Raises:
        NotConfigured: a kubeconfig cannot be read.
    """
    return context or _current(_configs(kubeconfig)[1]) or ""


def _configs(kubeconfig: str | Path | None) -> tuple[str, list[Mapping[str, Any]]]:
    named = str(kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config")
    return named, [_read(Path(path).expanduser()) for path in named.split(os.pathsep) if path]


def _current(configs: Iterable[Mapping[str, Any]]) -> str | None:
    return next((str(config["current-context"]) for config in configs if config.get("current-context")), None)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        config = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise NotConfigured(f"cannot read the kubeconfig {path}: {error}") from error
    if not isinstance(config, dict):
        raise NotConfigured(f"{path} is no kubeconfig: it holds no mapping of clusters, users and contexts")
    return cast("Mapping[str, Any]", config)
