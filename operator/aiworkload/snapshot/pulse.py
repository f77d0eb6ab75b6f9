# SPDX-License-Identifier: Apache-2.0
"""What a kubelet's Lease says of it: the witness that needs no agent, and no path but the control plane's own."""

from enum import StrEnum


class Pulse(StrEnum):
    """What was seen of one node's Lease while there was doubt about its site."""

    BEATING = "Beating"
    """It was renewed lately: the kubelet is alive, and in touch with the control plane."""
    SILENT = "Silent"
    """It was not renewed for longer than a kubelet ever waits."""
    LISTENING = "Listening"
    """It was not looked at for long enough to tell."""
    ABSENT = "Absent"
    """There is no Lease: nobody can tell by it."""
