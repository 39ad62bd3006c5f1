"""slsa-verifier and the check `vsa` agree about verification summaries: the good one passes both, each lie neither."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import Digest, Repository, digest_of
from promoter.core.checks.vsa import VSA, VsaParams, VsaVerifier
from promoter.core.codes import Code
from promoter.core.evidence import Layout
from promoter.core.finding import Outcome
from promoter.core.identity import Logging, SignerRule
from promoter.core.policy import Policy
from promoter.local import lies
from promoter.local.authority import Authority
from promoter.local.authority.keys import Hash, KeyKind, SigningKey, make_key
from promoter.local.manifests import tag_of
from promoter.local.publisher import Changes, Means, Publisher
from promoter.ports import Registry
from tests.interop.cosign_signer import Cosign, Way
from tests.interop.judging import RELEASE, Bot, demand, policy_of
from tests.interop.releases import push_image
from tests.interop.toolbox import Toolbox, ToolError

pytestmark = pytest.mark.interop

VSA_TYPE = "https://slsa.dev/verification_summary/v1"
VERIFIER = "https://verifier.acme.example/v1"
RESOURCE = "oci://registry.acme.example/shop"
DEMANDED = "SLSA_BUILD_LEVEL_3"
KEY, OTHER = make_key(), make_key()


@pytest.fixture(scope="module")
def registry_host(olareg: str) -> str:
    """One real registry is enough for what stands in the manifests."""
    return olareg


@pytest.fixture
def image(toolbox: Toolbox, repository: Repository) -> Digest:
    return push_image(toolbox, repository, RELEASE, str(repository).encode())


@pytest.fixture
def publisher(registry: Registry, authority: Authority) -> Publisher:
    return Publisher(registry, authority.instance, SystemClock())


def summary(**changed: object) -> dict[str, Any]:
    """Give a summary of a release that passed at the level that is demanded, but for what is changed."""
    said = {
        "verifier": {"id": VERIFIER, "version": {"verifier": "1.0.0"}},
        "timeVerified": f"{SystemClock().now():%Y-%m-%dT%H:%M:%SZ}",
        "resourceUri": RESOURCE,
        "policy": {"uri": "https://acme.example/policy", "digest": {"sha256": "1" * 64}},
        "inputAttestations": [{"uri": "https://acme.example/provenance", "digest": {"sha256": "2" * 64}}],
        "verificationResult": "PASSED",
        "verifiedLevels": [DEMANDED],
        "slsaVersion": "1.1",
    }
    return {**said, **changed}


def policy_for(key: SigningKey, layout: Layout = Layout.BUNDLE) -> Policy:
    """Give a policy that demands a summary by the verifier's key; another key is known, and not for this."""
    rules = {
        "verifier": SignerRule(key=key.known.pem, log=Logging.OPTIONAL),
        "another": SignerRule(key=OTHER.known.pem, log=Logging.OPTIONAL),
    }
    verifiers = (VsaVerifier(id=VERIFIER, signers=("verifier",)),)
    params = VsaParams(verifiers=verifiers, resource=RESOURCE, levels=(DEMANDED,))
    return policy_of(rules, layout, require=(demand(VSA, params),))


def envelope_of(registry: Registry, repository: Repository, image: Digest, layout: Layout) -> bytes:
    """Fetch the one signed envelope about an image, as slsa-verifier reads it."""
    if layout is Layout.BUNDLE:
        (descriptor,) = registry.referrers(repository, image)
        bundle = json.loads(_only_layer(registry, repository, descriptor.digest))
        return json.dumps(bundle["dsseEnvelope"]).encode()
    return _only_layer(registry, repository, tag_of(image, "att"))


def _only_layer(registry: Registry, repository: Repository, reference: str) -> bytes:
    (layer,) = json.loads(registry.manifest(repository, reference).raw)["layers"]
    return registry.blob(repository, layer["digest"], 1 << 16)


