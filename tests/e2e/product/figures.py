# SPDX-License-Identifier: Apache-2.0
"""What a run measured: one line each at its end, and `lab-figures.json` for whoever writes them down.

The file is in the folder that LAB_RESULTS names, or in `build/lab`. Several labs may be at work at the same time, each
in a process of its own, so it is the file that is added to.
"""

import json
import os
from pathlib import Path

from localcluster.folders import locked

ROOT = Path(__file__).resolve().parents[3]
FILE = "lab-figures.json"


def path() -> Path:
    """The file, whose folder is made when the first figure is noted."""
    return Path(os.environ.get("LAB_RESULTS") or ROOT / "build" / "lab") / FILE


def begin() -> None:
    """Forget what an earlier run measured."""
    path().unlink(missing_ok=True)


def note(scenario: str, **figures: object) -> None:
    """Keep the figures of a scenario, floats rounded; figures noted before under that name are added to."""
    rounded = {name: round(value, 2) if isinstance(value, float) else value for name, value in figures.items()}
    file = path()
    with locked(file.with_suffix(".lock")):
        told = _told()
        told.setdefault(scenario, {}).update(rounded)
        file.write_text(json.dumps(told, indent=1) + "\n")


def lines() -> list[str]:
    """A line a scenario."""
    return [
        f"{scenario}: " + ", ".join(f"{name} {value}" for name, value in figures.items())
        for scenario, figures in _told().items()
    ]


def _told() -> dict[str, dict[str, object]]:
    return json.loads(path().read_text()) if path().exists() else {}
