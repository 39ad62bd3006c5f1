"""Whatever we accept, sigstore-python's own verifier accepts too and says the same, as far as it reads the form.

Both verify honest pieces of every form, every lie and every change that the other tests know; changes of any parts are
made in test_signatures_agreement_changes. How many pieces both accepted is asserted: no test can be about nothing.
"""

import base64
import inspect
import json
from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from functools import cache

import pytest

from promoter.core.evidence import Layout
from promoter.local import lies
from promoter.local.authority.bundles import bundle_material
from promoter.local.authority.contents import Envelope
from promoter.local.authority.sealing import LogKind, Sealed
from promoter.ports import Material
from tests.adapters.bundles import (
    MANIFEST,
    MINUTE,
    NOW,
    OTHER,
    V1,
    V2,
    V3,
    V3_ALT,
    Document,
    Recipe,
    b64,
    forge,
    statement,
)
from tests.adapters.second_verifier import Opinions, compare
from tests.adapters.signed_pieces import BARE, STATED, certified, in_bundle, sealed
from tests.adapters.test_signatures_damage import SIGNED, WITNESSED, flipped, honest
from tests.adapters.test_signatures_log import LOG_CASES, PROMISED_CASES
from tests.adapters.test_signatures_matrix import PLACES, put
from tests.adapters.test_signatures_times import TIMESTAMP_CASES

VERSIONS = ((V1, 1), (V2, 1), (V2, 2), (V3_ALT, 1), (V3_ALT, 2), (V3, 1), (V3, 2))
CHANGES = {name: change for name, change, _ in (*LOG_CASES, *PROMISED_CASES, *TIMESTAMP_CASES)}


@cache
def documents() -> tuple[Document, ...]:
    """Give an honest bundle of every version with every log, for both kinds of content, and with two timestamps."""
    later = (NOW, NOW + MINUTE)
    recipes = [
        Recipe(payload, media_type=version, rekor=rekor, stamped=stamped)
        for payload in (None, statement())
        for version, rekor in VERSIONS
        for stamped in ((NOW,), later)
    ]
    return tuple(forge(recipe) for recipe in (*recipes, Recipe(rekor=1), Recipe(statement(), rekor=1)))


def piece(document: Document) -> Material:
    return bundle_material(json.dumps(document).encode(), MANIFEST)


def test_both_accept_a_bundle_of_every_version() -> None:
    assert Counter(compare(piece(document)) for document in documents()) == {Opinions.AGREED: 30}


def test_both_accept_the_matrix_as_far_as_sigstore_s_verifier_reads_it() -> None:
    told = {
        (name, log.name if log else "no log"): compare(put(place, certified(), log, stamped=log in {None, LogKind.V2}))
        for name, place in PLACES.items()
        for log in (None, *place.logs)
    }

    agreed = {where for where, opinion in told.items() if opinion is Opinions.AGREED}
    assert agreed == {
        (name, log)
        for name, place in PLACES.items()
        for log in ("V1", "V2")
        if place.layout in {Layout.BUNDLE, Layout.FORGE_STORE}
    }
    assert set(told.values()) == {Opinions.AGREED, Opinions.ALONE}


def agree_on_known_changes(of: tuple[Document, ...]) -> Counter[Opinions]:
    told = Counter[Opinions]()
    for document in of:
        for change in CHANGES.values():
            changed = deepcopy(document)
            try:
                change(changed)
            except (KeyError, IndexError):
                continue  # there is no such part in this one
            told[compare(piece(changed))] += 1
    return told


def test_no_change_of_another_test_makes_a_bundle_that_only_we_accept() -> None:
    told = agree_on_known_changes(documents()[-2:])

    assert told[Opinions.REFUSED] > 50
    assert told[Opinions.AGREED] >= 1  # a change of what is there for nothing


@pytest.mark.slow
def test_no_change_of_another_test_makes_a_bundle_of_any_version_that_only_we_accept() -> None:
    told = agree_on_known_changes(documents())

    assert told[Opinions.REFUSED] > 800
    assert told[Opinions.AGREED] > 25


# --- lies -------------------------------------------------------------------------------------------------------------


