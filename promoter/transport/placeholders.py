"""What names of objects and queries may hold of the service that a cluster is asked about."""

from typing import Final

from promoter.ports import Running

PLACEHOLDERS: Final = ("{service}", "{environment}", "{release}", "{digest}")


def fill(text: str, about: Running) -> str:
    """Fill in service, environment, release and digest, each as a whole text and once."""
    values = (about.service, about.environment, about.release, about.digest)
    for name, value in zip(PLACEHOLDERS, values, strict=True):
        text = text.replace(name, value)
    return text
