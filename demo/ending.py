# SPDX-License-Identifier: Apache-2.0
"""What is told at the end: the timeline, one decision explained, what it cost, and what was expected and seen."""

import os
import subprocess
from typing import Final

from rich.console import Console
from rich.table import Table

from demo import manifests, processes
from demo.checks import Checks
from demo.screen import as_line
from demo.stage import Stage
from demo.timeline import Timeline
from demo.usage import Usage, writes

EXPLAINED: Final = "realtime-detector"
PLUGIN: Final = "kubectl-aiworkload"


def explanation(stage: Stage, workload: str = EXPLAINED) -> str:
    """The real `kubectl aiworkload explain`, found by kubectl on the PATH as a user's would be.

    Raises:
        RuntimeError: It failed; the message holds what it said.
    """
    path = f"{processes.script(PLUGIN).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    answer = subprocess.run(
        [stage.cluster.kubectl, "aiworkload", "explain", workload],
        env={**os.environ, "PATH": path, "KUBECONFIG": str(stage.cluster.kubeconfig)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if answer.returncode != 0:
        raise RuntimeError(f"`kubectl aiworkload explain {workload}` failed: {answer.stderr.strip()}")
    return answer.stdout


def tell_timeline(console: Console, timeline: Timeline) -> None:
    """What was done, what was observed, when, and how long it took."""
    console.rule("timeline")
    for entry in timeline.entries:
        console.print(as_line(entry), markup=False, highlight=False, soft_wrap=True)


def tell_decision(console: Console, stage: Stage) -> None:
    """One decision in the product's own words."""
    console.rule(f"kubectl aiworkload explain {EXPLAINED}")
    console.print(explanation(stage), markup=False, highlight=False, soft_wrap=True)


def tell_cost(console: Console, stage: Stage) -> None:
    """Memory, processor time and writes of the product's processes."""
    console.rule("what it cost")
    running = {"operator": stage.operator, **{f"agent at {site}": agent for site, agent in stage.agents.items()}}
    for name, process in running.items():
        console.print(f"{name}: {Usage.of(process.pid)}", markup=False, highlight=False)
    if stage.cluster.audit_log:
        for account in (stage.operator_account, stage.agent_account):
            found = writes(stage.cluster.audit_log, account.user)
            counts = ", ".join(f"{count} {what}" for what, count in found.most_common()) or "none"
            console.print(f"writes by {account.name}: {counts}", markup=False, highlight=False)


def tell_checks(console: Console, checks: Checks) -> None:
    """Every expectation, and whether it was observed in the API."""
    console.rule("expected and observed in the API")
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("", "EXPECTED", "TOOK", "ALLOWED"):
        table.add_column(column, overflow="fold")
    for check in checks.done:
        took = f"{check.seconds:.1f} s" if check.seconds else ""
        allowed = f"{check.allowed_seconds:.0f} s" if check.allowed_seconds else ""
        table.add_row("[green]pass[/]" if check.passed else "[bold red]FAIL[/]", check.title, took, allowed)
    console.print(table)


def tell_verdict(console: Console, checks: Checks, seconds: float) -> None:
    """All in one line; below it what was missed, each with what was so instead."""
    verdict = "everything expected was observed" if checks.all_passed else "NOT everything expected was observed"
    console.print(f"\n{verdict}: {len(checks.done)} checks in {seconds:.0f} s")
    for check in checks.missed:
        line = f"  missed: {check.title} ({check.seen})"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def tell_what_to_try(console: Console, stage: Stage) -> None:
    """A left-running cluster, and first things to do with it."""
    console.rule("it is left running; Ctrl-C ends it and removes everything")
    plugin = processes.script(PLUGIN).parent
    for line in (
        f"export KUBECONFIG={stage.cluster.kubeconfig}",
        f"export PATH={plugin}:{stage.cluster.kubectl.parent}:$PATH",
        "kubectl get sites,aiw -o wide",
        "kubectl aiworkload explain privacy-bound",
        f"kubectl aiworkload plan -f {manifests.HERE / 'workloads' / 'line-inspector.yaml'}",
        "kubectl get events --field-selector involvedObject.kind=AIWorkload",
    ):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
