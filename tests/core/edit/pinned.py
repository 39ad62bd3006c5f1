"""What the tests of this folder pin: one image, an old and a new release, and a target of each kind."""

from promoter.core.candidate import Digest, parse_repository
from promoter.core.edit import Edited, edit
from promoter.core.target import Target, TargetKind, ValuesShape
from promoter.core.verdict import VerifiedDigest

IMAGE = parse_repository("registry.example/team/app")
OLD = Digest("sha256:" + "0" * 64)
NEW = Digest("sha256:" + "f" * 64)
RELEASE = "v2.4.2"

KUSTOMIZE = Target(path="kustomization.yaml", kind=TargetKind.KUSTOMIZE)
MANIFEST = Target(path="app.yaml", kind=TargetKind.MANIFEST)
TAG_AND_DIGEST = Target(
    path="values.yaml", kind=TargetKind.HELM_VALUES, at=("image",), shape=ValuesShape.TAG_AND_DIGEST
)
TAG = Target(path="values.yaml", kind=TargetKind.HELM_VALUES, at=("image",), shape=ValuesShape.TAG)
WHOLE = Target(path="values.yaml", kind=TargetKind.HELM_VALUES, at=("image",), shape=ValuesShape.IMAGE)
RELEASE_PAIR = Target(
    path="release.yaml", kind=TargetKind.FLUX_HELM_RELEASE, at=("image",), shape=ValuesShape.TAG_AND_DIGEST
)
OCI = Target(path="source.yaml", kind=TargetKind.FLUX_OCI_REPOSITORY)


def new(release: str = RELEASE, digest: Digest = NEW) -> VerifiedDigest:
    """What a passing verdict would give."""
    return VerifiedDigest(digest, release)


def written(text: str) -> str:
    """Fill in the digests: OLD and NEW stand for the whole ones."""
    return text.replace("OLD", OLD).replace("NEW", NEW)


def edited(text: str, target: Target, release: str = RELEASE) -> Edited:
    """Edit a text in which OLD and NEW stand for digests."""
    return edit(written(text).encode(), target, IMAGE, new(release))
