"""Signed approvals of rules: whose signature counts, over what, and what is passed over."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from promoter.adapters.signatures_sigstore import SigstoreSignatures
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.approvals import SIGNATURES_LIMIT, SignedApprovals
from promoter.core.candidate import Digest, digest_of
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, Signer, Unusable
from promoter.core.identity import Logging, SignerRule
from promoter.core.public_key import PublicKey
from promoter.core.ruleset import RawFile
from promoter.local.authority.bundles import bundle
from promoter.local.authority.contents import Envelope, statement
from promoter.local.authority.instance import Instance, make_instance
from promoter.local.authority.keys import SigningKey, make_key
from promoter.local.authority.sealing import Credential, LogKind, Witnesses, identify, seal
from promoter.ports import Material, OutsideError, Signatures, TrustRoot
from promoter.strict_yaml import ConfigError
from tests.core.scenes import NOW

KIND = "https://promoter.dev/attestation/rules-approval/v1"
ISSUER = "https://login.acme.example"
MIA, OMAR, EVE = (Signer(f"{name}@acme.example", ISSUER) for name in ("mia", "omar", "eve"))
RULES = digest_of(b"the list of files")
PEOPLE = {"mia": SignerRule(issuer=ISSUER, san=MIA.san), "omar": SignerRule(issuer=ISSUER, san=OMAR.san)}


@cache
def instance() -> Instance:
    return make_instance(NOW)


@cache
def key() -> SigningKey:
    return make_key()


@cache
def verifier() -> SigstoreSignatures:
    return SigstoreSignatures(Trust.from_bytes(instance().trusted_root("http://127.0.0.1"), "a root of the tests"))


def signed(by: Signer | SigningKey, about: Digest = RULES, kind: str = KIND) -> bytes:
    """Sign an approval with everything that proves it."""
    credential = identify(instance(), by, NOW) if isinstance(by, Signer) else Credential(by)
    witnesses = Witnesses(NOW, (LogKind.V1,)) if isinstance(by, Signer) else Witnesses(NOW, logs=())
    return bundle(seal(instance(), Envelope(statement(about, kind, {})), credential, witnesses))


def approving(*pieces: bytes, people: dict[str, SignerRule] | None = None) -> tuple[Signer, ...]:
    files = tuple(RawFile(f"signatures/{number:02}.json", raw) for number, raw in enumerate(pieces))
    return SignedApprovals(PEOPLE if people is None else people, verifier).of(files, RULES)


def sans(signers: tuple[Signer, ...]) -> list[str]:
    return [signer.san for signer in signers]


def test_every_named_signer_of_just_this_bundle_counts_once() -> None:
    assert sans(approving(signed(MIA), signed(OMAR), signed(MIA))) == [MIA.san, OMAR.san]


def test_a_key_approves_where_its_rule_lets_it_sign_without_a_log() -> None:
    rule = SignerRule(key=key().public_pem.decode(), log=Logging.OPTIONAL)
    (found,) = approving(signed(key()), people={"security": rule})
    assert found.key == rule.fingerprint
    assert approving(signed(key()), people={"security": replace(rule, log=Logging.REQUIRED)}) == ()


@pytest.mark.parametrize(
    "piece",
    [
        lambda: signed(EVE),
        lambda: signed(MIA, digest_of(b"other rules")),
        lambda: signed(MIA, kind="https://promoter.dev/attestation/manual-approval/v1"),
        lambda: signed(MIA).replace(b'"payload":"', b'"payload":"eyJh', 1),
        lambda: signed(replace(MIA, issuer="https://elsewhere.example")),
        lambda: b"{}",
    ],
    ids=["a stranger", "other rules", "another type", "altered", "another issuer", "no bundle"],
)
def test_what_is_no_approval_by_them_counts_for_nothing(piece: Callable[[], bytes]) -> None:
    assert sans(approving(piece(), signed(OMAR))) == [OMAR.san]


def test_files_that_are_no_signatures_are_passed_over() -> None:
    outside = (RawFile("policies/mia.json", signed(MIA)), RawFile("signatures/deep/mia.json", signed(MIA)))
    assert SignedApprovals(PEOPLE, verifier).of(outside, RULES) == ()


def test_more_signatures_than_anybody_looks_at_are_refused() -> None:
    with pytest.raises(ConfigError) as told:
        approving(*(b"{}",) * (SIGNATURES_LIMIT + 1))
    says = "signatures: holds 21 files; at most 20 are read, remove those over older rules"
    assert told.value.problems == (says,)


class Silent:
    """A verifier with nothing to verify with."""

    def root(self) -> TrustRoot:
        return TrustRoot(RULES, b"", OutsideError(Code.TRUST_ROOT_TOO_OLD, "too old"))

    def examine(self, material: Material, subject: Digest, keys: tuple[PublicKey, ...] = ()) -> Attestation | Unusable:
        raise AssertionError("nothing is verified with it")


def refuse() -> Signatures:
    raise AssertionError("it is not opened")


def test_the_verifier_is_opened_only_where_there_is_something_to_verify() -> None:
    assert SignedApprovals(PEOPLE, refuse).of((RawFile("policies/prod.yaml", b""),), RULES) == ()
    assert SignedApprovals({}, refuse).of((RawFile("signatures/mia.json", b"{}"),), RULES) == ()


def test_with_a_root_that_may_not_be_used_nobody_can_tell_who_approved() -> None:
    with pytest.raises(OutsideError, match="too old"):
        SignedApprovals(PEOPLE, Silent).of((RawFile("signatures/mia.json", signed(MIA)),), RULES)
