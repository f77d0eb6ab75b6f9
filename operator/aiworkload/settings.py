# SPDX-License-Identifier: Apache-2.0
"""The operator's process settings, from environment variables `AIWORKLOAD_<GROUP>_<NAME>`.

Each says what, with its unit, its default, and when to change it. What a single workload may want otherwise is not
here but in its spec.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from aiworkload.placement.policy import Policy
from aiworkload.sensing.peers import FAIR_SHARE, LEAST_SAMPLE

ENV_PREFIX: Final = "AIWORKLOAD_"
DEFAULT_NAMESPACE: Final = "aiworkload-system"
SERVICE_ACCOUNT_NAMESPACE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
DEFAULTS: Final = Policy()

Seconds = Annotated[float, Field(gt=0, le=86_400)]


def own_namespace() -> str:
    """Where this process runs, so where its Lease belongs."""
    if named := os.environ.get("POD_NAMESPACE"):
        return named
    if SERVICE_ACCOUNT_NAMESPACE.is_file():
        return SERVICE_ACCOUNT_NAMESPACE.read_text().strip()
    return DEFAULT_NAMESPACE


class LogLevel(StrEnum):
    """How much is told."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """`json` for log collectors, `text` for people."""

    JSON = "json"
    TEXT = "text"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LoopSettings(_Group):
    """When the loop runs."""

    resync_seconds: Seconds = Field(
        default=30.0, description="Longest time between two cycles, in seconds. Raise it for thousands of workloads."
    )
    debounce_seconds: Annotated[float, Field(ge=0, le=60)] = Field(
        default=0.3, description="Pause between a change and the cycle, in seconds. Raise it if changes come in floods."
    )
    advice_seconds: Seconds = Field(
        default=30.0,
        description="Least time between two looks at all workloads together, in seconds. Raise it to spare the"
        " operator's CPU; lower it to react faster where sites are full.",
    )


class LeaseSettings(_Group):
    """Leadership among replicas, in seconds (client-go's defaults)."""

    duration_seconds: Seconds = Field(
        default=15.0, description="Wait before a silent leader is replaced, in seconds. Lower it for faster failover."
    )
    renew_deadline_seconds: Seconds = Field(
        default=10.0, description="How long a leader goes on without renewing, in seconds. Keep it below the duration."
    )
    retry_seconds: Seconds = Field(
        default=2.0, description="Between two renewals, in seconds. Raise it to spare a loaded API server."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.retry_seconds < self.renew_deadline_seconds < self.duration_seconds:
            raise ValueError(
                "retry_seconds must be below renew_deadline_seconds, and that below duration_seconds,"
                " or two operators could lead at once; for example 2, 10 and 15"
            )
        return self


class PolicySettings(_Group):
    """Thresholds for all workloads together."""

    degraded_consecutive_losses: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=DEFAULTS.degraded_consecutive_losses,
        description="Probes lost in a row until a site is Degraded. Raise it on lossy radio links.",
    )
    disconnected_seconds: Seconds = Field(
        default=DEFAULTS.disconnected_seconds,
        description="Silence until a site is Disconnected, in seconds. Raise it where short cuts are normal.",
    )
    reconnected_seconds: Seconds = Field(
        default=DEFAULTS.reconnected_seconds,
        description="Contact without a break until a site is Connected again, in seconds. Raise it for flapping links.",
    )
    lost_seconds: Seconds = Field(
        default=DEFAULTS.lost_seconds,
        description="Silence until a site is Lost, in seconds. Raise it where outages of hours are normal.",
    )
    headroom_percent: Annotated[int, Field(ge=0, le=90)] = Field(
        default=DEFAULTS.headroom_percent,
        description="Share of a node's CPU and memory that a new placement leaves free. Lower it on tiny machines.",
    )
    default_compute_milliseconds: Annotated[int, Field(ge=0, le=600_000)] = Field(
        default=DEFAULTS.default_compute_milliseconds,
        description="Compute time of a variant that declares none, in milliseconds. 0: only the network counts.",
    )
    target_backoff_seconds: Seconds = Field(
        default=DEFAULTS.target_backoff_seconds,
        description="After a failed move its target is spared for so long, in seconds. Raise it if nodes heal slowly.",
    )
    target_backoff_cap_seconds: Seconds = Field(
        default=DEFAULTS.target_backoff_cap_seconds,
        description="Longest that a target is spared after failed moves, in seconds. Lower it if sites heal quickly.",
    )
    max_moves_per_hour: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=DEFAULTS.max_moves_per_hour,
        description="Moves per hour in the whole cluster, until those for something better wait. Raise it for"
        " thousands of workloads.",
    )
    max_forced_moves_per_cycle: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=DEFAULTS.max_forced_moves_per_cycle,
        description="Forced moves begun in one cycle; the rest follow in the next. Lower it if registries or links"
        " cannot bear so many starts at once.",
    )
    breaker_suspect_percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=DEFAULTS.breaker_suspect_percent,
        description="Share of a tier's nodes that are not ready or silent, above which only workloads at cut-off"
        " sites move, in percent. Raise it where nodes sleep by design; 100 turns the rule off.",
    )
    warmup_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=DEFAULTS.warmup_seconds,
        description="Time from a model's last byte to its first answer, in seconds; counts against a better place."
        " Raise it for large models.",
    )
    move_amortisation_seconds: Seconds = Field(
        default=DEFAULTS.move_amortisation_seconds,
        description="Time in which a move to a better place has to pay for itself, in seconds. Raise it for fewer"
        " moves of large models.",
    )
    advice_gap_percent: Annotated[float, Field(ge=0, le=1000)] = Field(
        default=DEFAULTS.advice_gap_percent,
        description="How far all placements together may be from the best possible until they are solved anew, in"
        " percent. Raise it to spare the operator's CPU.",
    )

    def policy(self) -> Policy:
        """As decisions take it."""
        return Policy(**self.model_dump())


