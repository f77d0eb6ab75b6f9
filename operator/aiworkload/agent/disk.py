# SPDX-License-Identifier: Apache-2.0
"""What is left on the disk where models lie."""

import os
from pathlib import Path
from typing import Final

_MEBIBYTE: Final = 2**20


def free_mebibytes(folder: Path) -> int:
    """Free for whoever is not root, as pods are not.

    Raises:
        OSError: there is no such folder.
    """
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize // _MEBIBYTE
