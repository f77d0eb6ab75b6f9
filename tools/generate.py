# SPDX-License-Identifier: Apache-2.0
"""`make generate`: writes all that is derived from the code, and removes what it no longer derives."""

import sys
from pathlib import Path

from tools.chart_schema import chart_schema_files
from tools.crd_files import crd_files
from tools.file_schemas import file_schema_files
from tools.install_manifest import install_manifest
from tools.reference import reference_files

ROOT = Path(__file__).resolve().parent.parent
# Folders that hold generated files only: what lies there and is not written any more is stale.
GENERATED_FOLDERS = ("crds", "charts/aiworkload-operator/templates/crds", "docs/reference")


def write(files: dict[str, str], root: Path = ROOT) -> list[str]:
    """Write the files, and return the paths of those that changed."""
    changed = []
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def remove_stale(files: dict[str, str], root: Path = ROOT) -> list[str]:
    """Remove what earlier runs wrote and this one did not; returns the paths."""
    present = [path for folder in GENERATED_FOLDERS for path in (root / folder).glob("*") if path.is_file()]
    stale = [path for path in present if path.relative_to(root).as_posix() not in files]
    for path in stale:
        path.unlink()
    return [path.relative_to(root).as_posix() for path in stale]


def main() -> int:
    """Generate everything, and say what changed."""
    files = crd_files() | reference_files() | file_schema_files() | chart_schema_files(ROOT)
    changed = [*write(files), *remove_stale(files)]
    # Helm reads the chart's CRDs and schema, so they are written first.
    changed += write({"manifests/install.yaml": install_manifest()})
    sys.stdout.writelines(f"changed {name}\n" for name in changed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
