# SPDX-License-Identifier: Apache-2.0
"""The answer of `explain` as a document: what `-o json` prints. Its form is in docs/cli.md.

Parts that the operator publishes appear as they stand in `AIWorkload.status`, so that whoever knows one knows both.
"""

from typing import Any, Final

from aiworkload.cli.tree import Tree, part, parts

Document = dict[str, Any]

PUBLISHED: Final = "Status"
LIVE: Final = "Live"


def explanation(workload: Tree, status: Tree, *, live: bool) -> Document:
    """All that is known about one workload's place.

    Args:
        workload: The object as the API server holds it.
        status: Its published status, or one derived just now.
        live: Whether it is the latter.
    """
    metadata: Tree = workload["metadata"]
    generation = int(metadata.get("generation", 1))
    return {
        "kind": "Explanation",
        "workload": {"namespace": metadata["namespace"], "name": metadata["name"], "generation": generation},
        "source": LIVE if live else PUBLISHED,
        "upToDate": status.get("observedGeneration") == generation,
        "requirements": part(workload, "spec", "requirements"),
        "placements": parts(status, "placements"),
        "latency": status.get("latency"),
        "cost": status.get("cost"),
        "decision": status.get("decision"),
        "moves": parts(status, "moves"),
        "conditions": parts(status, "conditions"),
        "nextStep": next_step_sentence(status, generation),
    }


def next_step_sentence(status: Tree, generation: int) -> str:
    """What happens next, if nothing else changes."""
    if not status:
        return "the operator has not seen it yet: is it running? (kubectl get pods -n aiworkload-system)"
    if status.get("observedGeneration") != generation:
        return "the operator has not yet decided about the newest spec"
    conditions = {condition["type"]: condition for condition in parts(status, "conditions")}
    for kind, words in (
        ("Stalled", "it waits until this changes"),
        ("Migrating", "the move goes on"),
        ("Reconciling", "the rollout goes on"),
    ):
        condition = part(conditions, kind)
        if condition.get("status") == "True":
            return f"{words}: {condition.get('message') or condition.get('reason')}"
    return _settled(status)


def _settled(status: Tree) -> str:
    decision = part(status, "decision")
    challenger = part(decision, "challenger")
    if challenger:
        since = challenger["sinceTime"]
        return f"{challenger['site']} ({challenger['variant']}) has been better since {since}: {decision['message']}"
    return "nothing: it stays where it is until requirements, measurements or sites change"
