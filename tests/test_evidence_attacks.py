"""Who may push to a registry, and has no accepted signature over the image itself, gets nothing accepted.

Every case is what somebody puts beside, around or in place of good evidence; the finding says what became of it.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from promoter.core.candidate import Candidate, Digest, Repository
from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.evidence import Evidence, Layout
from promoter.core.manifest import read_platforms
from promoter.local.authority.bundles import bundle
from promoter.local.authority.contents import Envelope, statement
from promoter.local.buildx import Unsigned, attest_in_index
from promoter.local.layers import Layer
from promoter.local.manifests import EMPTY_TYPE, INDEX_TYPE, MANIFEST_TYPE, Shelf, tag_of
from promoter.local.publisher import BUNDLE_TYPE, COSIGN_SIGN
from tests.shop import BOM, BOM_FILE, DOCUMENT, KEYLESS, OTHER, REPOSITORY, SERVICE, Shop, codes, judged, one, refused

SIGNED = SignatureParams(signers=("builder",))
LISTED = SbomParams(signers=("builder",))
BUILT = ProvenanceParams(
    signers=("builder",), builders=("https://builder.example",), build_types=("https://x.example",)
)
SCANNED = ScanParams(signers=("builder",), scanners=("trivy",), max_age=timedelta(days=1))
PROVENANCE = "https://slsa.dev/provenance/v1"


def gathered(shop: Shop, image: Digest) -> Evidence:
    """Gather evidence of which something could not be asked."""
    shop.blobs.put(shop.registry.manifest(REPOSITORY, image).raw)
    return shop.bot().evidence(SERVICE, Candidate("cart", "1.0.0", image), (), frozenset())


def put_bundle(shop: Shop, image: Digest, said: bytes, annotations: Mapping[str, str] | None = None) -> Digest:
    """Refer to an image with a bundle about whatever the statement says."""
    layer = Layer(BUNDLE_TYPE, bundle(shop.publisher.seal(Envelope(said), KEYLESS)))
    return shop.shelf.refer(image, BUNDLE_TYPE, layer, annotations)


# --- an index and its platforms ---------------------------------------------------------------------------------------


def test_a_signature_of_the_index_is_none_of_a_platform_that_is_promoted_by_itself(shop: Shop) -> None:
    index, (amd64, _) = shop.index("signed as a whole")
    shop.publisher.sign(REPOSITORY, index, KEYLESS)

    assert codes(judged(shop.look(index), "signature", SIGNED)) == ("pass",)
    assert codes(judged(shop.look(amd64.digest), "signature", SIGNED)) == ("fail", "signature.absent")


def test_a_signature_of_every_platform_is_none_of_the_index(shop: Shop) -> None:
    index, platforms = shop.index("signed in parts")
    for platform in platforms:
        shop.publisher.sign(REPOSITORY, platform.digest, KEYLESS)

    evidence = shop.look(index, shop.bot(platforms=("linux/amd64", "linux/arm64")), platforms=platforms)

    assert codes(judged(evidence, "signature", SIGNED)) == ("fail", "signature.absent")


def test_an_index_that_was_pushed_again_with_one_more_platform_has_no_evidence(shop: Shop) -> None:
    index, _ = shop.index("grown")
    shop.publisher.sign(REPOSITORY, index, KEYLESS)
    document = json.loads(shop.registry.manifest(REPOSITORY, index).raw)
    more = {**shop.shelf.subject(shop.image("s390x")), "platform": {"os": "linux", "architecture": "s390x"}}
    grown = shop.shelf.push({**document, "manifests": [*document["manifests"], more]})

    assert codes(judged(shop.look(grown), "signature", SIGNED)) == ("fail", "signature.absent")


def test_the_signature_of_an_index_that_is_put_beside_a_grown_one_is_about_another_image(shop: Shop) -> None:
    index, _ = shop.index("grown, signature copied")
    document = json.loads(shop.registry.manifest(REPOSITORY, index).raw)
    grown = shop.shelf.push({**document, "annotations": {"grown": "yes"}})
    put_bundle(shop, grown, statement(index, COSIGN_SIGN, {}))

    evidence = shop.look(grown)

    assert refused(evidence) == ("invalid", "statement.wrong-subject", COSIGN_SIGN)
    assert codes(judged(evidence, "signature", SIGNED)) == ("fail", "signature.invalid")


def test_an_attestation_on_one_platform_is_not_counted_for_the_other_or_the_index(shop: Shop) -> None:
    index, platforms = shop.index("one of two")
    amd64, arm64 = platforms
    shop.publisher.attest(REPOSITORY, amd64.digest, BOM, DOCUMENT, KEYLESS)

    evidence = shop.look(index, shop.bot(platforms=("linux/amd64", "linux/arm64")), platforms=platforms)

    assert [(part.digest, len(part.attestations)) for part in evidence.parts] == [(amd64.digest, 1), (arm64.digest, 0)]
    assert codes(judged(evidence, "sbom", LISTED)) == ("fail", "sbom.absent")


def test_what_buildx_says_of_a_build_is_no_provenance(shop: Shop) -> None:
    plain, _ = shop.index("unsigned provenance")
    said = Unsigned(PROVENANCE, {"buildDefinition": {"buildType": "https://x.example"}})
    digest = attest_in_index(shop.shelf, plain, (said,))
    shop.publisher.sign(REPOSITORY, digest, KEYLESS)

    evidence = shop.look(digest, platforms=read_platforms(shop.registry.manifest(REPOSITORY, digest).raw))

    assert {(item.code, item.claimed_type) for item in evidence.unusable} == {("layout.unsigned", PROVENANCE)}
    assert set(codes(judged(evidence, "provenance", BUILT))) == {"fail", "provenance.absent"}


# --- manifests that lie -----------------------------------------------------------------------------------------------


def test_evidence_in_another_repository_is_none_here(shop: Shop) -> None:
    image = shop.image("attested elsewhere")
    elsewhere = Shelf(shop.registry, Repository(REPOSITORY.host, "mallory/cart"))
    shop.local.push_manifest("mallory/cart", shop.registry.manifest(REPOSITORY, image).raw)
    layer = Layer(BUNDLE_TYPE, bundle(shop.publisher.seal(Envelope(statement(image, BOM, DOCUMENT)), KEYLESS)))
    elsewhere.refer(image, BUNDLE_TYPE, layer)

    evidence = shop.look(image)

    assert (evidence.attestations, evidence.unusable) == ((), ())
    assert codes(judged(evidence, "sbom", LISTED)) == ("fail", "sbom.absent")


@pytest.mark.parametrize(
    "annotations",
    [
        pytest.param({"dev.sigstore.bundle.predicateType": PROVENANCE}, id="another predicate type"),
        pytest.param({"dev.sigstore.bundle.content": "message-signature"}, id="another kind of content"),
        pytest.param({"org.opencontainers.image.created": "2099-01-01T00:00:00Z"}, id="made in the future"),
        pytest.param({}, id="none at all"),
    ],
)
def test_what_the_annotations_of_a_manifest_say_decides_nothing(shop: Shop, annotations: dict[str, str]) -> None:
    image = shop.image(f"annotated {annotations}")
    put_bundle(shop, image, statement(image, BOM, DOCUMENT), annotations)

    evidence = shop.look(image)

    assert (one(evidence).predicate_type, one(evidence).kind.value) == (BOM, "dsse")
    assert codes(judged(evidence, "provenance", BUILT)) == ("fail", "provenance.absent")
    assert codes(judged(evidence, "signature", SIGNED)) == ("fail", "signature.absent")
    assert codes(judged(evidence, "sbom", LISTED)) == ("pass",)


@pytest.mark.parametrize("artifact_type", ["application/vnd.cncf.helm.config.v1+json", "text/html", "", "a" * 5000])
def test_an_artifact_of_a_foreign_type_counts_for_nothing_and_hides_nothing(shop: Shop, artifact_type: str) -> None:
    image = shop.image(f"beside a foreign artifact {artifact_type[:20]}")
    shop.publisher.attest(REPOSITORY, image, BOM, DOCUMENT, KEYLESS)
    shop.shelf.refer(image, artifact_type, Layer("application/octet-stream", b"\0\xff"))

    evidence = shop.look(image)

    assert [item.code for item in evidence.unusable] == ["layout.unsigned"]
    assert codes(judged(evidence, "sbom", LISTED)) == ("pass",)


def test_a_descriptor_that_says_more_bytes_than_there_are_changes_nothing_for_its_digest_decides(shop: Shop) -> None:
    image = shop.image("boastful")
    raw = bundle(shop.publisher.seal(Envelope(statement(image, BOM, DOCUMENT)), KEYLESS))
    described = {**shop.shelf.described(Layer(BUNDLE_TYPE, raw)), "size": len(raw) + 1}
    config = shop.shelf.described(Layer(EMPTY_TYPE, b"{}"))
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": [described]}
    shop.shelf.push({**manifest, "subject": shop.shelf.subject(image)})

    assert one(shop.look(image)).predicate == DOCUMENT


def test_an_unsigned_sbom_under_cosigns_tag_is_no_sbom(shop: Shop) -> None:
    image = shop.image("sbom tag")
    shop.shelf.replace(tag_of(image, "sbom"), Layer(BOM_FILE, json.dumps(DOCUMENT).encode()))

    evidence = shop.look(image)

    assert refused(evidence) == ("absent", "layout.attachment-unsigned", BOM)
    assert codes(judged(evidence, "sbom", LISTED)) == ("fail", "sbom.absent")


def test_an_unsigned_report_that_refers_to_the_image_is_no_scan(shop: Shop) -> None:
    image = shop.image("sarif")
    shop.shelf.refer(image, "application/sarif+json", Layer("application/sarif+json", b'{"version": "2.1.0"}'))

    evidence = shop.look(image)

    assert refused(evidence) == ("absent", "layout.unsigned", "application/sarif+json")
    assert codes(judged(evidence, "scan", SCANNED)) == ("fail", "scan.absent")


# --- withheld, hidden, drowned ----------------------------------------------------------------------------------------


def test_no_attestation_of_the_demanded_type_is_a_refusal_whatever_else_is_there(shop: Shop) -> None:
    image = shop.image("signed alone")
    shop.publisher.sign(REPOSITORY, image, KEYLESS)
    evidence = shop.look(image)

    assert codes(judged(evidence, "signature", SIGNED)) == ("pass",)
    for check, params in (("provenance", BUILT), ("sbom", LISTED), ("scan", SCANNED)):
        assert codes(judged(evidence, check, params)) == ("fail", f"{check}.absent")


def test_an_sbom_by_the_right_signer_is_no_signature(shop: Shop) -> None:
    image = shop.image("an SBOM for a signature")
    shop.publisher.attest(REPOSITORY, image, BOM, DOCUMENT, KEYLESS)

    finding = judged(shop.look(image), "signature", SIGNED)

    assert codes(finding) == ("fail", "signature.absent")
    assert finding.sentence.endswith(f"there is only {BOM}")


def test_a_good_one_among_a_thousand_referrers_is_undecided_and_told(shop: Shop) -> None:
    image = shop.image("drowned")
    shop.publisher.attest(REPOSITORY, image, BOM, DOCUMENT, KEYLESS)
    about = {"mediaType": MANIFEST_TYPE, "digest": image, "size": 2}
    for number in range(1000):
        junk = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "layers": [], "subject": about, "n": number}
        shop.local.push_manifest(REPOSITORY.path, json.dumps(junk).encode())

    evidence = gathered(shop, image)

    (failure,) = evidence.failures
    assert (failure.what, failure.code, evidence.attestations) == ("referrers", "outside.limit", ())
    assert failure.detail.endswith("more than 100; delete those that nobody needs")
    assert codes(judged(evidence, "sbom", LISTED)) == ("undecided", "lookup.failed")


def test_a_signature_in_a_layout_that_is_not_accepted_does_not_stand_in_for_a_hidden_bundle(shop: Shop) -> None:
    image = shop.image("downgraded")
    hidden = shop.publisher.sign(REPOSITORY, image, KEYLESS)
    shop.publisher.sign(REPOSITORY, image, replace(KEYLESS, layout=Layout.COSIGN_TAG))
    assert codes(judged(shop.look(image), "signature", SIGNED, Layout.BUNDLE)) == ("pass",)
    shop.local.delete(REPOSITORY.path, hidden)

    finding = judged(shop.look(image), "signature", SIGNED, Layout.BUNDLE)

    assert codes(finding) == ("fail", "signature.absent")
    assert finding.sentence.endswith("it is kept in the layout cosign-tag; accepted here: bundle (layout.not-accepted)")


def test_evidence_that_is_listed_and_cannot_be_fetched_any_more_is_undecided_and_not_absent(shop: Shop) -> None:
    image = shop.image("collected")
    gone = shop.publisher.attest(REPOSITORY, image, BOM, DOCUMENT, KEYLESS)
    entry: dict[str, Any] = shop.shelf.subject(gone)
    shop.shelf.push({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [entry]}, image.replace(":", "-"))
    shop.local.delete(REPOSITORY.path, gone)
    shop.blobs.put(shop.registry.manifest(REPOSITORY, image).raw)

    evidence = shop.bot().evidence(SERVICE, Candidate("cart", "1.0.0", image), (), None)

    assert [(failure.what, failure.code) for failure in evidence.failures] == [
        (f"evidence {gone}", "outside.not-found")
    ]
    assert codes(judged(evidence, "sbom", LISTED)) == ("undecided", "lookup.failed")


def test_evidence_by_another_identity_of_the_same_authority_is_foreign(shop: Shop) -> None:
    image = shop.image("by another")
    shop.publisher.sign(REPOSITORY, image, replace(KEYLESS, by=OTHER))

    assert codes(judged(shop.look(image), "signature", SIGNED)) == ("fail", "signature.foreign-signer")
