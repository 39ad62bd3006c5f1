"""Refusals in GitHub's words: a status, a message, and for a validation error the reasons."""


class RefusedError(Exception):
    """A request that the forge refuses; the server turns it into GitHub's error document."""

    def __init__(self, status: int, message: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.reasons = reasons


def not_found() -> RefusedError:
    """Give the answer for everything that is not there, or not for this account."""
    return RefusedError(404, "Not Found")


def invalid(reason: str) -> RefusedError:
    """Give the answer for a well-formed request that breaks a rule."""
    return RefusedError(422, "Validation Failed", (reason,))
