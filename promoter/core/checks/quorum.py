"""How many different signers stand behind a demand: k of n rules, each met by a signer of its own.

Rule 1: a signer is issuer and subject alternative name, or a key; however often it signed and however many rules it
meets, it counts once. So does one workflow with other claims: who can run it once can run it twice.
Rule 2: signers are given to rules so that as many rules as possible are met; their order does not matter.
"""

from dataclasses import dataclass

from promoter.core.checks.matching import pair_off
from promoter.core.checks.subject import Subject
from promoter.core.evidence import Attestation, SignerKey


@dataclass(frozen=True, slots=True)
class Vote:
    """A rule and the evidence that meets it, by a signer that meets no other rule here."""

    rule: str
    attestation: Attestation


def count_votes(
    subject: Subject, rules: tuple[str, ...], attestations: tuple[Attestation, ...], enough: int
) -> tuple[Vote, ...]:
    """Give as many votes as there can be, at most `enough`; of a signer's attestations the first that fits counts."""
    distinct = tuple(dict.fromkeys(rules))
    fitting: dict[tuple[SignerKey, str], Attestation] = {}
    for item in attestations:
        for rule in distinct:
            if subject.accepts(item, (rule,)):
                fitting.setdefault((item.signer.identity, rule), item)
    pairs = pair_off(fitting, enough)
    return tuple(Vote(rule, fitting[pairs[rule], rule]) for rule in distinct if rule in pairs)
