"""What the parsers are meant to read, as the project's own writers write it: where every mutation begins."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from promoter.core.candidate import Candidate, parse_repository
from promoter.core.canonical import canonical
from promoter.core.checkpoint import Checkpoint, build_body, build_trailer, sign_note
from promoter.core.record import AnyEntry, Incident, PinSeen, ReleaseResolved, TagsSeen
from promoter.core.target import Target
from promoter.local.authority.sealing import LogKind
from promoter.local.predicates import Package, Weakness, cyclonedx, provenance, trivy_report
from tests.adapters import bundles, signed_pieces
from tests.core.checks.builds import BUILDS
from tests.core.edit import pinned
from tests.fakes.ledger import ORIGIN, SIGNER

VECTORS = Path(__file__).parents[1] / "vectors"
POINT = Checkpoint(ORIGIN, 12, "ab" * 32)
CANDIDATE = Candidate("cart", "1.8.3", bundles.SUBJECT)
IMAGE = parse_repository("registry.example/team/app")


def as_bytes(*documents: object) -> tuple[bytes, ...]:
    """Give documents as JSON."""
    return tuple(json.dumps(document).encode() for document in documents)


# --- predicates -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signed:
    """A predicate and its type, as a statement holds them."""

    predicate_type: str
    predicate: Any


@cache
def predicates() -> tuple[Signed, ...]:
    """Give every predicate that the local world, the tests of layouts and the vectors know, once each."""
    return tuple({json.dumps([one.predicate_type, one.predicate]): one for one in _predicates()}.values())


def _predicates() -> Iterator[Signed]:
    package = Package("urllib3", "2.2.0")
    weakness = Weakness("CVE-2026-1", "HIGH", package, "2.2.1")
    yield Signed("https://slsa.dev/provenance/v1", provenance(bundles.SIGNER))
    yield Signed("https://cyclonedx.org/bom", cyclonedx("cart", "1.8.3", (package,), bundles.NOW))
    report = trivy_report(bundles.SUBJECT, (weakness,), bundles.NOW)
    yield Signed("https://cosign.sigstore.dev/attestation/vuln/v1", report)
    yield from (Signed(build.predicate_type, build.predicate) for build in BUILDS)
    for path in sorted(VECTORS.glob("*.json")):
        for piece in json.loads(path.read_bytes()).get("evidence", {}).values():
            if piece.get("predicate_type"):
                yield Signed(piece["predicate_type"], piece["predicate"])


def predicate_documents(predicate_type: str = "") -> tuple[bytes, ...]:
    """Give predicates, of one type where it is named, as the targets take them: `{"type": ..., "predicate": ...}`."""
    return as_bytes(
        *(
            {"type": one.predicate_type, "predicate": one.predicate}
            for one in predicates()
            if predicate_type in {"", one.predicate_type}
        )
    )


def statements() -> tuple[bytes, ...]:
    """Give statements."""
    return bundles.statement(), bundles.statement(predicate=None, predicateType="https://slsa.dev/provenance/v0.2")


# --- bundles and trusted roots ----------------------------------------------------------------------------------------


@cache
def bundle_documents() -> tuple[bundles.Document, ...]:
    """Give a bundle of every layout that is read: statement and message, both logs, old and new media types."""
    recipe = bundles.Recipe(payload=bundles.statement())
    return tuple(
        bundles.forge(one)
        for one in (
            recipe,
            replace(recipe, rekor=1, media_type=bundles.V1),
            replace(recipe, rekor=1, media_type=bundles.V2, stamped=(bundles.NOW,)),
            replace(recipe, payload=None, media_type=bundles.V3_ALT),
            replace(recipe, payload=None, rekor=1),
        )
    )


@cache
def certificates() -> tuple[bytes, ...]:
    """Give signing certificates, DER."""
    issued = bundles.instance().authority.issue(bundles.leaf())
    return (issued.public_bytes(Encoding.DER),)


def attached() -> tuple[bytes, ...]:
    """Give documents that are attached to an image and name it."""
    packages = [{"SPDXID": "SPDXRef-a", "checksums": [{"checksumValue": bundles.SUBJECT.removeprefix("sha256:")}]}]
    relations = [{"relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-a"}]
    return as_bytes(
        {"metadata": {"component": {"version": bundles.SUBJECT}}},
        {"documentDescribes": ["SPDXRef-a"], "packages": packages, "relationships": relations},
    )


def public_keys() -> tuple[bytes, ...]:
    """Give public keys, PEM."""
    return (bundles.key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),)


# --- registries -------------------------------------------------------------------------------------------------------

BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


def _descriptor(media_type: str = MANIFEST_TYPE, **members: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": bundles.MANIFEST, "size": 1000, **members}


def manifests() -> tuple[bytes, ...]:
    """Give an image, an index with platforms and a referrer."""
    linux = _descriptor(platform={"os": "linux", "architecture": "arm64", "variant": "v8"})
    unknown = _descriptor(platform={"os": "unknown", "architecture": "unknown"})
    return as_bytes(
        {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": _descriptor(), "layers": [_descriptor()]},
        {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [linux, unknown]},
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": BUNDLE_TYPE,
            "subject": _descriptor(digest=bundles.SUBJECT),
            "layers": [_descriptor(BUNDLE_TYPE)],
        },
    )


def lists() -> tuple[bytes, ...]:
    """Give a page of tags, a list of referrers and an empty one."""
    return as_bytes(
        {"name": "team/app", "tags": ["1.8.3", "latest"]},
        {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [_descriptor(artifactType=BUNDLE_TYPE)]},
        {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": None},
    )


# --- the ledger and its checkpoints -----------------------------------------------------------------------------------


def entries() -> tuple[bytes, ...]:
    """Give entries of the ledger."""
    about: dict[str, Any] = {"at": bundles.NOW, "service": "cart"}
    made: tuple[AnyEntry, ...] = (
        TagsSeen(**about, tags=("1.8.2", "1.8.3")),
        ReleaseResolved(
            **about, release="1.8.3", digest=bundles.SUBJECT, media_type=MANIFEST_TYPE, refs=(bundles.SUBJECT,)
        ),
        PinSeen(**about, environment="prod", tag="1.8.3", digest="", commit="0f" * 20, how="out-of-band"),
        Incident(**about, what="tag-moved", detail="the tag moved"),
    )
    return tuple(canonical(entry) for entry in made)


def notes() -> tuple[bytes, ...]:
    """Give signed checkpoints."""
    return (sign_note(build_body(POINT), SIGNER).encode(),)


def checkpoints() -> tuple[bytes, ...]:
    """Give a checkpoint as a body, as a trailer and in a commit message, and a verifier key."""
    trailer = build_trailer(POINT)
    texts = (build_body(POINT), trailer, f"promote cart 1.8.3\n\n{trailer}\n", str(SIGNER.verifier_key))
    return tuple(text.encode() for text in texts)


# --- the environment repository ---------------------------------------------------------------------------------------

_OCI = """
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
spec:
  url: oci://registry.example/team/app
  ref:
    tag: v1
