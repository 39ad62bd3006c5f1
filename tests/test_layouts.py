"""Evidence is found wherever it is kept, counts only where it is signed, and is recalled from the kept bytes alone."""

import json
from dataclasses import replace
from typing import Any

import pytest

from promoter.core.candidate import Candidate, Digest, digest_of
from promoter.core.canonical import canonical
from promoter.core.checks.subject import Phase
from promoter.core.dossier import decide, stored_bundles
from promoter.core.evidence import ContentKind, Layout
from promoter.core.manifest import read_platforms
from promoter.core.verdict import Verdict
from promoter.gather import Gatherer
from promoter.local.authority.bundles import bundle
from promoter.local.authority.contents import Envelope, statement
from promoter.local.buildx import Unsigned, attest_in_index
from promoter.local.layers import Layer
from promoter.local.manifests import INDEX_TYPE, MANIFEST_TYPE, tag_of
from promoter.local.publisher import BUNDLE_TYPE, COSIGN_SIGN
from promoter.transport.registry_wire import RequestKind
from tests.shop import (
    BOM,
    BOM_FILE,
    BUILDER,
    DOCUMENT,
    KEYLESS,
    NOW,
    OTHER,
    REPOSITORY,
    SERVICE,
    Shop,
    one,
    recalled,
    refused,
    unsized,
)

# --- referrers --------------------------------------------------------------------------------------------------------


def test_a_bundle_is_found_by_what_its_layer_is_whatever_the_manifest_calls_itself(shop: Shop) -> None:
    image = shop.image("plain")
    layer = Layer(BUNDLE_TYPE, bundle(shop.publisher.seal(Envelope(statement(image, BOM, DOCUMENT)), KEYLESS)))
    shop.shelf.refer(image, "application/vnd.oci.empty.v1+json", layer)

    assert one(shop.look(image)).predicate == DOCUMENT


def test_a_manifest_that_refers_to_another_image_is_refused(shop: Shop) -> None:
    image, other = shop.image("listed"), shop.image("meant")
    shop.publisher.attest(REPOSITORY, other, BOM, DOCUMENT, KEYLESS)
    (entry,) = shop.registry.referrers(REPOSITORY, other)
    index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [shop.shelf.subject(entry.digest)]}
    shop.shelf.push(index, image.replace(":", "-"))

    assert refused(shop.look(image)) == ("invalid", "layout.wrong-subject", BUNDLE_TYPE)


def test_a_bundle_manifest_with_two_layers_is_refused_for_nothing_says_which_one_counts(shop: Shop) -> None:
    image = shop.image("two layers")
    layers = [
        shop.shelf.described(Layer(BUNDLE_TYPE, bundle(shop.publisher.seal(Envelope(said), KEYLESS))))
        for said in (statement(image, BOM, DOCUMENT), statement(image, COSIGN_SIGN, {}))
    ]
    config = shop.shelf.described(Layer("application/vnd.oci.empty.v1+json", b"{}"))
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": layers}
    shop.shelf.push({**manifest, "subject": shop.shelf.subject(image)})

    assert refused(shop.look(image)) == ("invalid", "layout.several-layers", "")


def test_a_layer_of_another_media_type_is_unsigned_content_whatever_it_holds(shop: Shop) -> None:
    image = shop.image("mislabelled")
    raw = bundle(shop.publisher.seal(Envelope(statement(image, BOM, DOCUMENT)), KEYLESS))
    shop.shelf.refer(image, BUNDLE_TYPE, Layer("application/json", raw))

    assert refused(shop.look(image)) == ("absent", "layout.unsigned", BUNDLE_TYPE)


