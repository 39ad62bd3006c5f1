"""The self-test tries the policies that services have and the verifier in use, and writes down what is new."""

import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.adapters.signatures_sigstore import SigstoreSignatures
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.config import Configuration, load
from promoter.core.canaries import DIGEST, Family, Fate
from promoter.core.evidence import Attestation, ContentKind, Found, Mechanism, Signer
from promoter.core.finding import Mode
from promoter.journal import Journal
from promoter.local.authority.instance import make_instance
from promoter.ports import Material, Signatures, TrustRoot
from promoter.selftest import Forgery, keep, try_rules
from tests.core.scenes import NOW
from tests.fakes.ledger import MemoryLedger

CONFIG = Path(__file__).parents[1] / "config"
"""The configuration of the demo, in which dev is lenient."""

PROVENANCE = {Family.OTHER_SOURCE, Family.OTHER_COMMIT, Family.OTHER_BUILDER}
SCANS = {Family.NO_SCAN, Family.OLD_SCAN, Family.VULNERABLE}
LENIENT = {"dev": PROVENANCE | SCANS | {Family.NO_SBOM}, "staging": PROVENANCE}
"""What each environment does not ask for."""


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return load(CONFIG, {})


@pytest.fixture(scope="module")
def signatures() -> SigstoreSignatures:
    root = make_instance(NOW).trusted_root("http://127.0.0.1")
    return SigstoreSignatures(Trust.from_bytes(root, "a root of the tests"))


class Gullible:
    """A verifier that believes everything."""

    def root(self) -> TrustRoot:
        return TrustRoot(DIGEST, b"")

    def examine(self, material: Material, *_: object) -> Attestation:
        found = Found(material.found.blob, DIGEST, 1)
        return Attestation(found, ContentKind.DSSE, Mechanism.KEYLESS_BUNDLE, Signer("x", "y"), NOW, None)


def lenient(configuration: Configuration) -> Configuration:
    """Let everything only warn but what the example demands of signatures, in prod."""
    prod = configuration.policies["prod"]
    lines = tuple(replace(line, mode=Mode.ENFORCE if line.check == "signature" else Mode.WARN) for line in prod.require)
    return replace(configuration, policies={**configuration.policies, "prod": replace(prod, require=lines)})


def test_the_example_configuration_refuses_every_canary_and_the_verifier_every_forgery(
    configuration: Configuration, signatures: Signatures
) -> None:
    result = try_rules(configuration, signatures, NOW)

    assert result.passed == ()
    assert {(one.forgery, one.fate) for one in result.examined} == {(one, Fate.REFUSED) for one in Forgery}
    assert {trial.environment for _, trial in result.trials} == {"dev", "staging", "prod"}
    told = {(trial.environment, trial.family) for _, trial in result.trials if trial.fate is Fate.NOT_DEMANDED}
    assert told == {(name, family) for name, families in LENIENT.items() for family in families}
    assert result.refused == len(result.trials) + 2 - len(told)


def test_what_was_signed_under_another_root_is_refused_for_its_certificate(signatures: Signatures) -> None:
    codes = {one.forgery: one.code for one in try_rules(load(CONFIG, {}), signatures, NOW).examined}

    assert codes[Forgery.OTHER_ROOT] == "bundle.certificate-untrusted"
    assert codes[Forgery.ALTERED].startswith(("bundle.", "statement."))


def test_a_verifier_that_believes_everything_is_an_alarm(configuration: Configuration) -> None:
    assert try_rules(configuration, Gullible(), NOW).passed == (
        "the verifier: signed under a root that is not ours",
        "the verifier: changed after it was signed",
    )


def test_what_a_policy_does_not_demand_is_told_and_no_alarm(
    configuration: Configuration, signatures: Signatures
) -> None:
    result = try_rules(lenient(configuration), signatures, NOW)
    fates = {trial.family: trial.fate for _, trial in result.trials if trial.environment == "prod"}

    assert result.passed == ()
    assert (fates[Family.NO_SBOM], fates[Family.STRANGER]) == (Fate.NOT_DEMANDED, Fate.REFUSED)


def test_it_is_written_down_once_until_it_says_something_else(
    configuration: Configuration, signatures: Signatures, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(MemoryLedger())
    good, bad = try_rules(configuration, signatures, NOW), try_rules(configuration, Gullible(), NOW)

    with caplog.at_level(logging.ERROR):
        for result in (good, good, bad, bad, good):
            keep(result, journal, NOW)

    kinds = [(entry.kind, len(entry.passed)) for _, entry in journal.entries() if entry.kind == "self-tested"]
    assert kinds == [("self-tested", 0), ("self-tested", 2), ("self-tested", 0)]
    assert len(caplog.messages) == 4
    assert caplog.messages[0] == (
        "self-test: a canary passes that must not: the verifier: signed under a root that is not ours; "
        "correct the policy"
    )


def test_the_command_prints_every_canary_and_ends_with_0(tmp_path: Path) -> None:
    root = tmp_path / "root.json"
    root.write_bytes(make_instance(NOW).trusted_root("http://127.0.0.1"))
    variables = {**os.environ, "PROMOTER_TRUSTED_ROOT": str(root), "PROMOTER_STATE": str(tmp_path / "state")}

    done = subprocess.run(
        [sys.executable, "-m", "promoter", "--config", str(CONFIG), "selftest"],
        capture_output=True,
        text=True,
        env=variables,
        timeout=60,
        check=False,
    )

    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "prod (as billing): a critical vulnerability that is exploited already and has a fix: refused by "
        in done.stdout
    )
    assert lines[-1] == f"{38 - sum(map(len, LENIENT.values()))} canaries refused, 0 passed"
    assert not (tmp_path / "state").exists()
