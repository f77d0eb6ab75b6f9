# SPDX-License-Identifier: Apache-2.0
"""Puts the product into a lab as a user does: images into the nodes, the chart by Helm, prices into the Sites."""

import base64
import json
import subprocess
from pathlib import Path

from demo import manifests
from demo.api import Reader
from demo.stage import OBSERVER
from localcluster import images
from localcluster.binaries import ensure
from localcluster.lab import Lab

CHART = manifests.ROOT / "charts" / "aiworkload-operator"
VALUES = Path(__file__).with_name("values.yaml")
RELEASE = "aiworkload-operator"
NAMESPACE = "aiworkload-system"
WORKLOADS = "default"
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"
# From images that are there; a busy machine takes several times the 20 s of a quiet one.
READY = "4m"
PER_HOUR = {"cloud": "20", "fog-1": "5", "plant-7": "40", "plant-8": "60"}
"""So that it is known where a workload goes that may go anywhere. High, since a small one pays little of a node."""


def archives() -> list[Path]:
    """The images of the product and of Triton."""
    return [images.operator(), images.triton()]


def furnish(lab: Lab, node: str) -> None:
    """Give a node with an empty disk the images again, in a lab that a person started and that begins without them."""
    if lab.control_plane is None:
        for archive in archives():
            lab.load_image(archive, [node])


def install(lab: Lab, *more: str) -> None:
    """Install the chart, or upgrade it; all pods of the lab are held to Pod Security `restricted`.

    Args:
        lab: Where.
        more: Further arguments for Helm, such as `--set=settings.policy.lostSeconds=120`.

    Raises:
        CalledProcessError: Helm failed, or the pods did not get ready.
    """
    for namespace in (NAMESPACE, WORKLOADS):
        made = lab.kubectl("create", "namespace", namespace, "--dry-run=client", "--output=json")
        lab.kubectl("apply", "--server-side", "--filename=-", stdin=made)
        lab.kubectl("label", "namespace", namespace, RESTRICTED, "--overwrite")
    helm: list[str | Path] = [
        ensure(["helm"])["helm"],
        f"--kubeconfig={lab.kubeconfig}",
        "upgrade",
        "--install",
        RELEASE,
        CHART,
    ]
    options = [f"--namespace={NAMESPACE}", f"--values={VALUES}", "--wait", f"--timeout={READY}", *more]
    subprocess.run([*helm, *options], check=True, stdout=subprocess.DEVNULL)


def set_prices(lab: Lab) -> None:
    """Write what the Sites cost, which the operator has discovered."""
    for site, price in PER_HOUR.items():
        patch = json.dumps({"spec": {"cost": {"perHour": price}}})
        lab.kubectl("patch", "site", site, "--type=merge", f"--patch={patch}")


def observer(lab: Lab, folder: Path) -> Reader:
    """Eyes of their own: an account that may read what the tests look at, and change nothing."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": OBSERVER, "namespace": "default"}}
    documents = [account, *manifests.load(manifests.HERE / "observer.yaml")]
    lab.kubectl("apply", "--filename=-", stdin=manifests.dump(documents))
    token = lab.kubectl("create", "token", OBSERVER, "--namespace=default", "--duration=6h").strip()
    cluster = json.loads(lab.kubeconfig.read_text())["clusters"][0]["cluster"]
    authority, config = folder / "ca.crt", folder / "observer.kubeconfig"
    authority.write_bytes(base64.b64decode(cluster["certificate-authority-data"]))
    config.write_text(json.dumps({"clusters": [{"cluster": cluster}], "users": [{"user": {"token": token}}]}))
    return Reader(config, authority)
