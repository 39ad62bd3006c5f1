"""Signers in policy files: patterns and samples are tried when they are read, and samples leave nothing behind."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from promoter.config_policies import read_policy, read_policy_file
from promoter.core.candidate import digest_of
from promoter.core.checks.signature import SignatureParams
from promoter.core.identity import Logging, SignerRule
from promoter.core.public_key import parse_public_key
from promoter.strict_yaml import ConfigError
from tests.config.directory import Directory

KEPT = Path(__file__).with_name("kept_policy.json").read_bytes()
KEPT_DIGEST = "sha256:2fd39e1852d6cae0ecfd8c6fe6a884e9c95b5c9053884b450990b533114c44f2"
KEPT_FILE = Path(__file__).with_name("kept_policy.yaml").read_text(encoding="utf-8")
"""A policy as it was written and kept, and its digest, before there were patterns, samples and `at_least`."""

SIGNER = """signers:
  release:
    issuer: https://token.example
{name}
require:
  - check: signature
    signers: [release]
"""
EXACT = '    san: "{source}/sign@refs/tags/{tag}"\n    claims: {build_trigger: push}\n'
PATTERN = "    san_pattern: https://forge.example/acme/*/sign@refs/tags/v*\n    claims: {build_trigger: push}\n"
AT_TAG = "https://forge.example/acme/app/sign@refs/tags/v1"
AT_BRANCH = "https://forge.example/acme/app/sign@refs/heads/main"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def read(folder: Path, name: str) -> SignerRule:
    path = folder / "prod.yaml"
    path.write_text(SIGNER.replace("{name}\n", name), encoding="utf-8")
    policy = read_policy_file(path, None)
    assert read_policy(policy.body) == policy
    return policy.signers["release"]


def problems(folder: Path, name: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as told:
        read(folder, name)
    return tuple(problem.removeprefix(f"{folder}/") for problem in told.value.problems)


# --- one name, exact or a pattern -------------------------------------------------------------------------------------


def test_a_pattern_is_read_and_kept(folder: Path) -> None:
    rule = read(folder, PATTERN)

    assert (rule.san, rule.san_pattern) == ("", "https://forge.example/acme/*/sign@refs/tags/v*")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "prod.yaml:2: signers.release: give exactly one of san, san_pattern and key"),
        ('    san: ""\n', "prod.yaml:2: signers.release: give exactly one of san, san_pattern and key"),
        (
            EXACT + PATTERN.partition("    claims")[0],
            "prod.yaml:2: signers.release: give exactly one of san, san_pattern and key",
        ),
        (
            "    san_pattern: https://forge.example/*/app/sign@refs/tags/v1\n",
            (
                "prod.yaml:4: signers.release.san_pattern: matches another owner: "
                "'https://forge.example/mallory/app/sign@refs/tags/v1'; write host, owner and kind of ref without * "
                "(it is 'https://forge.example/*/app/sign@refs/tags/v1')"
            ),
        ),
        (
            "    san_pattern: https://forge.example/acme/.*\\.git\n",
            (
                "prod.yaml:4: signers.release.san_pattern: may hold letters, digits, ._+~:%/@-, placeholders and *, "
                "for a part of one segment; it is no regular expression (it is 'https://forge.example/acme/.*\\\\.git')"
            ),
        ),
        (
            "    san_pattern: https://forge.example/acme/app/sign@refs/tags/{tga}\n",
            (
                "prod.yaml:4: signers.release.san_pattern: no placeholder {tga}; did you mean {tag}? "
                "(allowed: {release}, {source}, {tag})"
            ),
        ),
        (
            "    san: https://forge.example/acme/app\n    claims: {build_trigger: pu*}\n",
            (
                "prod.yaml:5: signers.release.claims.build_trigger: identities are compared exactly, * stands for "
                "nothing; write the whole text: 'pu*'"
            ),
        ),
    ],
)
def test_a_signer_without_one_good_name_is_refused(folder: Path, name: str, told: str) -> None:
    assert problems(folder, name) == (told,)


# --- samples ----------------------------------------------------------------------------------------------------------

GOOD = f"""    samples:
      source: https://forge.example/acme/app
      tag: v1
      good:
        - san: {AT_TAG}
      bad:
        - san: {AT_BRANCH}
        - san: {AT_TAG}
          issuer: https://other.example
        - san: {AT_TAG}
          claims: {{build_trigger: pull_request}}
