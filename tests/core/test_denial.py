"""Which denial a release rests on: exactly, only by what the policy accepts, and what cannot be told is said."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.candidate import digest_of
from promoter.core.checks.denylist import DenylistParams
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.subject import Phase
from promoter.core.denial import Denial, Match, Withdrawn
from promoter.core.evidence import Evidence, Platform, Signer
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.identity import SignerRule
from promoter.core.policy import Occasion, Policy, Requirement, examine, with_denials
from promoter.core.verdict import judge
from promoter.core.withdrawal import Accused, check_value, denied
from tests.core.checks.pieces import (
    COMMIT,
    COSIGN_SIGN,
    CYCLONEDX,
    DIGEST,
    FORGE_DOWN,
    NOW,
    PROVENANCE_V1,
    REGISTRY_DOWN,
    RULES,
    SCANNERS,
    SPDX,
    STRANGER,
    TEAM,
    Piece,
    subject,
)

OTHER = "b" * 40
PART = digest_of(b"a platform")
PAD = "pkg:npm/left-pad"


def bom(*purls: str) -> dict[str, object]:
    components = [{"type": "library", "name": purl.rpartition("/")[2], "purl": purl} for purl in purls]
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}


def deny(what: Withdrawn, value: str, versions: str = "", since: timedelta | None = None) -> Denial:
    begins = NOW + since if since is not None else None
    return Denial(id="d", what=what, value=value, versions=versions, reason="INC-812", since=begins)


def accused(*pieces: Piece, evidence: Evidence | None = None, sbom_signers: tuple[str, ...] = ("pipeline",)) -> Accused:
    about = subject(*pieces)
    return Accused(
        candidate=about.candidate,
        evidence=evidence or about.evidence,
        signers=about.signers,
        placeholders=about.placeholders,
        sbom_signers=sbom_signers,
    )


def found(about: Accused, denial: Denial) -> list[tuple[str, bool]]:
    return [(match.found, match.is_certain) for match in denied(about, (denial,))]


# --- digests and commits ----------------------------------------------------------------------------------------------


def test_a_digest_is_the_releases_own_or_that_of_one_of_its_platforms() -> None:
    index = replace(
        subject().evidence, platforms=(Platform(PART, "linux/arm64"),), parts=(Evidence(digest_of(b"named")),)
    )
    assert found(accused(), deny(Withdrawn.DIGEST, DIGEST)) == [("the release's own digest", True)]
    assert found(accused(evidence=index), deny(Withdrawn.DIGEST, PART)) == [
        ("the digest of its platform linux/arm64", True)
    ]
    assert found(accused(evidence=index), deny(Withdrawn.DIGEST, digest_of(b"named"))) == [
        ("the digest of one of its platforms", True)
    ]


@given(st.integers(0, 63), st.sampled_from("0123456789abcdef"))
def test_digests_and_commits_match_whole_or_not_at_all(at: int, letter: str) -> None:
    hexadecimal = DIGEST.removeprefix("sha256:")
    changed = hexadecimal[:at] + letter + hexadecimal[at + 1 :]
    assert bool(found(accused(), deny(Withdrawn.DIGEST, f"sha256:{changed}"))) == (changed == hexadecimal)
    place = at % 40
    commit = COMMIT[:place] + letter + COMMIT[place + 1 :]
    assert bool(found(accused(), deny(Withdrawn.COMMIT, commit))) == (commit == COMMIT)


def test_a_commit_is_that_of_the_git_tag_or_of_provenance_that_counts() -> None:
    own = Piece("p", PROVENANCE_V1, {}, revisions=(OTHER,))
    assert found(accused(), deny(Withdrawn.COMMIT, COMMIT)) == [("the commit of its git tag refs/tags/v1.8.3", True)]
    assert found(accused(own), deny(Withdrawn.COMMIT, OTHER)) == [("the commit that its provenance names", True)]
    assert found(accused(replace(own, signer=STRANGER)), deny(Withdrawn.COMMIT, OTHER)) == []
    assert found(accused(replace(own, predicate_type=COSIGN_SIGN)), deny(Withdrawn.COMMIT, OTHER)) == []


def test_whether_a_commit_is_denied_cannot_be_told_while_the_git_tag_is_not_known() -> None:
    silent = replace(subject().evidence, source=None, failures=(FORGE_DOWN,))
    assert found(accused(evidence=silent), deny(Withdrawn.COMMIT, COMMIT)) == [
        ("the commit of its git tag is not known now", False)
    ]


# --- signers ----------------------------------------------------------------------------------------------------------


def test_a_signer_counts_by_what_the_policy_accepts_of_it() -> None:
    signed = Piece("s", COSIGN_SIGN)
    assert found(accused(signed), deny(Withdrawn.SIGNER, TEAM.san)) == [(f"the signer of its {COSIGN_SIGN}", True)]
    assert found(accused(signed), deny(Withdrawn.SIGNER, TEAM.san[:-1])) == []


def test_a_strangers_signature_by_a_denied_signer_revokes_nothing() -> None:
    attached = Piece("mallory", COSIGN_SIGN, signer=STRANGER)
    assert found(accused(Piece("s", COSIGN_SIGN), attached), deny(Withdrawn.SIGNER, STRANGER.san)) == []


def test_a_signer_that_the_policy_has_withdrawn_itself_is_a_stranger_from_then_on() -> None:
    rules = {"pipeline": replace(RULES["pipeline"], revoked_at=NOW - timedelta(hours=2))}
    about = replace(accused(Piece("s", COSIGN_SIGN)), signers=rules)
    assert found(about, deny(Withdrawn.SIGNER, TEAM.san)) == []


def test_a_key_is_named_by_its_fingerprint() -> None:
    pem = (
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3/itsmCxcdSj8ZPnV3XTeFZ2jdab\n"
        "F2VViQcGBX6Ja5zK6wN+Dx8kdp+D7TLWCeq236HEs8EOGpgEzukhlUdT5Q==\n-----END PUBLIC KEY-----\n"
    )
    rule = SignerRule(key=pem)
    keyed = Piece("s", COSIGN_SIGN, signer=Signer("", "", key=rule.fingerprint))
    about = replace(accused(keyed), signers={"key": rule})
    assert found(about, deny(Withdrawn.SIGNER, rule.fingerprint)) == [(f"the signer of its {COSIGN_SIGN}", True)]


# --- components -------------------------------------------------------------------------------------------------------


def test_a_component_counts_by_the_newest_sbom_that_counts() -> None:
    old = Piece("old", CYCLONEDX, bom(f"{PAD}@1.1.0"), age=timedelta(hours=3))
    new = Piece("new", CYCLONEDX, bom(f"{PAD}@1.3.0"))
    denial = deny(Withdrawn.COMPONENT, PAD, "<1.2.0")
    assert found(accused(old), denial) == [("its component pkg:npm/left-pad@1.1.0", True)]
    assert found(accused(old, new), denial) == []
    assert found(accused(old, replace(new, signer=STRANGER)), denial) == [
        ("its component pkg:npm/left-pad@1.1.0", True)
    ]
    assert found(accused(old, replace(new, signer=SCANNERS)), denial) == [
        ("its component pkg:npm/left-pad@1.1.0", True)
    ]


def test_the_sbom_of_any_platform_counts() -> None:
    part = Evidence(PART, attestations=(Piece("part", CYCLONEDX, bom(f"{PAD}@1.0.0")).made(),))
    index = replace(subject(Piece("whole", CYCLONEDX, bom())).evidence, parts=(part,))
    assert found(accused(evidence=index), deny(Withdrawn.COMPONENT, PAD)) == [
        ("its component pkg:npm/left-pad@1.0.0", True)
    ]


def test_a_platform_without_an_sbom_is_not_clean_because_another_one_has_one() -> None:
    part = Evidence(PART, attestations=(Piece("part", CYCLONEDX, bom("pkg:npm/other@1.0.0")).made(),))
    platforms = (Platform(PART, "linux/amd64"), Platform(digest_of(b"arm"), "linux/arm64"))
    index = replace(subject().evidence, platforms=platforms, parts=(part,))
    said = "no SBOM that counts here and can be read is of the platform linux/arm64"
    assert found(accused(evidence=index), deny(Withdrawn.COMPONENT, PAD)) == [(said, False)]

    whole = replace(subject(Piece("whole", CYCLONEDX, bom())).evidence, platforms=platforms, parts=(part,))
    assert found(accused(evidence=whole), deny(Withdrawn.COMPONENT, PAD)) == []
    alone = replace(index, platforms=platforms[:1])
    assert found(accused(evidence=alone), deny(Withdrawn.COMPONENT, PAD)) == []


def test_a_component_in_many_places_is_named_once_and_many_are_counted() -> None:
    purls = [f"{PAD}@1.0.{n}" for n in range(12)]
    ((text, _),) = found(accused(Piece("s", CYCLONEDX, bom(*purls, *purls))), deny(Withdrawn.COMPONENT, PAD))
    assert text == f"its component {', '.join(purls[:10])} and 2 more"


@pytest.mark.parametrize(
    ("piece", "said"),
    [
        (Piece("s", COSIGN_SIGN), "it has no SBOM that counts here and can be read"),
        (Piece("s", CYCLONEDX, bom(), signer=STRANGER), "it has no SBOM that counts here and can be read"),
        (Piece("s", SPDX, {"spdxVersion": "no"}), "it has no SBOM that counts here and can be read"),
        (
            Piece("s", CYCLONEDX, bom(f"{PAD}@nonsense")),
            "its component pkg:npm/left-pad@nonsense cannot be compared with the range",
        ),
        (
            Piece("s", CYCLONEDX, {**bom(), "components": [{"type": "library", "name": "left-pad", "version": "1"}]}),
            "its component left-pad 1 cannot be compared with the range",
        ),
    ],
)
def test_what_cannot_be_told_of_a_component_is_said(piece: Piece, said: str) -> None:
    assert found(accused(piece), deny(Withdrawn.COMPONENT, PAD, "<1.2.0")) == [(said, False)]


def test_evidence_that_could_not_be_asked_for_may_hold_a_newer_sbom() -> None:
    silent = subject(Piece("s", CYCLONEDX, bom("pkg:npm/other@1")), failures=(REGISTRY_DOWN,)).evidence
    assert found(accused(evidence=silent), deny(Withdrawn.COMPONENT, PAD)) == [
        ("not all of its evidence could be asked for", False)
    ]


# --- the verdict ------------------------------------------------------------------------------------------------------

SIGNED = Requirement(check="signature", params=SignatureParams(signers=("pipeline",)))
WITH_SBOM = Requirement(check="sbom", params=SbomParams(signers=("pipeline",)), mode=Mode.WARN)
POLICY = Policy(environment="prod", signers=RULES, require=(SIGNED, WITH_SBOM), digest=digest_of(b"p"), body=b"")


def findings(policy: Policy, *denials: Denial) -> tuple[Finding, ...]:
    about = subject(Piece("s", COSIGN_SIGN))
    occasion = Occasion(about.candidate, about.placeholders, Phase.PROPOSE, NOW)
    return examine(policy, about.evidence, with_denials(policy, about.evidence, occasion, denials))


def test_a_denial_fails_every_policy_whether_or_not_it_names_the_check() -> None:
    about = subject(Piece("s", COSIGN_SIGN))
    occasion = Occasion(about.candidate, about.placeholders, Phase.PROPOSE, NOW)
    good = with_denials(POLICY, about.evidence, occasion, ())
    bad = with_denials(POLICY, about.evidence, occasion, (deny(Withdrawn.DIGEST, DIGEST),))
    assert judge(POLICY, about.evidence, good).outcome is Outcome.PASS
    assert judge(POLICY, about.evidence, bad).outcome is Outcome.FAIL


@pytest.mark.parametrize("mode", list(Mode))
def test_no_mode_lets_a_denied_release_pass(mode: Mode) -> None:
    line = Requirement(check="denylist", params=DenylistParams(), mode=mode, effective_on=NOW + timedelta(days=1))
    for one in (line, replace(line, effective_on=None)):
        got = findings(replace(POLICY, require=(SIGNED, one)), deny(Withdrawn.DIGEST, DIGEST))
        assert (Outcome.FAIL, Mode.ENFORCE) in {(each.outcome, each.mode) for each in got if each.check == "denylist"}


def test_what_cannot_be_told_is_shown_and_enforces_nothing_where_the_policy_does_not_ask() -> None:
    *_, shown = findings(POLICY, deny(Withdrawn.COMPONENT, PAD))
    assert (shown.check, shown.mode, shown.outcome) == ("denylist", Mode.WARN, Outcome.PASS)
    assert [aside.sentence for aside in shown.asides] == [
        (
            "whether it rests on what d (component pkg:npm/left-pad: INC-812) withdrew is not known: it has no SBOM "
            "that counts here and can be read"
        )
    ]
    assert [finding.check for finding in findings(POLICY)] == ["signature", "sbom"]


def test_a_denial_counts_from_its_time_on() -> None:
    early, late = (deny(Withdrawn.DIGEST, DIGEST, since=timedelta(hours=hours)) for hours in (-1, 1))
    assert findings(POLICY, late) == findings(POLICY)
    assert findings(POLICY, early)[-1].outcome is Outcome.FAIL


def test_matches_are_kept_with_the_decision() -> None:
    about = subject(Piece("s", COSIGN_SIGN))
    occasion = Occasion(about.candidate, about.placeholders, Phase.PROPOSE, NOW)
    denial = deny(Withdrawn.DIGEST, DIGEST)
    kept = judge(POLICY, about.evidence, with_denials(POLICY, about.evidence, occasion, (denial,))).circumstances
    assert kept.denials == (Match(denial=denial, found="the release's own digest"),)


@pytest.mark.parametrize(
    ("what", "value", "versions", "said"),
    [
        (Withdrawn.DIGEST, "sha256:abc", "", "not a sha256 digest: 'sha256:abc'"),
        (Withdrawn.COMMIT, COMMIT[:12], "", "not a whole commit"),
        (Withdrawn.SIGNER, "*", "", "a signer is named exactly"),
        (Withdrawn.SIGNER, " ", "", "must be one line"),
        (Withdrawn.SIGNER, "a\nb", "", "must be one line"),
        (Withdrawn.SIGNER, "a" * 1001, "", "must be one line of at most 1000 readable characters"),
        (Withdrawn.SIGNER, f"SHA256:{'A' * 64}", "", "a key's fingerprint is sha256: and 64 lower-case hex digits"),
        (Withdrawn.SIGNER, "a" * 64, "", "a key's fingerprint is sha256: and 64 lower-case hex digits"),
        (Withdrawn.SIGNER, "sha256:abc", "", "a key's fingerprint is sha256: and 64 lower-case hex digits"),
        (Withdrawn.SIGNER, "a", "<1", "versions belong to a component, and this is a signer"),
        (Withdrawn.COMPONENT, "left-pad", "", "is no package URL"),
    ],
)
def test_a_denial_that_could_match_nothing_or_too_much_is_refused(
    what: Withdrawn, value: str, versions: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        check_value(what, value, versions)
