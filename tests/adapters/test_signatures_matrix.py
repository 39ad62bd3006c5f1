"""Every layout with every kind of key and every kind of log: what can be made is accepted, with its facts.

And what is taken away is missed: without its log entry the evidence says that there is none, without any witness of the
time there is no time, and a rule that demands either refuses it (`core.identity.objections`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from promoter.core.evidence import Attestation, Layout, Mechanism, Signer
from promoter.core.identity import Logging, Objection, SignerRule, objections
from promoter.local.authority.contents import Content
from promoter.local.authority.keys import KeyKind, SigningKey
from promoter.local.authority.sealing import Credential, LogKind
from promoter.ports import Material
from tests.adapters.bundles import NOW, SIGNER
from tests.adapters.signed_pieces import (
    BARE,
    KINDS,
    SIMPLE,
    STATED,
    Kind,
    certified,
    elsewhere,
    good,
    in_bundle,
    in_layer,
    key_of,
    public,
    sealed,
)


@dataclass(frozen=True)
class Place:
    """A layout with the content that it may hold, and the logs that signers use for that."""

    layout: Layout
    content: Content
    logs: tuple[LogKind, ...]


PLACES = {
    "a statement in a bundle": Place(Layout.BUNDLE, STATED, (LogKind.V1, LogKind.V2, LogKind.INTOTO_2)),
    "a statement in the forge's store": Place(Layout.FORGE_STORE, STATED, (LogKind.V1, LogKind.V2)),
    "the image's digest in a bundle": Place(Layout.BUNDLE, BARE, (LogKind.V1, LogKind.V2)),
    "a signature under cosign's tag": Place(Layout.COSIGN_TAG, SIMPLE, (LogKind.V1,)),
    "a signature in cosign's referrer": Place(Layout.COSIGN_REFERRER, SIMPLE, (LogKind.V1,)),
    "an attestation under cosign's tag": Place(
        Layout.COSIGN_TAG, STATED, (LogKind.V1, LogKind.INTOTO_1, LogKind.INTOTO_2)
    ),
}
_BY_HASH = {LogKind.V2}  # a hashedrekord, of which no log takes Ed25519


def put(place: Place, by: SigningKey | Credential, log: LogKind | None, stamped: bool) -> Material:
    made = sealed(place.content, by, *([log] if log else []), stamps=(NOW,) if stamped else ())
    is_bundle = place.layout in {Layout.BUNDLE, Layout.FORGE_STORE}
    return elsewhere(in_bundle(made) if is_bundle else in_layer(made), place.layout)


def is_made(place: Place, kind: Kind, log: LogKind | None) -> bool:
    """Tell whether a signer can make it: only bytes can be signed with Ed25519, only a SHA-256 names an image."""
    if place.content == BARE and (kind.kind is KeyKind.ED25519 or kind.hash.value != "sha256"):
        return False
    is_hashed = log in _BY_HASH or (log is not None and place.content == SIMPLE)
    return not (kind.kind is KeyKind.ED25519 and is_hashed)


KEYED = [
    pytest.param(place, kind, log, id=f"{name}, {kind.name}, {log.name if log else 'no log'}")
    for name, place in PLACES.items()
    for kind in KINDS
    for log in (None, *place.logs)
    if is_made(place, kind, log)
]
KEYLESS = [
    pytest.param(place, log, id=f"{name}, {log.name if log else 'no log'}")
    for name, place in PLACES.items()
    for log in (None, *place.logs)
]


def objected(item: Attestation, **rule: object) -> tuple[Objection, ...]:
    return objections(SignerRule(**{"issuer": "https://issuer.example", "san": "x", **rule}), item)  # type: ignore[arg-type]


@pytest.mark.parametrize(("place", "kind", "log"), KEYED)
def test_a_signature_by_a_key_is_accepted_in(place: Place, kind: Kind, log: LogKind | None) -> None:
    key = key_of(kind)
    has_time = log not in {None, LogKind.V2}

    read = good(put(place, key, log, stamped=False), key)

    assert read.signer == Signer("", "", key=public(key).fingerprint)
    keyed_bundle = place.layout in {Layout.BUNDLE, Layout.FORGE_STORE}
    assert read.mechanism is (Mechanism.KEYED_BUNDLE if keyed_bundle else Mechanism.KEYED_COSIGN)
    assert read.signed_at == (NOW if has_time else None)
    assert bool(read.log) == bool(log)
    assert (Objection.NOT_LOGGED in objected(read)) == (log is None)
    end = datetime(2030, 1, 1, tzinfo=UTC)
    assert (Objection.TIME_UNKNOWN in objected(read, log=Logging.OPTIONAL, not_after=end)) == (not has_time)


@pytest.mark.parametrize(("place", "log"), KEYLESS)
def test_a_keyless_signature_is_accepted_in(place: Place, log: LogKind | None) -> None:
    read = good(put(place, certified(), log, stamped=log in {None, LogKind.V2}))

    assert (read.signer, read.signed_at) == (SIGNER, NOW)
    assert (Objection.NOT_LOGGED in objected(read)) == (log is None)
    keyless_bundle = place.layout in {Layout.BUNDLE, Layout.FORGE_STORE}
    assert read.mechanism is (Mechanism.KEYLESS_BUNDLE if keyless_bundle else Mechanism.KEYLESS_COSIGN)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_timestamp_gives_a_key_s_signature_its_time(kind: Kind) -> None:
    key = key_of(kind)
    for name in ("a statement in a bundle", "a signature under cosign's tag", "an attestation under cosign's tag"):
        assert good(put(PLACES[name], key, None, stamped=True), key).signed_at == NOW
