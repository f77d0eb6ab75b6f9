# SPDX-License-Identifier: Apache-2.0
"""A Dockerfile read and carried out without an engine: the same words mean what they mean to docker."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from localcluster import BuildError
from localcluster.images import dockerbuild
from localcluster.images.archive import Config
from localcluster.images.configuration import configured
from localcluster.images.dockerfile import Copy, Instruction, copied, pairs, program, read


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to build from, with a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "context"
    (folder / "code" / "__pycache__").mkdir(parents=True)
    (folder / "code" / "main.py").write_text("print('here')\n")
    (folder / "code" / "__pycache__" / "main.pyc").write_bytes(b"of this machine")
    return folder


def dockerfile(context: Path, text: str) -> Path:
    path = context.parent / "Dockerfile"
    path.write_text(text)
    return path


def parts(archive: Path) -> tuple[dict[str, Any], list[list[str]]]:
    """The configuration of an archive, and the names in each of its layers."""
    with tarfile.open(archive) as outer:

        def member(name: str) -> Any:  # noqa: ANN401 -- a file object or JSON, as tarfile has it
            return outer.extractfile(name)

        (image,) = json.load(member("manifest.json"))
        config = json.load(member(image["Config"]))
        layers = []
        for name in image["Layers"]:
            with tarfile.open(fileobj=member(name)) as layer:
                layers.append(layer.getnames())
    return config["config"], layers


SMALL = 'FROM scratch\nCOPY code /app/\nUSER 65532:65532\nCMD ["/app/main.py"]\n'


def test_the_last_stage_becomes_a_layer_for_each_copy_and_a_configuration(context: Path) -> None:
    config, layers = parts(dockerbuild.archive(dockerfile(context, SMALL), context=context, kind="t", name="a/t:1"))
    assert layers == [["app", "app/main.py"]]
    assert (config["User"], config["Cmd"], config["Entrypoint"]) == ("65532:65532", ["/app/main.py"], None)


def test_the_same_files_make_the_same_bytes_whenever_and_wherever_they_are_built(
    context: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = dockerbuild.archive(dockerfile(context, SMALL), context=context, kind="t", name="a/t:1").read_bytes()
    (context / "code" / "main.py").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another-cache"))
    assert dockerbuild.archive(tmp_path / "Dockerfile", context=context, kind="t", name="a/t:1").read_bytes() == first


def test_another_content_is_another_image_and_the_same_is_not_built_again(context: Path) -> None:
    file = dockerfile(context, SMALL)
    first = dockerbuild.archive(file, context=context, kind="t", name="a/t:1")
    assert dockerbuild.archive(file, context=context, kind="t", name="a/t:1") == first
    (context / "code" / "main.py").write_text("print('there')\n")
    assert dockerbuild.archive(file, context=context, kind="t", name="a/t:1") != first


def test_oci_readers_and_dockers_are_led_to_the_same_blobs(context: Path) -> None:
    archive = dockerbuild.archive(dockerfile(context, SMALL), context=context, kind="t", name="a/t:1")
    with tarfile.open(archive) as outer:

        def document(name: str) -> Any:  # noqa: ANN401 -- JSON
            file = outer.extractfile(name)
            assert file is not None
            return json.load(file)

        (docker,) = document("manifest.json")
        (described,) = document("index.json")["manifests"]
        manifest = document("blobs/" + described["digest"].replace(":", "/"))
    blobs = [manifest["config"], *manifest["layers"]]
    assert [docker["Config"], *docker["Layers"]] == ["blobs/" + blob["digest"].replace(":", "/") for blob in blobs]
    assert (docker["RepoTags"], described["annotations"]["io.containerd.image.name"]) == (["a/t:1"], "a/t:1")


def test_lines_go_on_over_comments_and_arguments_have_their_defaults(context: Path) -> None:
    text = "ARG BASE=debian:1\nFROM ${BASE} AS build\nRUN one \\\n # why\n && two\nFROM scratch\n"
    build, last = read(dockerfile(context, text))
    assert (build.name, build.base, build.all("RUN")) == ("build", "debian:1", ["one  && two"])
    assert (last.name, last.base) == ("", "scratch")


def test_words_are_read_as_docker_reads_them() -> None:
    assert pairs('A="b c" D=e') == {"A": "b c", "D": "e"}
    assert copied("--from=build /a /b ./") == Copy("build", ("/a", "/b"), "./")
    assert program('["tool", "--flag"]') == ("tool", "--flag")


def test_a_path_is_put_before_the_bases_and_a_new_entrypoint_takes_its_command_away() -> None:
    config = Config(env={"PATH": "/bin"}, command=("python3",))
    assert configured(config, Instruction("ENV", "PATH=/venv/bin:$PATH")).env == {"PATH": "/venv/bin:/bin"}
    assert configured(config, Instruction("ENTRYPOINT", "[]")).command == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("FROM scratch\nVOLUME /data\n", "VOLUME is not carried out here"),
        ("FROM scratch\nRUN true\n", "runs a command; do it in a stage before"),
        ("FROM alpine:3\n", "begins FROM scratch or .* not FROM alpine:3"),
        ("FROM alpine:3 AS build\nFROM scratch\n", "begins FROM debian:bookworm-slim"),
        ("FROM scratch\nCOPY nowhere /\n", "copies .*nowhere, which is not there"),
        ("FROM scratch\nCOPY --from=bild /a /a\n", "COPY --from=bild names no stage before it"),
        ("FROM scratch\nCOPY --chmod=755 code /\n", "COPY --chmod is not carried out"),
        ("FROM scratch\nCMD run me\n", r'written as \["program", "argument"\]'),
    ],
)
def test_what_is_not_carried_out_is_refused_with_a_sentence(context: Path, text: str, sentence: str) -> None:
    with pytest.raises(BuildError, match=sentence):
        dockerbuild.archive(dockerfile(context, text), context=context, kind="t", name="a/t:1")
