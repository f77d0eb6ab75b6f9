# SPDX-License-Identifier: Apache-2.0
"""The custom resources as frozen pydantic models; `crds/` is rendered from them."""
