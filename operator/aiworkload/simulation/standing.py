# SPDX-License-Identifier: Apache-2.0
"""What stands already when a workload comes on stage with placements, as from a recorded snapshot.

Its objects are rendered as the operator would: nothing is rolled out anew merely because a replay began.
"""

from aiworkload.rollout.manifests import deployment, service
from aiworkload.simulation.cluster import VirtualCluster
from aiworkload.simulation.controllers import Controllers
from aiworkload.simulation.pods import VirtualDeployment, VirtualPod
from aiworkload.snapshot.workload import Placement, Pod, Workload


def take_up(cluster: VirtualCluster, workload: Workload, startup_seconds: float, image: str, now: float) -> None:
    """Put up the Deployments, pods and Service of a workload's placements; those that are going away are left out."""
    variants = {variant.name for variant in workload.spec.variants}
    for placement in workload.placements:
        site = cluster.sites.get(placement.site)
        if placement.deleting or site is None or placement.variant not in variants:
            continue
        manifest = deployment(workload, placement.assignment, site.spec, placement.intent, image)
        uid = placement.uid or f"uid-{workload.key}-{placement.name}"
        standing = VirtualDeployment(manifest, uid, placement.created_at, workload.uid, startup_seconds)
        cluster.controllers.deployments.append(standing)
        _fill(standing, placement, cluster.controllers, now)
    if workload.placements and workload.service is not None:
        cluster.services[workload.key] = service(workload, workload.service.selects, workload.service.intent)
    cluster.touched()


def _fill(standing: VirtualDeployment, placement: Placement, controllers: Controllers, now: float) -> None:
    staying = [pod for pod in placement.pods if not pod.terminating]
    if staying:
        standing.pods.extend(_recorded(controllers.pod(standing), pod, now) for pod in staying)
        return
    standing.pods.extend(controllers.pod(standing) for _ in range(standing.replicas))
    controllers.schedule(standing)
    for pod in [pod for pod in standing.pods if pod.node is not None][: placement.ready_replicas]:
        pod.answers_at, pod.ready = now, True


def _recorded(made: VirtualPod, pod: Pod, now: float) -> VirtualPod:
    """With the node it is bound to, whose `requested` counts it already."""
    made.name, made.uid, made.node = pod.name, pod.uid or made.uid, pod.node
    made.requests = pod.requests or made.requests
    if pod.ready:
        made.answers_at, made.ready = now, True
    return made