def test_a_piece_that_says_it_is_larger_than_the_cap_is_refused_and_not_fetched(shop: Shop) -> None:
    image = shop.image("huge")
    described = {**shop.shelf.described(Layer(BUNDLE_TYPE, b"{}")), "size": (64 << 20) + 1}
    config = shop.shelf.described(Layer("application/vnd.oci.empty.v1+json", b"{}"))
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": [described]}
    shop.shelf.push({**manifest, "subject": shop.shelf.subject(image)})

    assert refused(shop.look(image)) == ("unparseable", "layout.too-large", "")
    assert RequestKind.BLOB not in [request.kind for request in shop.asked]


def test_a_piece_that_is_larger_than_its_manifest_says_is_not_read(shop: Shop) -> None:
    image = shop.image("liar")
    raw = bundle(shop.publisher.seal(Envelope(statement(image, BOM, DOCUMENT)), KEYLESS))
    described = {**shop.shelf.described(Layer(BUNDLE_TYPE, raw)), "size": 100}
    config = shop.shelf.described(Layer("application/vnd.oci.empty.v1+json", b"{}"))
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": [described]}
    shop.shelf.push({**manifest, "subject": shop.shelf.subject(image)})
    shop.blobs.put(shop.registry.manifest(REPOSITORY, image).raw)

    evidence = shop.bot().evidence(SERVICE, Candidate("cart", "1.0.0", image), (), frozenset())

    assert [failure.code for failure in evidence.failures] == ["outside.too-large"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param({"layers": "none"}, "layout.unparseable", id="layers that are no list"),
        pytest.param({"layers": [{"digest": "sha256:short"}]}, "layout.unparseable", id="a layer without a digest"),
        pytest.param({"layers": [7]}, "layout.unparseable", id="a layer that is a number"),
        pytest.param({"layers": [{}] * 101}, "layout.too-many-layers", id="101 layers"),
        pytest.param({"layers": []}, "layout.unsigned", id="no layers"),
    ],
)
def test_a_manifest_that_carries_nothing_readable_is_refused_with_its_own_code(
    shop: Shop, raw: dict[str, Any], code: str
) -> None:
    image = shop.image(code)
    shop.shelf.push({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, **raw, "subject": shop.shelf.subject(image)})

    assert refused(shop.look(image))[1] == code


def test_the_same_manifest_in_both_lists_counts_once(shop: Shop) -> None:
    image = shop.image("both")
    shop.publisher.attest(REPOSITORY, image, BOM, DOCUMENT, KEYLESS)
    (entry,) = shop.registry.referrers(REPOSITORY, image)
    index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [shop.shelf.subject(entry.digest)]}
    shop.shelf.push(index, image.replace(":", "-"))

    assert one(shop.look(image)).predicate == DOCUMENT


# --- documents with a signature of their own --------------------------------------------------------------------------


def attach(shop: Shop, image: Digest, document: object = DOCUMENT) -> Digest:
    return shop.shelf.attach(image, BOM_FILE, json.dumps(document).encode(), "bom.json", NOW)


def test_a_document_that_refers_to_the_image_is_evidence_by_whoever_signed_its_manifest(shop: Shop) -> None:
    image = shop.image("attached")
    attachment = attach(shop, image)
    shop.publisher.sign(REPOSITORY, attachment, KEYLESS)

    evidence = shop.look(image)

    item = one(evidence)
    assert (item.kind, item.signer, item.signed_at) == (ContentKind.DOCUMENT, BUILDER, NOW)
    assert (item.predicate_type, item.predicate, item.subjects) == (BOM, DOCUMENT, (image,))
    assert (item.found.layout, item.found.manifest) == (Layout.ATTACHMENT, attachment)
    assert unsized(recalled(shop, evidence)) == unsized(evidence)


def test_each_signer_of_an_attachment_makes_it_evidence_of_its_own(shop: Shop) -> None:
    image = shop.image("signed twice")
    attachment = attach(shop, image)
    shop.publisher.sign(REPOSITORY, attachment, KEYLESS)
    shop.publisher.sign(REPOSITORY, attachment, replace(KEYLESS, by=OTHER))

    evidence = shop.look(image)

    assert {item.signer.san for item in evidence.attestations} == {BUILDER.san, OTHER.san}
    assert len({item.found.blob for item in evidence.attestations}) == 2
    assert unsized(recalled(shop, evidence)) == unsized(evidence)


