# SPDX-License-Identifier: Apache-2.0
"""Where no lab can run, one sentence says why, before anything is started."""

import shutil
import subprocess
from pathlib import Path

import pytest

from localcluster.lab import Lab, RequirementsError, requirements, runtime


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Look like root, with every program installed."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(runtime, "PLUGIN_FOLDERS", ())
    return monkeypatch


def test_somebody_who_is_not_root_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(RequirementsError, match="The lab needs root"):
        Lab.start()


def test_missing_packages_are_named_as_the_command_that_installs_them(root: pytest.MonkeyPatch) -> None:
    absent = {"vde_switch", "wirefilter", "nft"}
    root.setattr(shutil, "which", lambda program: None if program in absent else f"/usr/bin/{program}")
    assert requirements.obstacle() == (
        "The lab needs packages that are not installed: apt-get install containernetworking-plugins nftables vde2"
    )


def test_the_lab_s_tests_need_more_than_a_lab(root: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bridge").touch()
    root.setattr(runtime, "PLUGIN_FOLDERS", (tmp_path,))
    root.setattr(shutil, "which", lambda program: None if program == "busybox" else f"/usr/bin/{program}")
    assert requirements.missing_packages() == []
    assert str(requirements.obstacle(for_tests=True)).endswith("apt-get install busybox-static")


def test_a_checkout_that_the_lab_s_machines_could_not_see_is_refused(root: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bridge").touch()
    root.setattr(runtime, "PLUGIN_FOLDERS", (tmp_path,))
    root.setenv("XDG_CACHE_HOME", "/var/cache/ci")
    assert "/var/cache/ci" in str(requirements.obstacle())


def test_a_missing_kernel_feature_is_named(root: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bridge").touch()
    root.setattr(runtime, "PLUGIN_FOLDERS", (tmp_path,))
    root.setattr(requirements, "PROBES", {"a time machine": "echo no such thing >&2; exit 1"})
    found = str(requirements.obstacle())
    assert "The lab needs a time machine, which this kernel or container refuses" in found or "/dev/net/tun" in found


def test_packages_are_not_installed_where_that_is_refused(root: pytest.MonkeyPatch) -> None:
    root.setenv("LAB_INSTALL", "0")
    root.setattr("subprocess.run", pytest.fail)
    requirements.install()


def test_missing_packages_are_installed_by_root_where_there_is_an_apt_get(
    root: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    root.setattr("subprocess.run", run)
    requirements.install()
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "containernetworking-plugins"]
    assert asked == [["apt-get", "update"], install]
    assert "installing containernetworking-plugins by apt-get (LAB_INSTALL=0 refuses)" in capsys.readouterr().err


def test_a_failing_apt_get_is_told_in_its_own_words(root: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess(["apt-get"], 100, "", "E: no network\n")
    root.setattr("subprocess.run", lambda *_, **__: failed)
    with pytest.raises(RequirementsError, match="`apt-get update` failed: E: no network"):
        requirements.install()


def test_too_low_a_limit_of_watches_is_raised_and_a_higher_one_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limit = tmp_path / "max_user_instances"
    monkeypatch.setattr(requirements, "INOTIFY", limit)
    for before, after in (("128", "1024"), ("8192", "8192")):
        limit.write_text(before)
        requirements.allow_enough_watches()
        assert limit.read_text() == after
    assert capsys.readouterr().err.count("raising") == 1
