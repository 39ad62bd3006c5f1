"""`exceptions/`, as they are written: every key with its type, its default and its meaning."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from promoter.config_files import Name, Strict
from promoter.core.package_scope import PackageScope
from promoter.core.policy_exception import Kind
from promoter.core.predicates.vulnerability import Severity


class RevokedFile(Strict):
    """That the exception was taken back, and by whom. It needs no approval."""

    at: AwareDatetime
    """From when on it does not count any more."""
    by: str
    """Who took it back."""
    reason: str
    """Why."""


class ExceptionFile(Strict):
    """An exception: which findings are accepted, where, for what, how long, and why. The file's name is its id.

    Who approved it does not stand here: that is what the forge says of the change that brought the file, or who signed
    the same as a statement about the digest.
    """

    kind: Kind = Kind.EXCEPTION
    """`exception`, or `break-glass` for an emergency: at most 24 hours, told loudly, and reviewed afterwards."""
    codes: Annotated[tuple[str, ...], Field(min_length=1)]
    """Codes of the findings that are accepted, like `vulnerabilities.over-limit`; docs/findings.md tells which may."""
    environments: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Environments in which it holds."""
    services: tuple[Name, ...] = ()
    """Services for which it holds; all of them if empty, which needs one of the next four keys."""
    digests: tuple[str, ...] = ()
    """Digests for which it holds."""
    versions: str = ""
    """A range of releases for which it holds, like `>=1.8 <1.9`."""
    purls: tuple[PackageScope, ...] = ()
    """Packages that it is about, each with a version, a range of them, or all."""
    vulnerabilities: tuple[str, ...] = ()
    """Vulnerabilities that it is about, by any identifier that the scan knows for them."""
    max_severity: Severity | None = None
    """The worst severity that is accepted; if what it covers is rated worse later, it does not count any more."""
    owner: Annotated[str, Field(min_length=1)]
    """Who looks after it: a team or a person."""
    reason: Annotated[str, Field(min_length=1)]
    """Why the risk is accepted."""
    controls: tuple[str, ...] = ()
    """What compensates for it."""
    evidence: tuple[str, ...] = ()
    """Links to tickets, analyses, decisions."""
    requested_by: Annotated[str, Field(min_length=1)]
    """Account of who asked for it, whose approval does not count."""
    not_before: AwareDatetime
    """From when on it holds."""
    expires: AwareDatetime
    """When it ends. Its longest life is the policy's, by severity."""
    revoked: RevokedFile | None = None
    """That it was taken back."""