def test_an_attachment_that_nobody_signed_is_told_and_counts_for_nothing(shop: Shop) -> None:
    image = shop.image("unsigned")
    attachment = attach(shop, image)

    evidence = shop.look(image)

    assert refused(evidence) == ("absent", "layout.attachment-unsigned", BOM)
    assert evidence.unusable[0].detail == f"nobody signed its manifest {attachment}"
    assert unsized(recalled(shop, evidence)) == unsized(evidence)


def test_an_attestation_about_an_attachment_is_no_signature_of_it(shop: Shop) -> None:
    image = shop.image("attested attachment")
    shop.publisher.attest(REPOSITORY, attach(shop, image), "https://slsa.dev/provenance/v1", {}, KEYLESS)

    assert refused(shop.look(image)) == ("absent", "layout.attachment-unsigned", BOM)


def test_a_signature_of_another_attachment_is_not_this_ones(shop: Shop) -> None:
    image = shop.image("stapled")
    attachment = attach(shop, image)
    other = attach(shop, shop.image("elsewhere"))
    said = statement(other, COSIGN_SIGN, {})
    layer = Layer(BUNDLE_TYPE, bundle(shop.publisher.seal(Envelope(said), KEYLESS)))
    shop.shelf.refer(attachment, BUNDLE_TYPE, layer)

    evidence = shop.look(image)

    assert refused(evidence) == ("absent", "layout.attachment-unsigned", BOM)
    assert "statement.wrong-subject" in evidence.unusable[0].detail


def test_an_attachment_is_looked_into_only_where_a_policy_accepts_attachments(shop: Shop) -> None:
    image = shop.image("not asked for")
    shop.publisher.sign(REPOSITORY, attach(shop, image), KEYLESS)

    evidence = shop.look(image, shop.bot(Layout.BUNDLE))

    assert refused(evidence) == ("absent", "layout.attachment-unsigned", BOM)
    assert evidence.unusable[0].detail == "it is attached to the image, not attested; no policy accepts attachments"


def test_a_signed_attachment_that_is_no_json_is_refused(shop: Shop) -> None:
    image = shop.image("no json")
    attachment = shop.shelf.attach(image, BOM_FILE, b"<bom/>", "bom.xml", NOW)
    shop.publisher.sign(REPOSITORY, attachment, KEYLESS)

    assert refused(shop.look(image)) == ("unparseable", "layout.attachment-unparseable", BOM)


@pytest.mark.parametrize(
    ("described", "outcome"),
    [
        pytest.param(lambda image: {"name": "cart", "version": image}, "evidence", id="CycloneDX that names the image"),
        pytest.param(lambda _: {"name": "cart"}, "layout.attachment-unbound", id="CycloneDX that names no digest"),
        pytest.param(
            lambda _: {"name": "cart", "version": digest_of(b"another")},
            "layout.attachment-unbound",
            id="CycloneDX of another image",
        ),
    ],
)
def test_a_signed_sbom_tag_counts_only_where_the_document_itself_names_the_image(
    shop: Shop, described: Any, outcome: str
) -> None:
    image = shop.image(f"sbom tag, {outcome}")
    document = {**DOCUMENT, "metadata": {"component": {"type": "container", **described(image)}}}
    attachment = shop.shelf.replace(tag_of(image, "sbom"), Layer(BOM_FILE, json.dumps(document).encode()))
    shop.publisher.sign(REPOSITORY, attachment, KEYLESS)

    evidence = shop.look(image)

    if outcome == "evidence":
        assert one(evidence).predicate == document
        assert unsized(recalled(shop, evidence)) == unsized(evidence)
    else:
        assert refused(evidence) == ("invalid", outcome, BOM)


