"""No damage to signed material makes it good, or raises: every byte of what is signed, and any bytes in its place."""

import base64
import json
from dataclasses import replace
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.candidate import digest_of
from promoter.core.evidence import Attestation, Unusable
from promoter.local.authority.sealing import LogKind
from promoter.ports import Material
from tests.adapters.bundles import NOW
from tests.adapters.signed_pieces import (
    SIMPLE,
    STATED,
    certified,
    code_of,
    elsewhere,
    examine,
    in_bundle,
    in_layer,
    key_of,
    sealed,
)

KEY = key_of()


@cache
def honest() -> dict[str, Material]:
    """Give one good piece of every form."""
    return {
        "keyed bundle": in_bundle(sealed(STATED, KEY, LogKind.V1)),
        "keyless bundle": in_bundle(sealed(STATED, certified(), LogKind.V1)),
        "keyless bundle, stamped": in_bundle(sealed(STATED, certified(), LogKind.V2, stamps=(NOW,))),
        "keyed signature": in_layer(sealed(SIMPLE, KEY, LogKind.V1)),
        "keyless signature": in_layer(sealed(SIMPLE, certified(), LogKind.V1)),
        "keyed attestation": in_layer(sealed(STATED, KEY, LogKind.INTOTO_1)),
        "keyless attestation": in_layer(sealed(STATED, certified(), LogKind.INTOTO_2)),
    }


LAYERS = ("keyed signature", "keyless signature", "keyed attestation", "keyless attestation")
BUNDLES = ("keyed bundle", "keyless bundle", "keyless bundle, stamped")
SIGNED = (("dsseEnvelope", "payload"), ("dsseEnvelope", "signatures", 0, "sig"))
WITNESSED = (
    ("verificationMaterial", "tlogEntries", 0, "canonicalizedBody"),
    ("verificationMaterial", "tlogEntries", 0, "inclusionProof", "rootHash"),
)


def flipped(data: bytes, place: int, bit: int) -> bytes:
    at = place % len(data)
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def test_what_is_damaged_below_was_good() -> None:
    assert {name: code_of(material, KEY) for name, material in honest().items()} == dict.fromkeys(honest(), "good")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(BUNDLES), st.sampled_from(SIGNED + WITNESSED), st.integers(0, 1 << 20), st.integers(0, 7))
def test_one_bit_of_a_signed_part_of_a_bundle_is_enough(
    name: str, path: tuple[str | int, ...], place: int, bit: int
) -> None:
    document = json.loads(honest()[name].raw)
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = base64.b64encode(flipped(base64.b64decode(holder[path[-1]]), place, bit)).decode()

    assert isinstance(examine(replace(honest()[name], raw=json.dumps(document).encode()), KEY), Unusable)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(LAYERS), st.integers(0, 1 << 20), st.integers(0, 7))
def test_one_bit_of_a_layer_s_bytes_is_enough(name: str, place: int, bit: int) -> None:
    """Its descriptor is made to agree, as a registry that lies would do; some bits of base64 mean nothing."""
    material = honest()[name]
    payload = flipped(material.payload, place, bit)
    damaged = described(replace(material, payload=payload))

    assert isinstance(examine(damaged, KEY), Unusable) or meaning(payload) == meaning(material.payload)


def meaning(payload: bytes) -> object:
    """Give what an envelope says and what was signed, without the spelling; simple signing is nothing but its bytes."""
    document = json.loads(payload)
    if "signatures" not in document:
        return payload
    signatures = [base64.b64decode(one["sig"]) for one in document["signatures"]]
    return document["payloadType"], base64.b64decode(document["payload"]), signatures


def described(material: Material) -> Material:
    document = {**json.loads(material.raw), "digest": digest_of(material.payload)}
    return replace(material, raw=json.dumps(document).encode())


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(LAYERS + BUNDLES), st.booleans(), st.integers(0, 1 << 20), st.binary(max_size=4), st.integers(0, 4)
)
def test_no_edit_makes_a_piece_say_something_else(
    name: str, in_payload: bool, place: int, new: bytes, cut: int
) -> None:
    material = honest()[name]
    old = material.payload if in_payload and material.payload else material.raw
    at = place % len(old)
    edited = old[:at] + new + old[at + cut :]
    changed = described(replace(material, payload=edited)) if old is material.payload else replace(material, raw=edited)

    before, after = examine(material, KEY), examine(changed, KEY)

    assert isinstance(before, Attestation)
    if isinstance(after, Attestation):
        same = ("kind", "signer", "predicate_type", "predicate", "subjects")
        assert all(getattr(after, part) == getattr(before, part) for part in same)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(LAYERS + BUNDLES), st.sampled_from(LAYERS + BUNDLES))
def test_material_that_is_read_as_another_layout_s_is_refused_and_never_raises(name: str, other: str) -> None:
    material, layout = honest()[name], honest()[other].found.layout
    mixed = elsewhere(material, layout)

    result = examine(mixed, KEY)

    assert isinstance(result, Attestation) == (layout is material.found.layout)
