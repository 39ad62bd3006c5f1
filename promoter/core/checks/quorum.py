"""How many different signers stand behind a demand: k of n rules, each met by a signer of its own.

Rule 1: a signer is issuer and subject alternative name; however often it signed and however many rules it meets, it
counts once. So does one workflow with other claims: who can run it once can run it twice.
Rule 2: signers are given to rules so that as many rules as possible are met; their order does not matter.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from promoter.core.checks.subject import Subject
from promoter.core.evidence import Attestation

_SignerKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Vote:
    """A rule and the evidence that meets it, by a signer that meets no other rule here."""

    rule: str
    attestation: Attestation


def count_votes(
    subject: Subject, rules: tuple[str, ...], attestations: tuple[Attestation, ...], enough: int
) -> tuple[Vote, ...]:
    """Give as many votes as there can be, at most `enough`; of a signer's attestations the first that fits counts."""
    count = _Count(subject, rules, attestations)
    for signer in dict.fromkeys(_signer_key(item) for item in attestations):
        if len(count.met) < enough:
            count.place(signer, set())
    return tuple(Vote(rule, count.met[rule]) for rule in count.rules if rule in count.met)


class _Count:
    """Maximum matching of signers and rules by augmenting paths; at most as deep as there are rules."""

    def __init__(self, subject: Subject, rules: tuple[str, ...], attestations: tuple[Attestation, ...]) -> None:
        self.subject = subject
        self.rules = tuple(dict.fromkeys(rules))
        self.attestations = attestations
        self.met: dict[str, Attestation] = {}

    def place(self, signer: _SignerKey, tried: set[str]) -> bool:
        """Give the signer a rule; one who has it is moved to another one, if there is one."""
        for rule, item in self._fitting(signer):
            if rule not in tried:
                tried.add(rule)
                if rule not in self.met or self.place(_signer_key(self.met[rule]), tried):
                    self.met[rule] = item
                    return True
        return False

    def _fitting(self, signer: _SignerKey) -> Iterator[tuple[str, Attestation]]:
        for rule in self.rules:
            for item in self.attestations:
                if _signer_key(item) == signer and self.subject.accepts(item, (rule,)):
                    yield rule, item
                    break


def _signer_key(item: Attestation) -> _SignerKey:
    return item.signer.issuer, item.signer.san
