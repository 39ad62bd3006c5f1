"""`policies/`, as they are written: every key with its type, its default and its meaning.

`docs/configuration.md` is generated from these models. The parameters of checks are types of core, read apart.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from promoter.config_files import Name, Strict
from promoter.config_signers import SignerFile
from promoter.core.checks import CHECKS
from promoter.core.evidence import Layout
from promoter.core.finding import Mode
from promoter.core.policy import LAYOUTS


class RequirementFile(BaseModel):
    """One line of `require`. Every other key is a parameter of the check."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    check: Annotated[str, Field(json_schema_extra={"enum": list(CHECKS)})]
    """Name of the check."""
    mode: Mode = Mode.ENFORCE
    """`enforce` counts, `warn` is shown only."""
    deadline: timedelta = timedelta(0)
    """How long after its discovery a release may still miss this evidence: until then it is pending, not blocked."""


class PolicyFile(Strict):
    """What a release must show for one environment. The file's name is the environment's."""

    signers: Annotated[dict[Name, SignerFile], Field(min_length=1)]
    """Identities by name; each check names those that it accepts."""
    require: Annotated[tuple[RequirementFile, ...], Field(min_length=1)]
    """What a release must show; a policy that enforces nothing is refused."""
    layouts: Annotated[tuple[Layout, ...], Field(min_length=1)] = LAYOUTS
    """Layouts of evidence that are accepted. What stands in another one is shown and counts for nothing.

    `bundle`: Sigstore bundles that refer to the image (cosign 3, GitHub). `cosign-tag`: cosign 2's tags `.sig` and
    `.att`. `cosign-referrer`: cosign's experimental OCI 1.1 mode. `attachment`: SBOM documents that refer to the image
    and whose own manifest is signed, in a layout that is accepted too. `forge-store`: the attestation store of the
    forge that holds the source."""
