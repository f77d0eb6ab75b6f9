# SPDX-License-Identifier: Apache-2.0
"""`operator/Dockerfile` as users build it: what it copies, how it starts, and that the rest of the project agrees."""

import re
import tomllib
from pathlib import Path

import pytest

from aiworkload.rollout.server import USER_ID
from localcluster.images.archive import Config
from localcluster.images.bases import DEBIAN, DISTROLESS
from localcluster.images.configuration import configured
from localcluster.images.dockerfile import Stage, copied, read
from localcluster.images.recipes import DOCKERFILE, PROJECT, operator_name

CHART = PROJECT / "charts" / "aiworkload-operator"


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    return read(DOCKERFILE)


@pytest.fixture(scope="module")
def config(stages: list[Stage]) -> Config:
    result = Config(env={"PATH": "/usr/bin"})
    for instruction in stages[-1].instructions:
        result = configured(result, instruction)
    return result


def scripts() -> set[str]:
    return set(tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["scripts"])


def test_it_runs_as_the_user_that_the_chart_and_the_servers_run_as(config: Config) -> None:
    assert config.user == f"{USER_ID}:{USER_ID}"
    assert f"runAsUser: {USER_ID}" in (CHART / "templates" / "_names.tpl").read_text()


def test_what_it_starts_and_what_the_chart_starts_are_programs_of_the_package(config: Config) -> None:
    assert config.entrypoint == ()
    assert set(config.command) <= scripts()
    for template in ("operator.yaml", "agent.yaml"):
        command = re.findall(r"command: \[(.*)\]", (CHART / "templates" / template).read_text())
        assert command
        assert set(command) <= scripts()
    assert config.env["PATH"].startswith("/venv/bin:")


def test_its_version_is_the_packages_and_the_charts(config: Config) -> None:
    version = config.labels["org.opencontainers.image.version"]
    assert operator_name() == f"docker.io/library/aiworkload-operator:{version}"
    assert f'appVersion: "{version}"' in (CHART / "Chart.yaml").read_text().replace(
        f"appVersion: {version}", f'appVersion: "{version}"'
    )


def test_only_stages_that_stay_behind_run_commands(stages: list[Stage]) -> None:
    *before, last = stages
    assert last.all("RUN") == []
    assert last.base == DISTROLESS
    assert {stage.base for stage in before} == {DEBIAN, "python"}


def test_every_package_comes_from_a_lock_with_hashes(stages: list[Stage]) -> None:
    installs = [line for stage in stages for line in " ".join(stage.all("RUN")).split("&&") if " install " in line]
    ours = [line for line in installs if "pip" in line and "apt-get" not in line]
    assert len(ours) == 3
    for line in ours:
        locked = re.search(r"--only-binary :all: --no-deps --require-hashes -r (\S+\.lock)", line)
        # Our own wheel, just built, is the one thing that no lock knows.
        assert locked or "--no-index" in line
        if locked:
            assert "--hash=sha256:" in (PROJECT / locked[1]).read_text()


def test_what_it_copies_is_let_through_to_the_builder_and_nothing_else_is(stages: list[Stage]) -> None:
    wanted = {
        source
        for stage in stages
        for rest in stage.all("COPY")
        if not copied(rest).stage
        for source in copied(rest).sources
    }
    lines = [line for line in (PROJECT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == wanted
    assert "**/__pycache__" in lines
    assert all((PROJECT / source).exists() for source in wanted)


def test_the_build_backend_of_the_project_is_the_locked_one() -> None:
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text())["build-system"]["requires"]
    names = [re.split(r"[<>=]", requirement)[0] for requirement in wanted]
    lock = (Path(PROJECT) / "requirements-build.lock").read_text()
    assert all(re.search(rf"^{name}==", lock, re.MULTILINE) for name in names)