"""


@pytest.mark.parametrize("name", [EXACT, PATTERN])
def test_samples_that_are_as_they_say_pass_and_leave_nothing_behind(folder: Path, name: str) -> None:
    assert read(folder, name + GOOD) == read(folder, name)


@pytest.mark.parametrize("name", [EXACT, PATTERN])
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            f"- san: {AT_TAG}\n      bad",
            f"- san: {AT_BRANCH}\n      bad",
            (
                f"prod.yaml:10: signers.release.samples.good[0]: the rule refuses this good sample, by its san: "
                f"{AT_BRANCH!r}"
            ),
        ),
        (
            f"- san: {AT_TAG}\n      bad",
            f"- san: {AT_TAG}\n          issuer: https://no.example\n      bad",
            (
                f"prod.yaml:10: signers.release.samples.good[0]: the rule refuses this good sample, by its issuer: "
                f"{AT_TAG!r}"
            ),
        ),
        (
            f"- san: {AT_TAG}\n      bad",
            f"- san: {AT_TAG}\n          claims: {{build_trigger: schedule}}\n      bad",
            (
                f"prod.yaml:10: signers.release.samples.good[0]: the rule refuses this good sample, by its "
                f"claims.build_trigger: {AT_TAG!r}"
            ),
        ),
        (
            AT_BRANCH,
            AT_TAG,
            (
                f"prod.yaml:12: signers.release.samples.bad[0]: the rule accepts this bad sample; make the rule "
                f"narrower: {AT_TAG!r}"
            ),
        ),
        (
            "https://other.example",
            "https://token.example",
            (
                f"prod.yaml:13: signers.release.samples.bad[1]: the rule accepts this bad sample; make the rule "
                f"narrower: {AT_TAG!r}"
            ),
        ),
        (
            "pull_request",
            "push",
            (
                f"prod.yaml:15: signers.release.samples.bad[2]: the rule accepts this bad sample; make the rule "
                f"narrower: {AT_TAG!r}"
            ),
        ),
        (
            AT_BRANCH,
            "https://forge.example/acme/app/sign@refs/heads/{tag}",
            (
                "prod.yaml:12: signers.release.samples.bad[0].san: samples are taken as they stand; write what {tag} "
                "stands for"
            ),
        ),
        (
            AT_BRANCH,
            "https://forge.example/mallory/*",
            (
                "prod.yaml:12: signers.release.samples.bad[0].san: identities are compared exactly, * stands for "
                "nothing; write the whole text: 'https://forge.example/mallory/*'"
            ),
        ),
    ],
)
def test_a_sample_that_is_not_as_it_says_is_named(folder: Path, name: str, old: str, new: str, told: str) -> None:
    assert old in GOOD
    (found,) = problems(folder, name + GOOD.replace(old, new, 1))
    assert found == told


def test_what_a_rules_placeholders_stand_for_in_its_samples_must_be_said(folder: Path) -> None:
    assert problems(folder, EXACT + GOOD.replace("      tag: v1\n", "")) == (
        "prod.yaml:6: signers.release.samples.tag is missing: the rule holds {tag}",
    )
    assert read(folder, PATTERN + GOOD.replace("      tag: v1\n", "")).san_pattern


def test_a_sample_without_a_name_and_an_unknown_key_are_named(folder: Path) -> None:
    samples = "    samples:\n      good:\n        - issuer: https://token.example\n      bat: []\n"
    assert problems(folder, PATTERN + samples) == (
        "prod.yaml:8: signers.release.samples.good[0].san is missing: its subject alternative name, whole",
        (
            "prod.yaml:9: unknown key signers.release.samples.bat; did you mean bad? "
            "(allowed: bad, good, release, source, tag)"
        ),
    )


def test_the_example_in_the_documentation_is_read(folder: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    (signers,) = re.findall(r"```yaml\n(signers:\n  scanning:\n.+?)```", page, re.DOTALL)
    path = folder / "prod.yaml"
    path.write_text(f"{signers}require: [{{check: signature, signers: [scanning]}}]\n", encoding="utf-8")

    assert "*" in read_policy_file(path, None).signers["scanning"].san_pattern


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_a_policy_that_uses_nothing_new_keeps_the_digest_that_it_had(folder: Path) -> None:
    path = folder / "prod.yaml"
    path.write_text(KEPT_FILE, encoding="utf-8")
    policy = read_policy_file(path, None)

    assert (policy.body, policy.digest) == (KEPT, KEPT_DIGEST)


def test_a_policy_that_was_kept_before_is_read_as_it_was() -> None:
    policy = read_policy(KEPT)

    assert digest_of(KEPT) == policy.digest == KEPT_DIGEST
    assert policy.signers["release"].san_pattern == ""
    assert policy.require[0].params == SignatureParams(signers=("release",))


def test_samples_and_a_default_that_is_written_out_do_not_change_a_policys_digest(config: Directory) -> None:
    before = config.load().policies["prod"]
    san = "https://forge.acme.example/security/scanning/.github/workflows/scan.yml@refs/heads/main"
    config.replace("policies/prod.yaml", san, f"{san}\n    samples: {{good: [{{san: '{san}'}}]}}")
    config.replace("policies/prod.yaml", "- check: signature", "- check: signature\n    at_least: 1")
    after = config.load().policies["prod"]

    assert (after.digest, after.body, after) == (before.digest, before.body, before)


def test_a_pattern_and_a_number_of_signers_change_a_policys_digest_and_are_read_again(config: Directory) -> None:
    before = config.load().policies["prod"]
    config.replace("policies/prod.yaml", "san: https://forge", "san_pattern: https://forge")
    pattern = config.load().policies["prod"]
    config.replace("policies/prod.yaml", "signers: [release]", "signers: [release, scanning]\n    at_least: 2")
    both = config.load().policies["prod"]

    assert len({before.digest, pattern.digest, both.digest}) == 3
    assert (read_policy(both.body), read_policy(both.body).body) == (both, both.body)


def test_more_signers_than_are_named_cannot_be_demanded(config: Directory) -> None:
    config.replace("policies/prod.yaml", "- check: signature", "- check: signature\n    at_least: 2")

    assert config.problems() == (
        ("policies/prod.yaml:17: require[0].at_least: must be 1 to 1, the number of different signers that are named"),
    )


# --- keys and periods -------------------------------------------------------------------------------------------------


def pem(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey | dsa.DSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def keyed(text: str, more: str = "") -> str:
    """Write a signer with a key instead of an issuer."""
    lines = "".join(f"      {line}\n" for line in text.splitlines())
    return f"    key: |\n{lines}{more}"


def read_keyed(folder: Path, name: str) -> SignerRule:
    path = folder / "prod.yaml"
    path.write_text(SIGNER.replace("    issuer: https://token.example\n{name}\n", name), encoding="utf-8")
    policy = read_policy_file(path, None)
    assert read_policy(policy.body) == policy
    return policy.signers["release"]


def keyed_problems(folder: Path, name: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as told:
        read_keyed(folder, name)
    return tuple(problem.removeprefix(f"{folder}/") for problem in told.value.problems)


P256 = pem(ec.generate_private_key(ec.SECP256R1()).public_key())
FINGERPRINT = parse_public_key(P256).fingerprint


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()).public_key(),
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
        rsa.generate_private_key(65537, 2048).public_key(),
    ],
    ids=["P-256", "P-384", "Ed25519", "RSA 2048"],
)
def test_a_key_that_is_strong_enough_is_read_and_kept(
    folder: Path, key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
) -> None:
    rule = read_keyed(folder, keyed(pem(key)))

    assert rule == SignerRule(key=pem(key))
    assert rule.fingerprint == parse_public_key(pem(key)).fingerprint


@pytest.mark.parametrize(
    ("key", "what"),
    [
        (rsa.generate_private_key(65537, 1024).public_key(), "rsa, 1024 bits"),
        (ec.generate_private_key(ec.SECP521R1()).public_key(), "secp521r1, 521 bits"),
        (ec.generate_private_key(ec.SECP256K1()).public_key(), "secp256k1, 256 bits"),
        (ec.generate_private_key(ec.SECP192R1()).public_key(), "secp192r1, 192 bits"),
        (dsa.generate_private_key(1024).public_key(), "dsa, 1024 bits"),
    ],
    ids=["RSA 1024", "P-521", "secp256k1", "P-192", "DSA"],
)
def test_a_weak_key_is_refused_when_the_policy_is_read(
    folder: Path,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey | dsa.DSAPublicKey,
    what: str,
) -> None:
    (problem,) = keyed_problems(folder, keyed(pem(key)))

    assert problem.startswith(
        f"prod.yaml:3: signers.release.key: {parse_public_key(pem(key)).fingerprint}: a key of the kind {what}, is not "
        "accepted: take ECDSA on P-256 or P-384, Ed25519, or RSA of at least 2048 bits"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no key", "not one PEM block of a PUBLIC KEY"),
        (P256 + P256, "not one PEM block of a PUBLIC KEY"),
        (P256.replace("PUBLIC", "PRIVATE"), "a private key stands there: write the public one"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "is no public key that can be read"),
        ("-----BEGIN PUBLIC KEY-----\nAAA\n-----END PUBLIC KEY-----\n", "is not base64"),
    ],
)
def test_what_is_no_key_is_refused_when_the_policy_is_read(folder: Path, text: str, why: str) -> None:
    (problem,) = keyed_problems(folder, keyed(text))

    assert problem.startswith("prod.yaml:3: signers.release.key: ")
    assert why in problem


@pytest.mark.parametrize("encoding", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("place", ["key", "san", "not_before", "log", "samples"])
def test_no_part_of_a_private_key_stands_in_an_error(folder: Path, encoding: PrivateFormat, place: str) -> None:
    secret = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, encoding, NoEncryption()).decode()

    told = " ".join(keyed_problems(folder, keyed(secret).replace("key:", f"{place}:")))

    assert not any(part in told for part in (secret.splitlines()[1][start : start + 8] for start in range(40)))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("    san: a@b.example\n", "give exactly one of san, san_pattern and key"),
        ("    issuer: https://token.example\n", "a key names the signer: it has no issuer, san, san_pattern or claims"),
        ("    claims: {build_trigger: push}\n", "a key names the signer: it has no issuer, san, san_pattern or claims"),
        (
            "    samples: {bad: [{san: a@b.example}]}\n",
            "a key is compared with the key that signed: there is nothing to try on samples",
        ),
        (
            "    not_before: 2026-02-01T00:00:00Z\n    not_after: 2026-01-01T00:00:00Z\n",
            "not_after: is before not_before: no signature would ever count",
        ),
        (
            "    not_before: 2026-02-01T00:00:00Z\n    revoked_at: 2026-02-01T00:00:00Z\n",
            "revoked_at: is not after not_before: no signature would ever count",
        ),
    ],
)
def test_a_key_with_what_a_key_has_not_is_refused(folder: Path, more: str, told: str) -> None:
    (problem,) = keyed_problems(folder, keyed(P256, more))

    assert re.sub(r"^prod\.yaml:\d+: signers\.release(: |\.)", "", problem) == told


def test_an_identity_without_an_issuer_is_refused(folder: Path) -> None:
    (problem,) = keyed_problems(folder, "    san: a@b.example\n")

    assert problem.startswith("prod.yaml:2: signers.release: give the issuer of the certificate, too: ")


def test_a_time_without_a_zone_is_refused(folder: Path) -> None:
    (problem,) = keyed_problems(folder, keyed(P256, "    not_after: 2026-01-01T00:00:00\n"))

    assert problem.startswith("prod.yaml:8: signers.release.not_after: ")
    assert "has no time zone; write it like 2026-01-31T12:00:00Z" in problem


def test_what_is_no_time_is_told_with_an_example(folder: Path) -> None:
    (problem,) = keyed_problems(folder, keyed(P256, "    not_after: soon\n"))

    assert problem == (
        "prod.yaml:8: signers.release.not_after: is no time; write it like 2026-01-31T12:00:00Z (it is 'soon')"
    )


def test_period_revocation_and_log_are_read_and_kept(folder: Path) -> None:
    period = (
        "    log: optional\n    not_before: 2026-01-01T00:00:00Z\n    not_after: 2026-06-30T23:59:59Z\n"
        "    revoked_at: 2026-03-01T12:00:00+02:00\n"
    )

    assert read_keyed(folder, keyed(P256, period)) == SignerRule(
        key=P256,
        log=Logging.OPTIONAL,
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_after=datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC),
        revoked_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
    )


def test_one_key_under_two_names_does_not_count_as_two_signers(folder: Path) -> None:
    path = folder / "prod.yaml"
    twice = (
        f"signers:\n  old:\n{keyed(P256)}  new:\n{keyed(P256)}require:\n  - check: signature\n    signers: [old, new]\n"
    )
    path.write_text(twice, encoding="utf-8")
    assert read_policy_file(path, None).signers.keys() == {"old", "new"}

    path.write_text(f"{twice}    at_least: 2\n", encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        read_policy_file(path, None)

    assert told.value.problems == (
        f"{path}:16: require[0].signers: old and new are the same key, which counts once; name another signer",
    )
