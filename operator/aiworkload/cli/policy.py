# SPDX-License-Identifier: Apache-2.0
"""The thresholds that the operator decides by.

They are the operator's process settings, which no API tells. Where they were changed, give this command the same
`AIWORKLOAD_POLICY_...` variables, or silent sites are judged earlier or later than the operator would.
"""

from aiworkload.cli.output import BadInputError
from aiworkload.placement.policy import Policy
from aiworkload.settings import BadSettings, load_settings


def operator_policy() -> Policy:
    """The thresholds, from the same environment variables as the operator's.

    Raises:
        BadInputError: one of the variables cannot be.
    """
    try:
        return load_settings().policy.policy()
    except BadSettings as error:
        raise BadInputError(str(error)) from error