def test_a_signed_document_that_stands_under_two_images_counts_for_the_one_that_it_names(shop: Shop) -> None:
    image, other = shop.image("named"), shop.image("not named")
    document = {**DOCUMENT, "metadata": {"component": {"type": "container", "name": "cart", "version": image}}}
    for digest in (image, other):
        attachment = shop.shelf.replace(tag_of(digest, "sbom"), Layer(BOM_FILE, json.dumps(document).encode()))
    shop.publisher.sign(REPOSITORY, attachment, KEYLESS)
    bot = shop.bot()

    assert one(shop.look(image, bot)).predicate == document
    assert refused(shop.look(other, bot)) == ("invalid", "layout.attachment-unbound", BOM)


def test_an_spdx_document_under_the_sbom_tag_is_bound_by_the_package_that_it_describes(shop: Shop) -> None:
    image = shop.image("spdx tag")
    document = {
        "spdxVersion": "SPDX-2.3",
        "packages": [{"SPDXID": "SPDXRef-image", "name": "cart", "versionInfo": image}, {"SPDXID": ["odd"]}],
        "relationships": [{"relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-image"}],
    }
    layer = Layer("text/spdx+json", json.dumps(document).encode())
    shop.publisher.sign(REPOSITORY, shop.shelf.replace(tag_of(image, "sbom"), layer), KEYLESS)

    assert one(shop.look(image)).predicate_type == "https://spdx.dev/Document"


# --- image indexes ----------------------------------------------------------------------------------------------------


def test_what_buildx_puts_into_an_index_is_told_as_unsigned_and_is_no_platform(shop: Shop) -> None:
    plain, _ = shop.index("buildx")
    digest = attest_in_index(
        shop.shelf, plain, (Unsigned("https://slsa.dev/provenance/v0.2", {"builder": {"id": ""}}),)
    )
    platforms = read_platforms(shop.registry.manifest(REPOSITORY, digest).raw)

    evidence = shop.look(digest, platforms=platforms)

    assert [platform.name for platform in platforms] == ["linux/amd64", "linux/arm64"]
    assert {(item.state.value, item.code, item.claimed_type) for item in evidence.unusable} == {
        ("absent", "layout.unsigned", "https://slsa.dev/provenance/v0.2")
    }
    assert evidence.attestations == ()
    assert unsized(recalled(shop, evidence)) == unsized(evidence)


def test_evidence_of_the_platforms_that_a_policy_names_is_kept_apart(shop: Shop) -> None:
    digest, platforms = shop.index("platforms")
    amd64, arm64 = platforms
    shop.publisher.sign(REPOSITORY, digest, KEYLESS)
    shop.publisher.attest(REPOSITORY, amd64.digest, BOM, DOCUMENT, KEYLESS)
    shop.publisher.attest(REPOSITORY, arm64.digest, BOM, DOCUMENT, KEYLESS)

    evidence = shop.look(digest, shop.bot(platforms=("linux/amd64",)), platforms=platforms)

    assert one(evidence).predicate_type == COSIGN_SIGN
    (part,) = evidence.parts
    assert (part.digest, one(part).subjects) == (amd64.digest, (amd64.digest,))
    assert unsized(recalled(shop, evidence)) == unsized(evidence)


def test_a_platform_that_is_named_without_its_variant_is_looked_at_with_it(shop: Shop) -> None:
    digest, platforms = shop.index("variants", variant="v8")

    evidence = shop.look(digest, shop.bot(platforms=("linux/arm64",)), platforms=platforms)

    assert [platform.name for platform in platforms] == ["linux/amd64/v8", "linux/arm64/v8"]
    assert [part.digest for part in evidence.parts] == [platforms[1].digest]


