# SPDX-License-Identifier: Apache-2.0
"""A good setting counts; a bad one is one sentence and exit code 2."""

import pytest
from typer.testing import CliRunner

from aiworkload.handlers.main import app
from aiworkload.placement.policy import Policy
from aiworkload.settings import BadSettings, described_settings, load_settings


def test_without_a_word_the_policys_own_defaults_hold() -> None:
    assert load_settings().policy.policy() == Policy()


def test_a_variable_names_its_group_and_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIWORKLOAD_POLICY_DISCONNECTED_SECONDS", "8")
    monkeypatch.setenv("AIWORKLOAD_DISCOVER_SITES", "false")
    settings = load_settings()
    assert (settings.policy.policy().disconnected_seconds, settings.discover_sites) == (8.0, False)


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("AIWORKLOAD_LOOP_RESYNC_SECONDS", "soon", "AIWORKLOAD_LOOP_RESYNC_SECONDS='soon' cannot be"),
        ("AIWORKLOAD_LEASE_RETRY_SECONDS", "12", "retry_seconds must be below renew_deadline_seconds"),
        ("AIWORKLOAD_LOOP_RESINC", "1", "there is no setting AIWORKLOAD_LOOP_RESINC"),
        ("AIWORKLOAD_HTTP_PORT", "99999", "AIWORKLOAD_HTTP_PORT='99999' cannot be"),
        ("AIWORKLOAD_SENSING_PEERS_PER_SITE", "2", "AIWORKLOAD_SENSING_PEERS_PER_SITE='2' cannot be"),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadSettings, match=sentence):
        load_settings()
    result = CliRunner().invoke(app)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_kubeconfig_that_is_not_there_is_one_sentence_and_exit_code_2() -> None:
    result = CliRunner().invoke(app, ["--kubeconfig", "/nowhere/config"])
    assert result.exit_code == 2
    assert "/nowhere/config" in result.stderr


def test_help_teaches_every_setting() -> None:
    text = CliRunner().invoke(app, ["--help"]).stdout
    for variable, _, description in described_settings():
        assert variable in text
        assert description


def test_the_lease_lives_in_the_pods_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POD_NAMESPACE", "inference")
    assert load_settings().namespace == "inference"
