# SPDX-License-Identifier: Apache-2.0
"""What the instructions of a Dockerfile make of an image's configuration."""

from collections.abc import Callable
from dataclasses import replace

from localcluster.images.archive import Config
from localcluster.images.dockerfile import Instruction, expand, pairs, program


def configured(config: Config, instruction: Instruction) -> Config:
    """The configuration after an instruction; one that says nothing of it leaves it as it is."""
    change = CHANGES.get(instruction.word)
    return change(config, instruction.rest) if change else config


CHANGES: dict[str, Callable[[Config, str], Config]] = {
    "ENV": lambda config, rest: replace(config, env={**config.env, **pairs(expand(rest, config.env))}),
    "LABEL": lambda config, rest: replace(config, labels={**config.labels, **pairs(rest)}),
    "USER": lambda config, rest: replace(config, user=rest),
    "WORKDIR": lambda config, rest: replace(config, working_dir=rest),
    # As engines do: a new entrypoint takes the base's command away.
    "ENTRYPOINT": lambda config, rest: replace(config, entrypoint=program(rest), command=()),
    "CMD": lambda config, rest: replace(config, command=program(rest)),
}
