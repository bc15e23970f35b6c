"""How slow the database may be under load."""

import dataclasses
from collections.abc import Iterator

MODES = ("enforce", "warn", "off")


@dataclasses.dataclass(frozen=True)
class LatencyGate:
    """The limit for the average latency, and what exceeding it does."""

    mode: str
    """`enforce` fails the update, `warn` prints a line, `off` does not measure."""
    limit_ms: int

    def problems(self) -> Iterator[str]:
        """One line for each invalid setting."""
        if self.mode not in MODES:
            yield f'latencyGate: is "{self.mode}", must be one of: {", ".join(MODES)}'
        if not 1 <= self.limit_ms <= 1000:
            yield f"latencyLimitMs: is {self.limit_ms}, must be 1 to 1000 (Coder: 10)"
