# SPDX-License-Identifier: Apache-2.0
"""Takes out of a spec what may be a secret: a recorded snapshot is sent to others, and no decision reads these.

Kept are the names of environment variables and where a model is; gone are the variables' values, the server's
arguments, and whatever in a model's URI signs somebody in (user and password, query, fragment).
"""

import re
from dataclasses import replace
from typing import Final

from aiworkload.api.serving import ModelSpec, ServerSpec
from aiworkload.api.workload import AIWorkloadSpec
from aiworkload.snapshot.snapshot import Snapshot

REDACTED: Final = "redacted"
_SIGN_IN: Final = re.compile(r"://[^/]*@")
_QUERY: Final = re.compile(r"[?#].*$", re.DOTALL)


def redacted_snapshot(snapshot: Snapshot) -> Snapshot:
    """The snapshot with every workload's spec redacted."""
    workloads = {key: replace(one, spec=redacted(one.spec)) for key, one in snapshot.workloads.items()}
    return replace(snapshot, workloads=workloads)


def redacted(spec: AIWorkloadSpec) -> AIWorkloadSpec:
    """The spec without what may be a secret. Redacting twice changes nothing."""
    return spec.model_copy(update={"server": _server(spec.server), "model": _model(spec.model)})


def _server(server: ServerSpec) -> ServerSpec:
    env = tuple(variable.model_copy(update={"value": REDACTED}) for variable in server.env)
    changed = {"env": env, "args": tuple(REDACTED for _ in server.args)}
    return server.model_copy(update={key: value for key, value in changed.items() if value})


def _model(model: ModelSpec) -> ModelSpec:
    if model.variants is None:
        return model.model_copy(update={"uri": _uri(model.uri or "") or None})
    variants = tuple(variant.model_copy(update={"uri": _uri(variant.uri)}) for variant in model.variants)
    return model.model_copy(update={"variants": variants})


def _uri(uri: str) -> str:
    return _SIGN_IN.sub("://", _QUERY.sub("", uri))