def sealed_lies(log: LogKind) -> dict[str, lies.SealedChange]:
    """Give every lie that is told after signing, by the name of its function."""
    other = sealed(STATED, certified(), log, stamps=(NOW + MINUTE,))
    return {
        "flip_signature": lies.flip_signature,
        "sign_twice": lies.sign_twice,
        "unsign": lies.unsign,
        "withhold_certificate": lies.withhold_certificate,
        "withhold_entries": lies.withhold_entries,
        "withhold_stamps": lies.withhold_stamps,
        "stamp_often": lies.stamp_often(2),
        "repeat_entries": lies.repeat_entries(2),
        "staple": lies.staple(other),
        "stamp_as": lies.stamp_as(other),
        "claim": lies.claim(Envelope(statement(predicate={"made": "otherwise"}))),
        "in_entries": lies.in_entries(log_id=b"?" * 32),
        "each_entry": lies.each_entry(lambda entry: replace(entry, kind="dsse")),
        "postpone": lies.postpone(60),
        "flip_promise": lies.flip_promise,
        "edit_body": lies.edit_body(b"0.0.", b"0.1."),
    }


CONTENT_LIES: dict[str, lies.ContentChange] = {
    "in_payload": lies.in_payload("predicate", to={"made": "otherwise"}),
    "not_in_payload": lies.not_in_payload("predicate"),
    "rewritten": lies.rewritten(lambda document: document.update(more=1)),
    "about": lies.in_payload("subject", to=[{"digest": {"sha256": OTHER.removeprefix("sha256:")}}]),
    "about_both": lies.rewritten(lambda document: document.update(Subject=document["subject"])),
    "in_repository": lies.rewritten(lambda document: document["subject"][0].update(name="elsewhere")),
    "repeated": lies.repeated("predicateType", '"another"'),
    "payload_type": lies.payload_type("application/json"),
}
TOOLS = {"flipped", "payload_of", "with_payload"}


def test_every_lie_is_told_below() -> None:
    """Those about simple signing payloads, which no bundle holds, are told in the words of a statement."""
    named = {name for name, each in inspect.getmembers(lies, inspect.isfunction) if each.__module__ == lies.__name__}

    assert named - TOOLS == set(sealed_lies(LogKind.V1)) | set(CONTENT_LIES)


LOGS = pytest.mark.parametrize("log", [LogKind.V1, LogKind.V2], ids=lambda log: log.name)


def agree_on_lies(log: LogKind, firsts: Iterable[lies.SealedChange]) -> Counter[Opinions]:
    """Tell every lie about the content, then the first one after signing, then every one."""
    told = Counter[Opinions]()
    contents = (STATED, BARE, *(change(STATED) for change in CONTENT_LIES.values()))
    made = [first(sealed(each, certified(), log, stamps=(NOW,))) for each in contents for first in firsts]
    for change in (unchanged, *sealed_lies(log).values()):
        lied = (change(each) for each in made)
        told.update(compare(in_bundle(each)) for each in lied if each.signatures or each.content != BARE)
    return told


def unchanged(sealed: Sealed) -> Sealed:
    return sealed


@LOGS
def test_sigstore_s_verifier_accepts_what_we_accept_of_every_lie(log: LogKind) -> None:
    told = agree_on_lies(log, [unchanged])

    assert told[Opinions.REFUSED] > 120
    assert told[Opinions.AGREED] >= 10  # those that say something else about the same image, signed as it stands
    assert told[Opinions.ALONE] >= 5  # those without their entries


@pytest.mark.slow
@LOGS
def test_sigstore_s_verifier_accepts_what_we_accept_of_every_two_lies(log: LogKind) -> None:
    told = agree_on_lies(log, list(sealed_lies(log).values()))

    assert told[Opinions.REFUSED] > 2000
    assert told[Opinions.AGREED] > 40
    assert told[Opinions.ALONE] > 40


# --- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["keyless bundle", "keyless bundle, stamped"])
def test_one_bit_in_any_byte_of_a_signed_part_is_refused(name: str) -> None:
    told = Counter[Opinions]()
    for path in SIGNED + WITNESSED:
        for place in range(0, 2000, 23):
            document = json.loads(honest()[name].raw)
            holder = document
            for step in path[:-1]:
                holder = holder[step]
            raw = base64.b64decode(holder[path[-1]])
            if place < len(raw):
                holder[path[-1]] = b64(flipped(raw, place, place % 8))
                told[compare(piece(document))] += 1

    assert set(told) == {Opinions.REFUSED}
    assert told.total() > 40
