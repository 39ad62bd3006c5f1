"""Where real cosign takes more or less than a policy here does; several signers, and attached documents."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import Digest, Repository
from promoter.core.checks.signature import SIGNATURE, SignatureParams
from promoter.core.codes import Code
from promoter.core.evidence import Layout, Unusable
from promoter.core.finding import Outcome
from promoter.core.identity import Logging
from promoter.local.authority.keys import KeyKind
from promoter.local.authority.sealing import LogKind
from promoter.local.manifests import tag_of
from promoter.local.predicates import Package, cyclonedx
from tests.interop.cosign_signer import Cosign, Way
from tests.interop.judging import DEMANDS, RELEASE, Bot, demand, policy_of
from tests.interop.releases import PLAIN_HTTP, push_image
from tests.interop.toolbox import Toolbox, ToolError

pytestmark = pytest.mark.interop

SIGNED, _, LISTED, _ = DEMANDS
BY_KEY = Way(Layout.COSIGN_TAG, KeyKind.P256, LogKind.V1)
UNLOGGED = Way(Layout.COSIGN_TAG, KeyKind.P256, None)
NOTHING: frozenset[Code] = frozenset()


@pytest.fixture(scope="module")
def registry_host(olareg: str) -> str:
    """One real registry is enough for what stands in the manifests."""
    return olareg


@pytest.fixture
def image(toolbox: Toolbox, repository: Repository) -> Digest:
    return push_image(toolbox, repository, RELEASE, str(repository).encode())


def bill() -> dict[str, object]:
    return cyclonedx("shop", RELEASE, (Package("flask", "3.1.0"),), SystemClock().now())


# --- an attestation is no signature -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [Way(Layout.BUNDLE, KeyKind.P256, LogKind.V1), Way(Layout.BUNDLE, None, LogKind.V1, is_stamped=True)],
    ids=str,
)
def test_cosign_takes_an_sbom_for_a_signature_and_we_do_not(
    cosign: Cosign, bot: Bot, repository: Repository, image: Digest, way: Way
) -> None:
    identity = cosign.identity(way)
    policy = policy_of({"release": identity.rule()}, Layout.BUNDLE, require=(SIGNED, LISTED))
    cosign.attest(way, f"{repository}@{image}", "cyclonedx", bill())

    cosign.verify(identity, f"{repository}@{image}", *(("--use-signed-timestamps",) if way.is_stamped else ()))
    signature, sbom = bot.judge(policy, repository, image).findings

    assert (sbom.outcome, signature.outcome) == (Outcome.PASS, Outcome.FAIL)
    (reason,) = signature.reasons
    assert reason.code is Code.SIGNATURE_ABSENT
    assert reason.sentence == f"there is no signature for {image}; there is only https://cyclonedx.org/bom"


def test_in_its_own_layout_cosign_takes_an_sbom_for_no_signature_either(
    cosign: Cosign, bot: Bot, repository: Repository, image: Digest
) -> None:
    way = Way(Layout.COSIGN_TAG, None, LogKind.V1)
    identity = cosign.identity(way)
    policy = policy_of({"release": identity.rule()}, Layout.COSIGN_TAG, require=(SIGNED, LISTED))
    cosign.attest(way, f"{repository}@{image}", "cyclonedx", bill())

    with pytest.raises(ToolError, match="no signatures found"):
        cosign.verify(identity, f"{repository}@{image}", "--new-bundle-format=false")

    assert bot.codes(policy, repository, image) == (frozenset({Code.SIGNATURE_ABSENT}), NOTHING)


# --- Ed25519 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["sign", "attest"])
def test_cosign_signs_with_ed25519_what_neither_it_nor_we_verify(
    cosign: Cosign, bot: Bot, repository: Repository, image: Digest, verb: str
) -> None:
    way = Way(Layout.COSIGN_TAG, KeyKind.ED25519, None)
    identity = cosign.identity(way)
    policy = policy_of({"release": identity.rule(Logging.OPTIONAL)}, Layout.COSIGN_TAG, require=(SIGNED, LISTED))
    kind: tuple[str, ...] = ()
    if verb == "sign":
        cosign.sign(way, f"{repository}@{image}")
    else:
        cosign.attest(way, f"{repository}@{image}", "cyclonedx", bill())
        kind = ("--type", "cyclonedx")

    with pytest.raises(ToolError, match=r"failed to verify signature|accepted signatures do not match threshold"):
        cosign.verify(identity, f"{repository}@{image}", *kind, "--new-bundle-format=false", "--insecure-ignore-tlog")
    (unusable,) = bot.look(policy, repository, image).unusable

    assert unusable.code == Code.BUNDLE_KEY_UNKNOWN.value  # with no key that any policy names does it verify
    assert bot.judge(policy, repository, image).outcome is Outcome.FAIL


def test_cosign_writes_no_bundle_with_ed25519(cosign: Cosign, repository: Repository, image: Digest) -> None:
    with pytest.raises(ToolError, match="accepted signatures do not match threshold"):
        cosign.sign(Way(Layout.BUNDLE, KeyKind.ED25519, None), f"{repository}@{image}")


# --- several keys -----------------------------------------------------------------------------------------------------


def test_two_keys_under_one_tag_are_two_signers_and_one_of_them_alone_is_not(
    cosign: Cosign, bot: Bot, repository: Repository, image: Digest
) -> None:
    builder, deployer = cosign.key(KeyKind.P256), cosign.key(KeyKind.RSA_2048)
    rules = {"builder": builder.rule(Logging.OPTIONAL), "deployer": deployer.rule(Logging.OPTIONAL)}
    both = demand(SIGNATURE, SignatureParams(signers=("builder", "deployer"), at_least=2))
    policy = policy_of(rules, Layout.COSIGN_TAG, require=(both,))

    cosign.sign(UNLOGGED, f"{repository}@{image}", builder)
    assert bot.codes(policy, repository, image) == (frozenset({Code.SIGNATURE_TOO_FEW_SIGNERS}),)
    cosign.sign(UNLOGGED, f"{repository}@{image}", deployer)
    assert bot.codes(policy, repository, image) == (NOTHING,)


def test_a_key_that_is_rotated_out_keeps_what_it_signed_and_signs_no_more(
    cosign: Cosign, bot: Bot, toolbox: Toolbox, repository: Repository
) -> None:
    old, new = cosign.key(KeyKind.P256, "old"), cosign.key(KeyKind.P256, "new")
    images = {name: push_image(toolbox, repository, name, name.encode()) for name in ("before", "after", "late")}
    cosign.sign(BY_KEY, f"{repository}@{images['before']}", old)
    time.sleep(1.0)  # the log counts whole seconds
    rotated_at = SystemClock().now().replace(microsecond=0)
    time.sleep(1.0)
    cosign.sign(BY_KEY, f"{repository}@{images['after']}", new)
    cosign.sign(BY_KEY, f"{repository}@{images['late']}", old)
    rules = {"old": replace(old.rule(), not_after=rotated_at), "new": replace(new.rule(), not_before=rotated_at)}
    either = demand(SIGNATURE, SignatureParams(signers=("old", "new")))

    policy = policy_of(rules, Layout.COSIGN_TAG, require=(either,))
    codes = {name: bot.codes(policy, repository, digest) for name, digest in images.items()}
    assert codes == {
        "before": (NOTHING,),
        "after": (NOTHING,),
        "late": (frozenset({Code.SIGNER_OUTSIDE_PERIOD}),),
    }

    policy = policy_of({**rules, "old": replace(old.rule(), revoked_at=rotated_at)}, *policy.layouts, require=(either,))
    assert bot.codes(policy, repository, images["before"]) == (NOTHING,)
    assert bot.codes(policy, repository, images["late"]) == (frozenset({Code.SIGNER_REVOKED}),)


# --- attached documents -----------------------------------------------------------------------------------------------


def attach(toolbox: Toolbox, path: Path, mode: str, image: str) -> None:
    """Attach an SBOM with cosign, which signs nothing by that."""
    what = ("--sbom", str(path), "--type", "cyclonedx", "--input-format", "json")
    toolbox.run("cosign", "attach", "sbom", *PLAIN_HTTP, *what, "--registry-referrers-mode", mode, image)


@pytest.mark.parametrize(
    "signed_in", [Layout.COSIGN_TAG, Layout.BUNDLE], ids=lambda layout: f"signed-in-{layout.value}"
)
@pytest.mark.parametrize("mode", ["legacy", "oci-1-1"])
def test_an_attached_sbom_counts_with_a_signature_over_its_manifest_and_without_one_is_told(
    cosign: Cosign, bot: Bot, repository: Repository, image: Digest, home: Path, mode: str, signed_in: Layout
) -> None:
    toolbox = replace(cosign.toolbox, variables={"COSIGN_EXPERIMENTAL": "1"})
    (home / "bom.json").write_text(_describing(image))
    attach(toolbox, home / "bom.json", mode, f"{repository}@{image}")
    attached = _attachment(bot, repository, image, mode)
    way = Way(signed_in, KeyKind.P256, None)
    rule = cosign.identity(way).rule(Logging.OPTIONAL)
    policy = policy_of({"release": rule}, Layout.ATTACHMENT, signed_in, require=(LISTED,))

    (bare,) = bot.look(policy, repository, image).unusable
    assert (type(bare), bare.code) == (Unusable, Code.LAYOUT_ATTACHMENT_UNSIGNED.value)
    assert bot.codes(policy, repository, image) == (frozenset({Code.SBOM_ABSENT}),)

    cosign.sign(way, f"{repository}@{attached}")
    (document,) = bot.look(policy, repository, image).attestations
    assert (document.found.layout, document.signer) == (Layout.ATTACHMENT, cosign.identity(way).signer)
    assert bot.codes(policy, repository, image) == (NOTHING,)


def _describing(image: Digest) -> str:
    document = bill()
    component = {"type": "container", "name": "shop", "version": image, "bom-ref": "shop"}
    return json.dumps({**document, "metadata": {"component": component}})


def _attachment(bot: Bot, repository: Repository, image: Digest, mode: str) -> Digest:
    if mode == "legacy":
        return bot.registry.manifest(repository, tag_of(image, "sbom")).digest
    (descriptor,) = bot.registry.referrers(repository, image)
    return descriptor.digest


# --- mirrors ----------------------------------------------------------------------------------------------------------

COPIES = {
    Layout.COSIGN_TAG: ("cosign", "copy", *PLAIN_HTTP),
    Layout.BUNDLE: ("oras", "copy", "--recursive", "--from-plain-http", "--to-plain-http"),
}


@pytest.mark.parametrize("layout", COPIES, ids=lambda layout: layout.value)
def test_a_copy_in_another_repository_is_as_good_as_the_image_that_was_signed(
    cosign: Cosign, bot: Bot, repository: Repository, image: Digest, layout: Layout
) -> None:
    way = Way(layout, None, LogKind.V1)
    policy = policy_of({"release": cosign.identity(way).rule()}, layout, require=(SIGNED, LISTED))
    cosign.sign(way, f"{repository}@{image}")
    cosign.attest(way, f"{repository}@{image}", "cyclonedx", bill())
    mirror = Repository(repository.host, f"mirror/{repository.path}")

    cosign.toolbox.run(*COPIES[layout], f"{repository}@{image}", f"{mirror}:{RELEASE}")

    assert bot.registry.head(mirror, RELEASE) == image
    assert bot.codes(policy, mirror, image) == (NOTHING, NOTHING)
