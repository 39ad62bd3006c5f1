"""`policies/`, as they are written: every key with its type, its default and its meaning.

`docs/configuration.md` is generated from these models. The parameters of checks are types of core, read apart.
"""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from promoter.config_files import Name, Strict
from promoter.config_signers import SignerFile
from promoter.core.checks import CHECKS
from promoter.core.evidence import Layout
from promoter.core.exception_rules import ExceptionRules
from promoter.core.finding import Mode
from promoter.core.policy import EXCEPTION_RULES


def _midnight(text: object) -> object:
    """Read a date alone as the beginning of that day in UTC."""
    is_date = isinstance(text, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)
    return f"{text}T00:00:00Z" if is_date else text


DayOrTime = Annotated[AwareDatetime, BeforeValidator(_midnight)]


class RequirementFile(BaseModel):
    """One line of `require`. Every other key is a parameter of the check."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    check: Annotated[str, Field(json_schema_extra={"enum": list(CHECKS)})]
    """Name of the check."""
    name: Name | None = None
    """Tells two lines of one check apart; a check's only line needs none."""
    mode: Mode = Mode.ENFORCE
    """`enforce` counts, `warn` is shown only, `off` is not even asked."""
    effective_on: DayOrTime | None = None
    """From when on `enforce` counts: a date (its beginning in UTC) or a time with its zone. Until then it warns."""
    deadline: timedelta = timedelta(0)
    """How long after its discovery a release may still miss this evidence: until then it is pending, not blocked."""


class PolicyLineFile(RequirementFile):
    """One line of a policy's `require`. Every other key is a parameter of the check."""

    loosens: Annotated[str, Field(min_length=1)] | None = None
    """Why the environment may demand less here than it inherits; without it, an inherited line is only tightened."""


class FragmentFile(Strict):
    """Signers, layouts and lines that several policies and classes share. The file's name is the fragment's."""

    include: tuple[Name, ...] = ()
    """Fragments that this one begins with. One that nothing includes is refused, and so is a circle."""
    signers: Annotated[dict[Name, SignerFile], Field(default_factory=dict, min_length=1)]
    """Identities by name; each check names those that it accepts."""
    require: Annotated[tuple[RequirementFile, ...], Field(min_length=1)] = ()
    """What a release must show. A line of a check and name that is inherited gives only the keys that differ."""
    layouts: Annotated[tuple[Layout, ...], Field(min_length=1)] | None = None
    """Layouts of evidence that are accepted, as in a policy; whoever includes this accepts just these."""


class ClassFile(Strict):
    """What services of a class must show besides, in every environment. The file's name is the class's."""

    description: Annotated[str, Field(min_length=1)]
    """Which services are of this class, in a sentence for people."""
    environments: tuple[Name, ...] = ()
    """Environments in which the class demands something; all of them if empty."""
    include: tuple[Name, ...] = ()
    """Fragments that this class begins with."""
    signers: Annotated[dict[Name, SignerFile], Field(default_factory=dict, min_length=1)]
    """Identities by name; each check names those that it accepts."""
    require: Annotated[tuple[RequirementFile, ...], Field(min_length=1)] = ()
    """What its services must show besides. A class adds lines, or tightens those that an environment has."""


class PolicyFile(Strict):
    """What a release must show for one environment. The file's name is the environment's."""

    include: tuple[Name, ...] = ()
    """Fragments that this policy begins with; of a line that several have, the strictest counts."""
    signers: Annotated[dict[Name, SignerFile], Field(default_factory=dict, min_length=1)]
    """Identities by name; each check names those that it accepts."""
    require: Annotated[tuple[PolicyLineFile, ...], Field(min_length=1)] = ()
    """What a release must show; a policy that enforces nothing is refused. A line of a check and name that is
    inherited gives only the keys that differ, and those may only tighten it."""
    exceptions: ExceptionRules = EXCEPTION_RULES
    """What is asked of exceptions from this policy; what is left out is as strict as it says."""
    layouts: Annotated[tuple[Layout, ...], Field(min_length=1)] | None = None
    """Layouts of evidence that are accepted, `bundle` if left out. What stands in another is shown and counts for
    nothing.

    `bundle`: Sigstore bundles that refer to the image (cosign 3, GitHub). `cosign-tag`: cosign 2's tags `.sig` and
    `.att`. `cosign-referrer`: cosign's experimental OCI 1.1 mode. `attachment`: SBOM documents that refer to the image
    and whose own manifest is signed, in a layout that is accepted too. `forge-store`: the attestation store of the
    forge that holds the source."""