@dataclass(frozen=True, slots=True)
class SlsaVerifier:
    """slsa-verifier, told what the policy demands."""

    toolbox: Toolbox
    home: Path

    def verify(self, envelope: bytes, image: Digest, key: SigningKey = KEY) -> str:
        """Verify a summary and give the statement that it prints; raises ToolError where slsa-verifier refuses."""
        (self.home / "vsa.json").write_bytes(envelope)
        (self.home / "verifier.pub").write_bytes(key.public_pem)
        read = ("--attestation-path", str(self.home / "vsa.json"))
        trusted = ("--public-key-path", str(self.home / "verifier.pub"))
        expected = ("--verifier-id", VERIFIER, "--resource-uri", RESOURCE, "--verified-level", DEMANDED)
        about = ("--subject-digest", image, "--print-attestation")
        return self.toolbox.run("slsa-verifier", "verify-vsa", *read, *trusted, *expected, *about)


@pytest.fixture
def slsa_verifier(toolbox: Toolbox, home: Path) -> SlsaVerifier:
    return SlsaVerifier(toolbox, home)


# --- what both accept -------------------------------------------------------------------------------------------------

KEYS = {
    "ecdsa-p256": KEY,
    "ecdsa-p384": make_key(KeyKind.P384, Hash.SHA384),
    "ed25519": make_key(KeyKind.ED25519),
    "rsa-2048": make_key(KeyKind.RSA_2048),
}


@pytest.mark.parametrize("layout", [Layout.BUNDLE, Layout.COSIGN_TAG], ids=lambda layout: layout.value)
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_summary_that_we_sign_is_good_for_both(
    publisher: Publisher,
    bot: Bot,
    slsa_verifier: SlsaVerifier,
    repository: Repository,
    image: Digest,
    key: SigningKey,
    layout: Layout,
) -> None:
    said = summary()
    publisher.attest(repository, image, VSA_TYPE, said, Means(key, layout=layout))

    printed = json.loads(slsa_verifier.verify(envelope_of(bot.registry, repository, image, layout), image, key))
    verdict = bot.judge(policy_for(key, layout), repository, image)

    assert printed["predicate"] == said
    assert verdict.outcome is Outcome.PASS
    assert verdict.findings[0].sentence == f"{VERIFIER} verified {RESOURCE}: {DEMANDED}"


@pytest.mark.parametrize("layout", [Layout.BUNDLE, Layout.COSIGN_TAG], ids=lambda layout: layout.value)
def test_a_summary_that_cosign_signs_is_good_for_both(
    cosign: Cosign, bot: Bot, slsa_verifier: SlsaVerifier, repository: Repository, image: Digest, layout: Layout
) -> None:
    way = Way(layout, KeyKind.P256, None)
    key = cosign.identity(way).key
    assert key
    cosign.attest(way, f"{repository}@{image}", VSA_TYPE, summary())

    slsa_verifier.verify(envelope_of(bot.registry, repository, image, layout), image, key)

    assert bot.judge(policy_for(key, layout), repository, image).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "levels",
    [["SLSA_BUILD_LEVEL_4"], ["ACME_REVIEWED", "SLSA_SOURCE_LEVEL_1", DEMANDED]],
    ids=["a higher level", "other tracks beside it"],
)
def test_levels_that_reach_what_is_demanded_are_good_for_both(
    publisher: Publisher,
    bot: Bot,
    slsa_verifier: SlsaVerifier,
    repository: Repository,
    image: Digest,
    levels: list[str],
) -> None:
    publisher.attest(repository, image, VSA_TYPE, summary(verifiedLevels=levels), Means(KEY, layout=Layout.BUNDLE))

    slsa_verifier.verify(envelope_of(bot.registry, repository, image, Layout.BUNDLE), image)

    assert bot.judge(policy_for(KEY), repository, image).outcome is Outcome.PASS


# --- what both refuse -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lie:
    """One thing that is wrong with a summary, what slsa-verifier says to it, and the code that it has here."""

    says: str
    code: Code
    said: Mapping[str, object] = field(default_factory=dict)
    by: SigningKey = KEY
    changes: Changes = field(default_factory=Changes)
    kind: str = VSA_TYPE


