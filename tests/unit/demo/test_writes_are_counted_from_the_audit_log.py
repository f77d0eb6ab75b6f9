# SPDX-License-Identifier: Apache-2.0
import json
import os
from pathlib import Path

from demo.usage import Usage, line_count, writes

OPERATOR = "system:serviceaccount:aiworkload-system:aiworkload-operator"


def line(user: str, verb: str, resource: str, subresource: str = "") -> str:
    about = {"resource": resource, **({"subresource": subresource} if subresource else {})}
    return json.dumps({"user": {"username": user}, "verb": verb, "objectRef": about}) + "\n"


def test_only_that_users_writes_count(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    log.write_text(
        line(OPERATOR, "patch", "aiworkloads", "status")
        + line(OPERATOR, "watch", "pods")
        + line("system:apiserver", "create", "events")
        + line(OPERATOR, "update", "leases")
        + line(f"{OPERATOR}-2", "update", "leases")
    )
    assert writes(log, OPERATOR) == {"aiworkloads/status": 1, "leases": 1}


def test_a_half_written_last_line_is_left_for_later(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    log.write_text(line(OPERATOR, "update", "leases") + line(OPERATOR, "update", "leases")[:-9])
    assert writes(log, OPERATOR) == {"leases": 1}


def test_counting_can_begin_later(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    log.write_text(line(OPERATOR, "create", "services"))
    seen = line_count(log)
    with log.open("a") as more:
        more.write(line(OPERATOR, "update", "leases"))
    assert writes(log, OPERATOR, skip_lines=seen) == {"leases": 1}


def test_a_running_process_has_memory_and_time() -> None:
    usage = Usage.of(os.getpid())
    assert usage.peak_mebibytes >= usage.resident_mebibytes > 1
    assert usage.cpu_seconds > 0