"""
_DEPLOYMENT = """
kind: Deployment
spec:
  containers:
  - name: app
    image: registry.example/team/app:v2.4.1
"""
_RELEASE = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
spec: {values: {image: {tag: v1, digest: OLD}}}
"""
_FILES: tuple[tuple[Target, str], ...] = (
    (pinned.KUSTOMIZE, "images:\n- name: registry.example/team/app\n  newTag: v2.4.1\n  digest: OLD\n"),
    (pinned.MANIFEST, "a: &a\n- image: registry.example/team/app:v2.4.1@OLD\nspec: {containers: *a}\n---\n"),
    (pinned.MANIFEST, _DEPLOYMENT),
    (pinned.TAG_AND_DIGEST, "image:\n  repository: registry.example/team/app\n  tag: 'v2.4.1'\n"),
    (pinned.TAG, "base: &b {tag: x}\nimage:\n  <<: *b\n  tag: v2.4.1@OLD # now\n"),
    (pinned.WHOLE, 'image: "registry.example/team/app:v2.4.1@OLD"\n'),
    (pinned.RELEASE_PAIR, _RELEASE),
    (pinned.OCI, _OCI),
)
TARGETS = tuple(dict.fromkeys(target for target, _ in _FILES))


def files() -> tuple[bytes, ...]:
    """Give a manifest of each kind that holds pins."""
    return tuple(pinned.written(text).encode() for _, text in _FILES)


def layers() -> tuple[bytes, ...]:
    """Give descriptors and bytes of layers as cosign writes them, by a key and keyless."""
    made = (
        signed_pieces.sealed(content, by, LogKind.V1, stamps=(bundles.NOW,))
        for content in (signed_pieces.SIMPLE, signed_pieces.STATED)
        for by in (signed_pieces.key_of(), signed_pieces.certified())
    )
    found = [signed_pieces.in_layer(each) for each in made]
    return tuple(raw for each in found for raw in (each.raw, each.payload))


def payloads() -> tuple[bytes, ...]:
    """Give simple signing payloads."""
    return (signed_pieces.PAYLOAD,)


def exceptions() -> tuple[bytes, ...]:
    """Signed exceptions: from vulnerabilities, from packages, and break-glass."""
    good = {
        "id": "EX-1",
        "codes": ["vulnerabilities.over-limit"],
        "environments": ["prod"],
        "services": ["cart"],
        "vulnerabilities": ["CVE-2026-1"],
        "maxSeverity": "critical",
        "owner": "team-cart",
        "reason": "not reachable",
        "requestedBy": "rosa",
        "compensatingControls": ["the port is closed"],
        "notBefore": "2026-11-20T12:00:00Z",
        "expires": "2026-11-25T12:00:00Z",
    }
    packages = {**good, "purls": [{"purl": "pkg:pypi/flask", "versions": ">=3|<4"}], "versions": ">=1.0.0 <2.0.0"}
    return as_bytes(good, packages, {**good, "kind": "break-glass", "codes": ["scan.stale"], "maxSeverity": None})


def hints() -> tuple[bytes, ...]:
    """Hints of a forge and of a registry, as they are sent."""
    repository = {"full_name": "shop/cart", "html_url": "https://forge.acme.example/shop/cart"}
    push = {"ref": "refs/heads/promote/dev/cart", "repository": repository}
    pull = {"pull_request": {"head": {"ref": "promote/dev/cart"}}, "repository": repository}
    target = {"repository": "shop/cart", "tag": "1.0.0", "digest": "sha256:ab"}
    events = {"events": [{"action": "push", "target": target, "request": {"host": "registry.acme.example"}}]}
    return as_bytes(push, pull, events, {"services": ["cart"]})
