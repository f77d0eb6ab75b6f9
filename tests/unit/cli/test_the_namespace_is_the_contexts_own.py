# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import pytest

from aiworkload.kube.context import namespace_of
from aiworkload.kube.errors import NotConfigured

CONFIG = """
current-context: work
contexts:
- name: work
  context: {cluster: c, user: u, namespace: vision}
- name: plain
  context: {cluster: c, user: u}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    path.write_text(CONFIG)
    return path


def test_the_current_context_counts(config: Path) -> None:
    assert namespace_of(config) == "vision"


def test_a_named_context_counts_more_and_names_no_namespace(config: Path) -> None:
    assert namespace_of(config, "plain") == "default"


def test_the_environment_may_name_several_files(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    other.write_text("contexts: []\n")
    monkeypatch.setenv("KUBECONFIG", f"{other}{os.pathsep}{config}")
    assert namespace_of() == "vision"


def test_a_file_that_is_no_kubeconfig_is_said(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text("- 1\n")
    with pytest.raises(NotConfigured, match="is no kubeconfig"):
        namespace_of(file)
