"""Tries the rules of a policy's signers on the samples that stand beside them: a rule that matches nobody is no rule.

Samples decide nothing about releases and are no part of the policy as it is kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields

from promoter.config_errors import name_key
from promoter.config_signers import SampleFile, SignerFile
from promoter.core.evidence import Signer, SignerClaims
from promoter.core.identity import Placeholders, SignerRule, differing_claims, matches, names
from promoter.strict_yaml import Document, Location


def failing_samples(document: Document, signers: Mapping[str, SignerFile]) -> Iterator[str]:
    """Find good samples that a rule refuses and bad ones that it accepts, and placeholders that stand for nothing."""
    for name, signer in signers.items():
        at: Location = ("signers", name, "samples")
        if not signer.samples.good and not signer.samples.bad:
            continue
        missing = tuple(_unfilled(signer))
        for word in missing:
            yield f"{_place(document, at)}.{word} is missing: the rule holds {{{word}}}"
        if not missing:
            yield from _failing(document, at, signer)


def _failing(document: Document, at: Location, signer: SignerFile) -> Iterator[str]:
    samples, rule = signer.samples, signer.rule
    filled = Placeholders(source=samples.source, tag=samples.tag, release=samples.release)
    for index, sample in enumerate(samples.good):
        made = _signer(sample, rule, filled)
        if not matches(rule, made, filled):
            place = _place(document, (*at, "good", index))
            yield f"{place}: the rule refuses this good sample, by its {_difference(rule, made, filled)}: {made.san!r}"
    for index, sample in enumerate(samples.bad):
        made = _signer(sample, rule, filled)
        if matches(rule, made, filled):
            place = _place(document, (*at, "bad", index))
            yield f"{place}: the rule accepts this bad sample; make the rule narrower: {made.san!r}"


def _place(document: Document, at: Location) -> str:
    return f"{document.at(at)}: {name_key(at)}"


def _unfilled(signer: SignerFile) -> Iterator[str]:
    claims = (getattr(signer.claims, one.name) for one in fields(SignerClaims))
    texts = (signer.issuer, signer.san, signer.san_pattern or "", *claims)
    for word in ("source", "tag", "release"):
        if not getattr(signer.samples, word) and any(f"{{{word}}}" in text for text in texts):
            yield word


def _signer(sample: SampleFile, rule: SignerRule, filled: Placeholders) -> Signer:
    claims = {
        one.name: getattr(sample.claims, one.name) or filled.fill(getattr(rule.claims, one.name))
        for one in fields(SignerClaims)
    }
    return Signer(sample.san, sample.issuer or filled.fill(rule.issuer), SignerClaims(**claims))


def _difference(rule: SignerRule, made: Signer, filled: Placeholders) -> str:
    """Name the keys in which the sample is otherwise than the rule."""
    if names(rule, made, filled):
        return ", ".join(f"claims.{claim}" for claim in differing_claims(rule, made, filled))
    return "san" if made.issuer == filled.fill(rule.issuer) else "issuer"
