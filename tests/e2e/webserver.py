# SPDX-License-Identifier: Apache-2.0
"""The image of the smallest web server there is: one static busybox, run by nobody in particular."""

import shutil
from pathlib import Path

from localcluster.images.archive import Config, write_archive
from localcluster.images.layer import write_layer


def archive(folder: Path) -> Path:
    """Write the archive of `busybox:lab`. Needs Debian's busybox-static."""
    busybox = shutil.which("busybox")
    assert busybox, "the lab's own tests need a static busybox: apt-get install busybox-static"
    root = folder / "root"
    for part in ("bin", "tmp"):
        (root / part).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    shutil.copy(busybox, root / "bin/busybox")
    (root / "bin/sh").symlink_to("busybox")
    layer, target = folder / "layer.tar", folder / "busybox.tar"
    write_layer(layer, root)
    config = Config(user="65532:65532", env={"PATH": "/bin"}, entrypoint=("/bin/busybox",))
    write_archive(target, name="docker.io/library/busybox:lab", config=config, layers=[layer])
    return target
