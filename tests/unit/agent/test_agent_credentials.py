# SPDX-License-Identifier: Apache-2.0
"""The agent finds the API server through a kubeconfig or a pod's service account, or says what is missing."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from aiworkload.agent.credentials import CredentialsError, load_credentials


def kubeconfig(folder: Path, *, cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> Path:
    content = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "one", "user": "me"}}],
        "clusters": [{"name": "one", "cluster": {"server": "http://127.0.0.1:1/", **(cluster or {})}}],
        "users": [{"name": "me", "user": user or {}}],
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(content))
    return path


def test_a_token_in_the_kubeconfig_is_shown(tmp_path: Path) -> None:
    found = load_credentials(kubeconfig(tmp_path, user={"token": "secret"}), {})
    assert found.headers() == {"Authorization": "Bearer secret"}
    assert found.server == "http://127.0.0.1:1"


def test_a_kubeconfig_in_json_is_read_too(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, cluster={"tls-server-name": "kubernetes"}, user={"token": "secret"})
    path.write_text(json.dumps(yaml.safe_load(path.read_text())))
    assert load_credentials(path, {}).tls_server_name == "kubernetes"


def test_a_token_file_is_read_at_every_request(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old\n")
    found = load_credentials(kubeconfig(tmp_path, user={"tokenFile": "token"}), {})
    assert found.headers() == {"Authorization": "Bearer old"}
    (tmp_path / "token").write_text("new\n")
    assert found.headers() == {"Authorization": "Bearer new"}


def test_a_token_file_that_went_away_is_named(tmp_path: Path) -> None:
    found = load_credentials(kubeconfig(tmp_path, user={"tokenFile": "gone"}), {})
    with pytest.raises(CredentialsError, match=r"cannot read .*gone"):
        found.headers()


@pytest.mark.parametrize(
    ("cluster", "user", "word"),
    [
        ({"insecure-skip-tls-verify": True}, {}, "insecure-skip-tls-verify"),
        ({"proxy-url": "http://proxy"}, {}, "proxy-url"),
        ({}, {"exec": {"command": "aws"}}, "exec"),
        ({"server": "https://x", "certificate-authority-data": "%%%"}, {}, "not base64"),
        ({"server": "https://x", "certificate-authority-data": "YWJj"}, {}, "cannot be used"),
        ({"server": "https://x", "certificate-authority": "missing.crt"}, {}, "missing.crt"),
    ],
)
def test_what_the_agent_does_not_know_is_refused_by_name(
    tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], word: str
) -> None:
    with pytest.raises(CredentialsError, match=word):
        load_credentials(kubeconfig(tmp_path, cluster=cluster, user=user), {})


@pytest.mark.parametrize("text", ["", "[]", "{", "current-context: here", "contexts: 3\ncurrent-context: x"])
def test_a_file_that_is_no_kubeconfig_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(CredentialsError, match="is no kubeconfig"):
        load_credentials(path, {})


def test_outside_a_pod_and_without_a_kubeconfig_it_says_what_to_do() -> None:
    with pytest.raises(CredentialsError, match="--kubeconfig"):
        load_credentials(None, {})
