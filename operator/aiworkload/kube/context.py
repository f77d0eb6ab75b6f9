# SPDX-License-Identifier: Apache-2.0
"""The namespace that a kubeconfig's context stands in, as kubectl would take it."""

import os
from collections.abc import Mapping
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
    named = str(kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config")
    configs = [_read(Path(path).expanduser()) for path in named.split(os.pathsep) if path]
    wanted = context or next((config["current-context"] for config in configs if config.get("current-context")), None)
    for config in configs:
        contexts: list[Mapping[str, Any]] = config.get("contexts") or []
        for entry in contexts:
            if entry.get("name") == wanted:
                settings: Mapping[str, Any] = entry.get("context") or {}
                return str(settings.get("namespace") or _DEFAULT)
    raise NotConfigured(f"{named} has no context '{wanted}': see `kubectl config get-contexts`")


def _read(path: Path) -> Mapping[str, Any]:
    try:
        config = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise NotConfigured(f"cannot read the kubeconfig {path}: {error}") from error
    if not isinstance(config, dict):
        raise NotConfigured(f"{path} is no kubeconfig: it holds no mapping of clusters, users and contexts")
    return cast("Mapping[str, Any]", config)