def test_a_statement_about_a_platform_says_nothing_about_the_index(shop: Shop) -> None:
    digest, (amd64, _) = shop.index("reverse")
    said = statement(amd64.digest, BOM, DOCUMENT)
    layer = Layer(BUNDLE_TYPE, bundle(shop.publisher.seal(Envelope(said), KEYLESS)))
    shop.shelf.refer(digest, BUNDLE_TYPE, layer)

    assert refused(shop.look(digest)) == ("invalid", "statement.wrong-subject", BOM)


# --- the forge's store ------------------------------------------------------------------------------------------------


def test_a_bundle_of_the_forges_store_is_evidence_and_recalled_after_it_was_deleted_there(shop: Shop) -> None:
    image = shop.image("stored")
    shop.forge.stored.append(bundle(shop.publisher.seal(Envelope(statement(image, BOM, DOCUMENT)), KEYLESS)))
    bot = shop.bot()

    evidence = shop.look(image, bot)
    shop.forge.stored.clear()
    later = shop.look(image, bot)

    assert (one(evidence).found.layout, one(evidence).predicate) == (Layout.FORGE_STORE, DOCUMENT)
    assert later.attestations == evidence.attestations
    assert unsized(recalled(shop, evidence)) == unsized(evidence)
    assert shop.forge.asked == 1


def test_what_the_forge_deleted_while_the_bot_was_down_is_found_by_the_decisions_that_name_it(shop: Shop) -> None:
    image = shop.image("deleted meanwhile")
    shop.forge.stored.append(bundle(shop.publisher.seal(Envelope(statement(image, BOM, DOCUMENT)), KEYLESS)))
    evidence = shop.look(image)
    shop.forge.stored.clear()
    verdict = Verdict(Candidate("cart", "1.0.0", image), "prod", Phase.PROPOSE, NOW, digest_of(b"policy"), ())
    decision = canonical(decide(verdict, evidence))
    bot = shop.bot()

    bot.recall_store(SERVICE, image, lambda: stored_bundles(decision))
    later = shop.look(image, bot)

    assert later.attestations == evidence.attestations
    assert shop.forge.asked == 2


def test_evidence_of_more_bytes_than_a_candidate_may_have_is_not_read_any_further(shop: Shop) -> None:
    image = shop.image("many large ones")
    for number in range(5):
        described = {**shop.shelf.described(Layer(BUNDLE_TYPE, b"{%d" % number)), "size": 60 << 20}
        config = shop.shelf.described(Layer("application/vnd.oci.empty.v1+json", b"{}"))
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": [described]}
        shop.shelf.push({**manifest, "subject": shop.shelf.subject(image)})
    shop.blobs.put(shop.registry.manifest(REPOSITORY, image).raw)

    evidence = shop.bot().evidence(SERVICE, Candidate("cart", "1.0.0", image), (), frozenset())

    assert [failure.code for failure in evidence.failures] == ["outside.limit"]
    assert len(evidence.unusable) == 4


def test_the_forges_store_is_asked_only_where_a_policy_accepts_it(shop: Shop) -> None:
    shop.look(shop.image("no store"), shop.bot(Layout.BUNDLE))

    assert shop.forge.asked == 0


# --- requests ---------------------------------------------------------------------------------------------------------


def test_without_legacy_layouts_no_tag_is_asked_for(shop: Shop) -> None:
    image = shop.image("frugal")

    shop.look(image, shop.bot(Layout.BUNDLE), tags=frozenset())

    assert [request.kind for request in shop.asked] == [RequestKind.REFERRERS]


def test_gathering_ends_in_its_time_and_says_what_was_not_asked(shop: Shop) -> None:
    image = shop.image("slow")
    shop.publisher.attest(REPOSITORY, image, BOM, DOCUMENT, KEYLESS)
    bot = Gatherer(shop.registry, shop.signatures, shop.forge, shop.blobs, seconds=0)

    evidence = bot.evidence(SERVICE, Candidate("cart", "1.0.0", image), (), frozenset())

    assert [(failure.what, failure.code) for failure in evidence.failures] == [("referrers", "outside.timeout")]
    assert evidence.attestations == ()
