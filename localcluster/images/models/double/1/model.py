# SPDX-License-Identifier: Apache-2.0
# mypy: ignore-errors
# ruff: noqa: INP001 -- Triton's layout of folders, no package of ours; its module exists beside the server alone
"""The lab's model in Triton's Python backend: OUTPUT is twice INPUT."""

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    """What the backend looks for in a model's file."""

    def execute(self, requests: list) -> list:
        """Answer each request of a batch."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: object) -> object:
        values = pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy()
        return pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", values * 2)])
