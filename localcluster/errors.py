# SPDX-License-Identifier: Apache-2.0
"""What can go wrong here, as one small tree: every message is a sentence that names the cure."""


class LocalClusterError(Exception):
    """Anything localcluster refuses or fails to do."""


class BuildError(LocalClusterError):
    """A binary could not be found, built or used together with the others."""


class StartError(LocalClusterError):
    """A program did not become ready; the message ends with the tail of its log."""


class KubectlError(LocalClusterError):
    """kubectl exited with an error; the message holds its standard error."""


class ApiError(LocalClusterError):
    """The API server answered a request of ours with an error status."""

    def __init__(self, message: str, *, status: int) -> None:
        """Keep the HTTP status beside the sentence."""
        super().__init__(message)
        self.status = status
