"""The system's clock: the only place of the program that asks what time it is."""

from datetime import UTC, datetime


class SystemClock:
    """`ports.Clock` on the machine's own clock."""

    def now(self) -> datetime:
        """Give the time, aware and in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the Clock port
