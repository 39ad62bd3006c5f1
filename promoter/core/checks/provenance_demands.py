"""What a policy may demand of provenance: the parameters of the check, and the rules between them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from promoter.core.canonical import added
from promoter.core.checks.check import require_signers
from promoter.core.predicates.origin import check_image_place, check_place

HIGHEST_LEVEL: Final = 3
"""Of the levels of SLSA's build track, of which provenance has the first (slsa.dev/spec/v1.2/build-track-basics)."""


class ProvenanceVersion(Enum):
    """A version of the SLSA provenance predicate, each with its own predicate type and layouts."""

    V1 = "v1"
    V0_2 = "v0.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderLevel:
    """One row of the table of levels: what a builder is worth where this signer speaks for it."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signer: str
    """Name of the signer, one of this check's `signers`."""
    builder: str
    """Builder id, one of `builders` and written like there."""
    level: int
    """Level of SLSA's build track that this pair is trusted for, 1 to 3."""

    def __post_init__(self) -> None:
        if not 1 <= self.level <= HIGHEST_LEVEL:
            raise ValueError(f"level must be 1 to {HIGHEST_LEVEL}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MismatchApprovals:
    """Who may approve, in writing, that a release was built from another commit than its git tag names."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers who may approve; none of them may attest the provenance."""
    at_least: int = 2
    """How many of them must each have approved; two or more."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if self.at_least < 2:
            raise ValueError("at_least must be 2 or more: an approval of one is none")
        if self.at_least > len(set(self.signers)):
            raise ValueError(f"signers names fewer than the {self.at_least} who must approve: name more of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceParams:
    """Who may attest provenance, and what it must say besides the source, which the release itself determines.

    `builders` are exact builder ids and `workflow` is the exact path of the build's definition; both may hold the
    placeholders of signer rules. `parameters` are the names of external parameters that may be set; any other refuses.
    """

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    builders: tuple[str, ...]
    """Exact builder ids that are accepted."""
    build_types: tuple[str, ...]
    """Exact build types that are accepted."""
    workflow: str | None = None
    """Exact path of the workflow that built it; not compared if left out."""
    parameters: tuple[str, ...] = ()
    """Names of external parameters that a build may have been given; any other one refuses."""
    versions: tuple[ProvenanceVersion, ...] = added((ProvenanceVersion.V1,))
    """Versions of SLSA provenance that are accepted; an attestation of another version is none."""
    pinned_materials: bool = added(False)
    """Whether each resolved dependency or material needs a SHA-256 digest or a git commit, and one must be listed."""
    levels: tuple[BuilderLevel, ...] = added(())
    """Which signer is trusted for which level of which builder. A pair that is not listed has level 1."""
    min_level: int = added(1)
    """Level of SLSA's build track that is demanded, 1 to 3."""
    triggers: tuple[str, ...] = added(())
    """Exact events that may have started the build, like `push`; not compared if left out."""
    unnamed_ref: bool = added(False)
    """Whether no ref may be named, neither by the provenance nor its certificate, if its commit is the release's."""
    material_sources: tuple[str, ...] = added(())
    """Places that materials may come from: beginnings of URIs, in whole segments; not compared if left out."""
    base_images: tuple[str, ...] = added(())
    """Places that images among the materials may come from, as `oci://HOST/PATH`; the build must list one.

    If left out, images are materials like any other.
    """
    mismatch_approvals: MismatchApprovals | None = added(None)  # noqa: RUF009 - frozen, which ruff does not see
    """Who may approve a build from another commit than the release's. If left out, it never passes."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.builders or not all(self.builders):
            raise ValueError("builders names nobody: name the exact builder ids that are accepted")
        if not self.build_types or not all(self.build_types):
            raise ValueError("build_types names none: name the exact build types that are accepted")
        if self.workflow == "":
            raise ValueError("workflow is empty: name its path or leave it out")
        if not self.versions or len(set(self.versions)) < len(self.versions):
            raise ValueError("versions names none, or one twice: name the versions of provenance that are accepted")
        if not all(self.triggers):
            raise ValueError("triggers holds an empty text: name the exact events, or leave it out")
        self._check_levels()
        _check_places("material_sources", self.material_sources, check_place)
        _check_places("base_images", self.base_images, check_image_place)
        self._check_approvers()

    def _check_levels(self) -> None:
        pairs = [(row.signer, row.builder) for row in self.levels]
        for at, row in enumerate(self.levels):
            if row.signer not in self.signers:
                raise ValueError(f"levels[{at}].signer is none of signers: {row.signer!r}")
            if row.builder not in self.builders:
                raise ValueError(f"levels[{at}].builder is none of builders: {row.builder!r}")
            if pairs.index(pairs[at]) < at:
                raise ValueError(f"levels[{at}] names the pair of levels[{pairs.index(pairs[at])}] again")
        highest = max((row.level for row in self.levels), default=1)
        if not 1 <= self.min_level <= HIGHEST_LEVEL:
            raise ValueError(f"min_level must be 1 to {HIGHEST_LEVEL}")
        if self.min_level > highest:
            raise ValueError(f"min_level is {self.min_level}, and levels trusts no pair for more than {highest}")

    def _check_approvers(self) -> None:
        for at, name in enumerate(self.mismatch_approvals.signers if self.mismatch_approvals else ()):
            if name in self.signers:
                raise ValueError(
                    f"mismatch_approvals.signers[{at}] attests the provenance too, and nobody approves their own: "
                    f"{name!r}"
                )


def _check_places(key: str, places: tuple[str, ...], check: Callable[[str], None]) -> None:
    for at, place in enumerate(places):
        try:
            check(place)
        except ValueError as error:
            raise ValueError(f"{key}[{at}] {error}: {place[:100]!r}") from None
