"""What every model of a configuration file is made of: strict mappings, names, and texts that must be readable."""

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

NAME = re.compile(r"(?=.{1,63}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
NAME_DEMAND = "must be lower-case letters and digits, with single hyphens between them, at most 63"


def shaped(pattern: re.Pattern[str], demand: str) -> AfterValidator:
    """Demand that the whole text matches; the message says what is wanted, never the pattern."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(demand)
        return text

    return AfterValidator(check)


def read_by(parse: Callable[[str], object]) -> AfterValidator:
    """Demand that the text can be read by the function that will read it later."""

    def check(text: str) -> str:
        parse(text)
        return text

    return AfterValidator(check)


Name = Annotated[str, shaped(NAME, NAME_DEMAND)]


class Strict(BaseModel):
    """A mapping in a file of ours: unknown keys are refused, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