class SensingSettings(_Group):
    """What agents are told to measure."""

    peers_per_site: Annotated[int, Field(ge=LEAST_SAMPLE, le=64)] = Field(
        default=FAIR_SHARE,
        description="Sites that one site probes while workloads ask for fewer; the other paths are estimated. Lower it"
        " on metered links; raise it where estimates are poor.",
    )


class HttpSettings(_Group):
    """Where /metrics, /healthz and /readyz are served."""

    address: str = Field(default="0.0.0.0", description="Address to listen on. 127.0.0.1 keeps it on this machine.")  # noqa: S104 - the kubelet and Prometheus come from other hosts
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=8080, description="Port to listen on. 0 takes any free one."
    )


class LogSettings(_Group):
    """What is logged, and how."""

    level: LogLevel = Field(default=LogLevel.INFO, description="debug, info, warning or error.")
    format: LogFormat = Field(default=LogFormat.JSON, description="json for log collectors, text for people.")


class ServerSettings(_Group):
    """Inference servers."""

    image: Annotated[str, StringConstraints(pattern=r"^[^\s]+$", max_length=512)] = Field(
        default="nvcr.io/nvidia/tritonserver:24.12-py3",
        description="Image where a workload names none. Change it to a mirror or a newer Triton.",
    )


class OperatorSettings(BaseSettings):
    """All of them."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="_", env_nested_max_split=1, frozen=True, extra="ignore"
    )

    loop: LoopSettings = LoopSettings()
    lease: LeaseSettings = LeaseSettings()
    policy: PolicySettings = PolicySettings()
    sensing: SensingSettings = SensingSettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()
    server: ServerSettings = ServerSettings()
    namespace: str = Field(
        default_factory=own_namespace,
        description="Namespace of the Lease. Default: POD_NAMESPACE, the pod's own, else aiworkload-system.",
    )
    discover_sites: bool = Field(
        default=True,
        description="Whether nodes that no Site selects get Sites. Turn it off to write all Sites yourself.",
    )


class BadSettings(Exception):
    """A setting that cannot be; the message is one sentence."""


def load_settings() -> OperatorSettings:
    """The settings from the environment.

    Raises:
        BadSettings: naming the variable, its value and what is wrong with it.
    """
    try:
        return OperatorSettings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        variable = ENV_PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            raise BadSettings(f"there is no setting {variable}; see `aiworkload-operator --help`") from error
        if isinstance(first["input"], dict):
            raise BadSettings(f"{variable}_*: {reason}") from error
        raise BadSettings(f"{variable}={first['input']!r} cannot be: {reason}") from error


def described_settings() -> tuple[tuple[str, str, str], ...]:
    """(variable, default, description) of every setting, for `--help` and the reference."""
    rows: list[tuple[str, str, str]] = []
    for name, field in OperatorSettings.model_fields.items():
        group = field.default
        if isinstance(group, BaseModel):
            rows += [
                (f"{ENV_PREFIX}{name}_{key}".upper(), str(getattr(group, key)), inner.description or "")
                for key, inner in type(group).model_fields.items()
            ]
        else:
            default = "" if field.default_factory else str(field.default)
            rows.append((f"{ENV_PREFIX}{name}".upper(), default, field.description or ""))
    return tuple(rows)
