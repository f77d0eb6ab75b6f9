# SPDX-License-Identifier: Apache-2.0
"""The part of the chart's values.schema.json that repeats the operator's settings, with their bounds."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from aiworkload.settings import OperatorSettings

Schema = dict[str, Any]

FILE = "charts/aiworkload-operator/values.schema.json"
FIXED_BY_THE_CHART = {"http", "namespace"}
"""The probes' port is written in the Deployment, and the Lease lives in the release's namespace."""
KEPT = ("type", "enum", "minimum", "maximum", "exclusiveMinimum", "pattern", "maxLength", "description")


def chart_schema_files(root: Path) -> dict[str, str]:
    """The whole file, its `settings` written anew, by its path in the repository."""
    schema = json.loads((root / FILE).read_text(encoding="utf-8"))
    schema["properties"]["settings"] = _settings()
    return {FILE: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"}


def _settings() -> Schema:
    source = OperatorSettings.model_json_schema()
    definitions = source["$defs"]
    properties: Schema = {}
    for name, child in source["properties"].items():
        if name in FIXED_BY_THE_CHART:
            continue
        is_group = isinstance(OperatorSettings.model_fields[name].default, BaseModel)
        group = definitions[child["$ref"].rpartition("/")[2]] if is_group else {}
        properties[to_camel(name)] = _strict(group, definitions) if is_group else _scalar(child, definitions)
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _strict(group: Schema, definitions: Schema) -> Schema:
    inner = {to_camel(name): _scalar(child, definitions) for name, child in group["properties"].items()}
    described = {"description": group["description"]} if "description" in group else {}
    return {"type": "object", **described, "additionalProperties": False, "properties": inner}


def _scalar(source: Schema, definitions: Schema) -> Schema:
    referred = definitions[source["$ref"].rpartition("/")[2]] if "$ref" in source else {}
    merged = referred | source
    return {key: merged[key] for key in KEPT if key in merged}
