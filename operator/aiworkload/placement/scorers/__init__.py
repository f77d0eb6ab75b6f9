# SPDX-License-Identifier: Apache-2.0
"""One file a factor, listed in `catalogue.py`.

`NAME` is the factor's weight in the spec, `points(pairs)` gives 0 to 100 for many candidates at once, and
`words(context)` says of one candidate what value the points came from, how old it is and who measured it.
"""
