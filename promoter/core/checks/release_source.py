"""What the release's own source says a build must be of: repository, git tag and the commit that the tag names."""

from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import SOURCE_TAG_LOOKUP, EvidenceState
from promoter.core.finding import Reason
from promoter.core.predicates.source import normalise_repository


def release_repository(subject: Subject) -> str:
    """Give the normalised name of the repository that the release is made from; empty where none is declared."""
    source = subject.evidence.source
    return normalise_repository(source.repository if source else subject.placeholders.source)


def release_ref(subject: Subject) -> str:
    """Give the git ref that the release is."""
    source = subject.evidence.source
    return source.ref if source else f"refs/tags/{subject.placeholders.tag}"


def release_commit(subject: Subject) -> str:
    """Give the commit of the release's git tag; empty where there is no such tag or it is not known."""
    source = subject.evidence.source
    return source.commit if source else ""


def missing_tag(subject: Subject) -> tuple[Reason, ...]:
    """Say so where the source has no git tag for the release: nothing that is attested makes up for that."""
    source = subject.evidence.source
    if source is None or source.commit:
        return ()
    reason = Reason(
        code=Code.PROVENANCE_NO_SOURCE_TAG,
        sentence=f"the service's source {source.repository} has no {source.ref}, so no commit belongs to this release",
        remedy=f"Service team: push the git tag {source.ref.removeprefix('refs/tags/')} at the commit that was built.",
    )
    return (reason,)


def unknown_commit(subject: Subject) -> tuple[Reason, ...]:
    """Say so where the source could not be asked, so that no commit can be compared."""
    if subject.evidence.source is not None:
        return ()
    failures = (item for item in subject.evidence.failures if item.what == SOURCE_TAG_LOOKUP)
    why = next((f"{failure.detail} ({failure.code})" for failure in failures), "it was not looked up")
    reason = Reason(
        code=Code.PROVENANCE_SOURCE_UNKNOWN,
        sentence=f"the commit of git tag {subject.placeholders.tag} in {subject.placeholders.source} "
        f"is not known: {why}",
        remedy="Nobody, for now: it is asked again by itself. Platform team: look at the forge if it stays.",
        state=EvidenceState.LOOKUP_FAILED,
    )
    return (reason,)
