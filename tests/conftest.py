# SPDX-License-Identifier: Apache-2.0
"""The dice of the property tests: the same ones in every gate, new ones at every `make explore`.

A gate judges a change, so it must not fail for an example that the change has nothing to do with. New examples are
looked for apart from it; one that fails becomes an `@example` or a test of its own.
"""

import os

from hypothesis import settings

settings.register_profile("gate", derandomize=True)
settings.register_profile("explore", derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))
