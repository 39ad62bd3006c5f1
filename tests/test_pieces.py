"""A signed document counts for the image that it is about, and under the layouts that a policy accepts."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from promoter.core.candidate import Digest, digest_of
from promoter.core.evidence import (
    Attestation,
    ContentKind,
    Evidence,
    EvidenceState,
    Found,
    Layout,
    LogEntry,
    Mechanism,
    Signer,
    Unusable,
)
from promoter.core.manifest import Carrier, Holding, Layer
from promoter.core.policy import accepted
from promoter.pieces import Examiner, attachment_parts, attachment_record, join
from promoter.ports import Material, TrustRoot

BOM = "https://cyclonedx.org/bom"
OURS, OTHER = digest_of(b"our image"), digest_of(b"another image")
SIGNER = Signer("https://forge.example/shop/cart/release.yml@refs/tags/v1.0.0", "https://token.forge.example")
COVER = Attestation(
    found=Found(digest_of(b"signature"), digest_of(b"its manifest"), 100, Layout.COSIGN_TAG),
    kind=ContentKind.MESSAGE_SIGNATURE,
    mechanism=Mechanism.KEYLESS_COSIGN,
    signer=SIGNER,
    signed_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    log=LogEntry("00" * 32, 7, "hashedrekord 0.0.1"),
)
FOUND = Found(digest_of(b"record"), digest_of(b"manifest"), 100, Layout.ATTACHMENT)


def joined(document: dict[str, Any], refers_to: str = "") -> Attestation | Unusable:
    raw = json.dumps(document).encode()
    layer = Layer(Holding.DOCUMENT, "application/vnd.cyclonedx+json", digest_of(raw), len(raw), b"", BOM)
    return join(FOUND, OURS, Carrier(refers_to, "", (layer,)), raw, COVER)


def cyclonedx(**component: Any) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"name": "cart", **component}}}


def spdx(**package: Any) -> dict[str, Any]:
    described = {"SPDXID": "SPDXRef-image", "name": "cart", **package}
    return {"spdxVersion": "SPDX-2.3", "documentDescribes": ["SPDXRef-image"], "packages": [described]}


FIGURES = OURS.removeprefix("sha256:")


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(cyclonedx(version=OURS), id="version, as Syft writes it"),
        pytest.param(cyclonedx(purl=f"pkg:oci/cart@sha256%3A{FIGURES}"), id="package URL, as Trivy writes it"),
        pytest.param(cyclonedx(hashes=[{"alg": "SHA-256", "content": FIGURES}]), id="hash"),
        pytest.param(spdx(versionInfo=OURS), id="SPDX version"),
        pytest.param(spdx(checksums=[{"algorithm": "SHA256", "checksumValue": FIGURES}]), id="SPDX checksum"),
        pytest.param(
            spdx(externalRefs=[{"referenceType": "purl", "referenceLocator": f"pkg:oci/cart@sha256:{FIGURES}"}]),
            id="SPDX package URL",
        ),
    ],
)
def test_a_document_is_about_the_image_that_it_names_itself(document: dict[str, Any]) -> None:
    assert isinstance(joined(document), Attestation)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(cyclonedx(version=OTHER, pedigree={"ancestors": [{"name": "base", "version": OURS}]}), id="base"),
        pytest.param(cyclonedx(version=OTHER, components=[{"name": "inner", "version": OURS}]), id="part of it"),
        pytest.param(cyclonedx(version=OTHER, description=f"built on {OURS}"), id="description"),
        pytest.param(spdx(versionInfo=OTHER, comment=f"built on {OURS}"), id="SPDX comment"),
        pytest.param(spdx(versionInfo=OTHER, sourceInfo=OURS), id="SPDX source"),
    ],
)
def test_an_image_that_a_document_only_mentions_is_not_what_it_is_about(document: dict[str, Any]) -> None:
    item = joined(document)

    assert isinstance(item, Unusable)
    assert (item.state, item.code) == (EvidenceState.INVALID, "layout.attachment-unbound")


def test_a_document_whose_manifest_refers_to_another_image_is_not_bound_by_what_it_says() -> None:
    item = joined(cyclonedx(version=OURS), refers_to=OTHER)

    assert isinstance(item, Unusable)
    assert item.detail == f"its manifest refers to {OTHER}, not to {OURS}"


class _Believing:
    """`ports.Signatures` to whom everything is the cover."""

    def root(self) -> TrustRoot:
        return TrustRoot(digest_of(b"root"), b"root")

    def examine(self, material: Material, subject: Digest, keys: tuple[object, ...] = ()) -> Attestation | Unusable:
        return COVER


def attached() -> Evidence:
    raw = json.dumps(cyclonedx(version=OURS)).encode()
    layer = {"mediaType": "application/vnd.cyclonedx+json", "digest": digest_of(raw), "size": len(raw)}
    manifest = json.dumps({"schemaVersion": 2, "layers": [layer]}).encode()
    record = attachment_record(digest_of(manifest), COVER)
    signature = json.dumps({"digest": digest_of(b"payload")}).encode()
    kept = {digest_of(one): one for one in (raw, manifest, record)}
    kept |= {COVER.found.blob: signature, digest_of(b"payload"): b"payload"}
    parts = attachment_parts(digest_of(manifest), digest_of(raw), COVER)
    found = Found(digest_of(record), digest_of(manifest), len(raw), Layout.ATTACHMENT, parts)
    item = Examiner(_Believing(), ()).examine(found, OURS, kept.__getitem__)
    return Evidence(OURS).with_item(item)


def test_a_document_counts_only_where_the_layout_of_its_signature_is_accepted_too() -> None:
    evidence = attached()

    assert accepted(evidence, (Layout.COSIGN_TAG, Layout.ATTACHMENT)).attestations == evidence.attestations
    refused = accepted(evidence, (Layout.BUNDLE, Layout.ATTACHMENT))
    assert refused.attestations == ()
    assert [(item.state, item.code, item.detail) for item in refused.unusable] == [
        (
            EvidenceState.ABSENT,
            "layout.not-accepted",
            "the signature over it is kept in the layout cosign-tag; accepted here: bundle, attachment",
        )
    ]


def test_a_document_in_a_layout_that_is_not_accepted_is_told_as_that() -> None:
    refused = accepted(attached(), (Layout.BUNDLE,))

    assert refused.unusable[0].detail == "it is kept in the layout attachment; accepted here: bundle"


def test_the_cover_of_a_bundle_is_none() -> None:
    assert replace(FOUND, layout=Layout.BUNDLE).layouts == (Layout.BUNDLE,)
