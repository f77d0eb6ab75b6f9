# SPDX-License-Identifier: Apache-2.0
"""One file a rule, listed in `catalogue.py`.

`REASON` names the rule, `refuses(block)` answers for many candidates at once, and `sentence(context)` says of one
refused candidate why, with the values that led to it.
"""
