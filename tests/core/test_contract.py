"""Contracts say everything that a policy demands, in words: nothing that a line holds is passed over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import pytest
from pydantic import TypeAdapter

from promoter.config_policies import seal
from promoter.core.checks import CHECKS
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.contract import contract_of
from promoter.core.contract_words import WORDS, describe, either, said, together
from promoter.core.environment import Environment, MergeMode, ProposeMode
from promoter.core.finding import Mode
from promoter.core.identity import Logging, SignerRule
from promoter.core.policy import Requirement
from promoter.core.trust_root import duration
from tests.core.scenes import SERVICE
from tests.vectors.test_vectors import VECTORS

WITHS = [
    pytest.param(vector["check"], case["with"], id=f"{vector['check']}: {case['case']}")
    for vector in VECTORS
    for case in vector["cases"]
]


def leaves(value: Any) -> Iterator[str]:
    match value:
        case None | bool() | "":
            return
        case Enum():
            yield str(value.value)
        case timedelta():
            yield duration(value)
        case tuple():
            for item in value:
                yield from leaves(item)
        case Mapping():
            for key, item in value.items():
                yield from (*leaves(key), *leaves(item))
        case _ if is_dataclass(value):
            for one in fields(value):
                if getattr(value, one.name) != one.default:
                    yield from leaves(getattr(value, one.name))
        case _:
            yield str(value)


@pytest.mark.parametrize(("check", "written"), WITHS)
def test_the_words_of_a_line_hold_everything_that_it_demands(check: str, written: dict[str, Any]) -> None:
    params = TypeAdapter(CHECKS[check].params).validate_python(written)
    words = describe(params)
    assert words
    assert [leaf for leaf in leaves(params) if leaf not in " ".join(words)] == []
    assert all(word == word.strip() and "\n" not in word for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strange:
    """Parameters of a check that has no sentences of its own."""

    max_count: int = 0
    names: tuple[str, ...] = ()
    is_loud: bool = False


def test_what_has_no_sentences_is_told_key_by_key() -> None:
    assert describe(Strange(names=("a", "b"), is_loud=True)) == ("max count: 0", "names: a and b", "is loud: true")


def test_sentences_name_only_fields_that_there_are() -> None:
    for kind, words in WORDS.items():
        assert set(words.told.split()) <= {one.name for one in fields(kind)}, kind


def test_words_are_joined_as_people_join_them() -> None:
    assert (either(["a"]), either(["a", "b", "c"]), together(["a", "b"])) == ("a", "a, b or c", "a and b")
    assert (said(timedelta(days=7)), said(Mode.WARN), said(())) == ("7d", "warn", "none")


SIGNED = Requirement(check="signature", params=SignatureParams(signers=("release",)))
LISTED = Requirement(
    check="sbom",
    params=SbomParams(signers=("release",)),
    name="ours",
    deadline=timedelta(hours=1),
    effective_on=datetime(2027, 1, 1, tzinfo=UTC),
)
RULES = {
    "release": SignerRule(issuer="https://issuer.example", san="{source}/release.yml@refs/tags/{tag}"),
    "nobody": SignerRule(issuer="https://issuer.example", san="nobody@acme.example", log=Logging.OPTIONAL),
}
PROD = Environment(
    name="prod",
    after=("staging",),
    either=(("east", "west"),),
    soak=timedelta(hours=1),
    approvals=2,
    merge=MergeMode.AUTOMATIC,
    propose=ProposeMode.MANUAL,
    at_once=3,
)


def test_a_contract_says_who_signs_what_counts_from_when_and_who_lets_it_in() -> None:
    agreed = contract_of(SERVICE, PROD, seal("prod", RULES, (SIGNED, LISTED, replace(SIGNED, name="x", mode=Mode.OFF))))
    told = {clause.title: (clause.terms, clause.demands) for clause in agreed.clauses}
    assert list(told) == [
        "digest", "source", "evidence", "signer release", "signature: signed by an accepted identity",
        "sbom (ours): SBOM present and readable", "signature (x): signed by an accepted identity", "admission",
    ]  # fmt: skip
    assert told["signer release"][1] == (
        (
            f"signs as {SERVICE.source}/release.yml@refs/tags/v{{release}}, "
            "as a certificate by https://issuer.example says"
        ),
        "its signatures stand in a transparency log",
    )
    assert told["sbom (ours): SBOM present and readable"] == (
        (
            "enforced from 2027-01-01 00:00:00Z on, shown only until then",
            "may be missing for 1h after the release was found",
        ),
        ("an SBOM as cyclonedx or spdx is attested by release",),
    )
    assert told["signature (x): signed by an accepted identity"][0] == ("off",)
    assert told["admission"][1] == (
        "the release has settled in staging",
        "the release has settled in east or west",
        "2 approving reviews of exactly the proposed commit, by others than its authors",
        "the proposal's commit pins exactly this digest and changes nothing else",
        "a person asks for the release by name: nothing is proposed by itself",
        "at most 3 services are on their way here at the same time",
        "the bot merges the proposal once all of this holds",
        "it counts as settled here after 1h",
    )