NOBODY = digest_of(b"another image").removeprefix("sha256:")
LIES = {
    "another resource": Lie(
        "resource URI mismatch", Code.VSA_WRONG_RESOURCE, {"resourceUri": "oci://registry.acme.example/shop2"}
    ),
    "no resource": Lie("no resourceURI provided", Code.VSA_UNPARSEABLE, {"resourceUri": ""}),
    "it failed": Lie("verification result is not Passed", Code.VSA_FAILED, {"verificationResult": "FAILED"}),
    "it failed, as its level says": Lie(
        "verification result is not Passed",
        Code.VSA_FAILED,
        {"verificationResult": "FAILED", "verifiedLevels": ["FAILED"]},
    ),
    "a result in lower case": Lie(
        "verification result is not Passed", Code.VSA_UNPARSEABLE, {"verificationResult": "passed"}
    ),
    "a level too low": Lie(
        "to be at least 3, got 2", Code.VSA_LEVEL_TOO_LOW, {"verifiedLevels": ["SLSA_BUILD_LEVEL_2"]}
    ),
    "a level of another track": Lie(
        "expected SLSA level not found", Code.VSA_LEVEL_TOO_LOW, {"verifiedLevels": ["SLSA_SOURCE_LEVEL_3"]}
    ),
    "no levels": Lie("expected SLSA level not found", Code.VSA_LEVEL_TOO_LOW, {"verifiedLevels": []}),
    "a level that was not evaluated": Lie(
        "invalid SLSA level", Code.VSA_LEVEL_TOO_LOW, {"verifiedLevels": ["SLSA_BUILD_LEVEL_UNEVALUATED"]}
    ),
    "another verifier": Lie(
        "verifier ID mismatch", Code.VSA_WRONG_VERIFIER, {"verifier": {"id": "https://verifier.evil.example/v1"}}
    ),
    "no verifier": Lie("no verifierID found", Code.VSA_UNPARSEABLE, {"verifier": {}}),
    "a key that is known for something else": Lie("verifying envelope", Code.VSA_FOREIGN_SIGNER, by=OTHER),
    "a key that nobody knows": Lie("verifying envelope", Code.VSA_INVALID, by=make_key()),
    "a flipped signature": Lie("verifying envelope", Code.VSA_INVALID, changes=Changes(sealed=lies.flip_signature)),
    "another image": Lie(
        "expected digest not found",
        Code.VSA_INVALID,
        changes=Changes(content=lies.in_payload("subject", to=[{"digest": {"sha256": NOBODY}}])),
    ),
    "no image": Lie(
        "no subject digests found", Code.VSA_UNPARSEABLE, changes=Changes(content=lies.in_payload("subject", to=[]))
    ),
    "another type": Lie("expected predicate type", Code.VSA_ABSENT, kind="https://slsa.dev/verification_summary/v0.2"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_is_refused_by_both(
    publisher: Publisher, bot: Bot, slsa_verifier: SlsaVerifier, repository: Repository, image: Digest, lie: Lie
) -> None:
    means = Means(lie.by, layout=Layout.BUNDLE)
    publisher.changing(lie.changes).attest(repository, image, lie.kind, summary(**lie.said), means)

    with pytest.raises(ToolError, match=lie.says):
        slsa_verifier.verify(envelope_of(bot.registry, repository, image, Layout.BUNDLE), image)

    assert bot.codes(policy_for(KEY), repository, image) == (frozenset({lie.code}),)


# --- what slsa-verifier takes and we do not ---------------------------------------------------------------------------

STRICTER = {
    "two levels of one track, of which a summary must state one": Lie(
        "", Code.VSA_UNPARSEABLE, {"verifiedLevels": ["SLSA_BUILD_LEVEL_1", DEMANDED]}
    ),
    "a predicate that is there twice, of which Go reads the last": Lie(
        "",
        Code.VSA_ABSENT,  # a statement that cannot be read has no type
        changes=Changes(content=lies.repeated("predicate", json.dumps({"verificationResult": "FAILED"}))),
    ),
    "a verification that is still to come": Lie("", Code.VSA_FROM_THE_FUTURE, {"timeVerified": "2999-01-01T00:00:00Z"}),
}


@pytest.mark.parametrize("lie", STRICTER.values(), ids=STRICTER)
def test_slsa_verifier_takes_it_and_we_do_not(
    publisher: Publisher, bot: Bot, slsa_verifier: SlsaVerifier, repository: Repository, image: Digest, lie: Lie
) -> None:
    means = Means(lie.by, layout=Layout.BUNDLE)
    publisher.changing(lie.changes).attest(repository, image, lie.kind, summary(**lie.said), means)

    slsa_verifier.verify(envelope_of(bot.registry, repository, image, Layout.BUNDLE), image)

    assert bot.codes(policy_for(KEY), repository, image) == (frozenset({lie.code}),)
