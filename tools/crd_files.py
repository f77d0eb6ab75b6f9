# SPDX-License-Identifier: Apache-2.0
"""The CustomResourceDefinitions as files: plain ones in crds/, and the chart's, which values switch on and off."""

from typing import Any

import yaml

from aiworkload.api.crd import KINDS, Kind, custom_resource_definition

HEADER = """\
# SPDX-License-Identifier: Apache-2.0
# Generated from operator/aiworkload/api by `make generate`: change the models, not this file.
"""
WIDTH = 110
"""Columns after which a sentence is wrapped."""

KEEP = """\
  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
"""


class _PlainDumper(yaml.SafeDumper):
    """YAML without anchors: what occurs twice is written twice, as people do."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def to_yaml(document: object) -> str:
    """One YAML document in the order in which it was made."""
    text: str = yaml.dump(document, Dumper=_PlainDumper, sort_keys=False, width=WIDTH, allow_unicode=True)
    return text


def plain(definition: dict[str, Any]) -> str:
    """The file in crds/."""
    return HEADER + to_yaml(definition)


def chart_template(definition: dict[str, Any]) -> str:
    """The chart's template: the same, under `crds.enabled`, with the annotation that `crds.keep` asks for."""
    body = to_yaml(definition)
    if "{{" in body:
        raise ValueError(f"{definition['metadata']['name']} holds '{{{{', which Helm would take for a template")
    name_line = f"  name: {definition['metadata']['name']}\n"
    return f"{{{{- if .Values.crds.enabled }}}}\n{HEADER}{body.replace(name_line, name_line + KEEP, 1)}{{{{- end }}}}\n"


def crd_files() -> dict[str, str]:
    """All CRD files by their path in the repository."""
    files: dict[str, str] = {}
    for kind in KINDS:
        definition = custom_resource_definition(kind)
        files[f"crds/{_file(kind)}"] = plain(definition)
        files[f"charts/aiworkload-operator/templates/crds/{_file(kind)}"] = chart_template(definition)
    return files


def _file(kind: Kind) -> str:
    return f"{kind.plural}.yaml"
