# SPDX-License-Identifier: Apache-2.0
"""What is generated is what the code says now, byte by byte, and generating twice changes nothing."""

from pathlib import Path

import pytest
import yaml

from tests.architecture.source import ROOT
from tools.chart_schema import chart_schema_files
from tools.crd_files import chart_template, crd_files
from tools.file_schemas import file_schema_files
from tools.generate import remove_stale, write
from tools.reference import reference_files

WRITTEN = crd_files() | reference_files() | file_schema_files() | chart_schema_files(ROOT)


@pytest.mark.parametrize("path", sorted(WRITTEN))
def test_a_generated_file_is_up_to_date(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == WRITTEN[path], "run `make generate` and commit what it wrote"


def test_generating_twice_changes_nothing(tmp_path: Path) -> None:
    assert sorted(write(WRITTEN, tmp_path)) == sorted(WRITTEN)
    again = crd_files() | reference_files() | file_schema_files() | chart_schema_files(tmp_path)
    assert write(again, tmp_path) == []


def test_what_is_no_longer_generated_is_removed(tmp_path: Path) -> None:
    write(WRITTEN, tmp_path)
    (tmp_path / "crds" / "forgotten.yaml").write_text("{}")
    assert remove_stale(WRITTEN, tmp_path) == ["crds/forgotten.yaml"]
    assert remove_stale(WRITTEN, tmp_path) == []


def test_the_install_manifest_carries_the_same_crds() -> None:
    installed = yaml.safe_load_all((ROOT / "manifests" / "install.yaml").read_text(encoding="utf-8"))
    specs = {it["metadata"]["name"]: it["spec"] for it in installed if it["kind"] == "CustomResourceDefinition"}
    here = [yaml.safe_load(text) for path, text in crd_files().items() if path.startswith("crds/")]
    assert specs == {it["metadata"]["name"]: it["spec"] for it in here}


def test_a_definition_that_helm_would_take_for_a_template_is_refused() -> None:
    with pytest.raises(ValueError, match="Helm would take for a template"):
        chart_template({"metadata": {"name": "x"}, "spec": "{{ .Values }}"})
