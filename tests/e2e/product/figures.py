# SPDX-License-Identifier: Apache-2.0
"""What a run measured: one line each at its end, and one JSON file for whoever writes them down.

The file is `lab-figures.json` in the folder that LAB_RESULTS names; without it no file is written.
"""

import json
import os
from pathlib import Path

FILE = "lab-figures.json"
NOTED: dict[str, dict[str, object]] = {}


def note(scenario: str, **figures: object) -> None:
    """Keep the figures of a scenario, floats rounded; figures noted before under that name are added to."""
    rounded = {name: round(value, 2) if isinstance(value, float) else value for name, value in figures.items()}
    NOTED.setdefault(scenario, {}).update(rounded)
    folder = os.environ.get("LAB_RESULTS")
    if folder:
        path = Path(folder) / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        before = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**before, scenario: NOTED[scenario]}, indent=1) + "\n")


def lines() -> list[str]:
    """A line a scenario."""
    return [
        f"{scenario}: " + ", ".join(f"{name} {value}" for name, value in figures.items())
        for scenario, figures in NOTED.items()
    ]
