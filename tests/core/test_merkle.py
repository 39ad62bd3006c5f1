"""The Merkle tree against the definition of RFC 9162 §2.1, written out naively, and against known roots."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.merkle import (
    Frontier,
    frontier_of,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)

KNOWN_ENTRIES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
KNOWN_ROOTS = (  # of the first 0, 1, ... 8 entries above: the values that implementations of RFC 6962 are tested with
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = tuple(leaf_hash(bytes([number])) for number in range(70))
TREES = tuple((size, frontier_of(LEAVES[:size]).root) for size in range(len(LEAVES) + 1))

sizes = st.integers(min_value=1, max_value=len(LEAVES))


def naive_root(entries: tuple[bytes, ...]) -> bytes:
    """MTH of RFC 9162 §2.1.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(entries[:split]) + naive_root(entries[split:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_known_entries_have_their_known_roots(size: int) -> None:
    entries = [bytes.fromhex(entry) for entry in KNOWN_ENTRIES[:size]]

    assert frontier_of(map(leaf_hash, entries)).root.hex() == KNOWN_ROOTS[size]


@given(st.lists(st.binary(max_size=8), max_size=80))
def test_the_root_is_the_one_of_the_definition(entries: list[bytes]) -> None:
    tree = frontier_of(map(leaf_hash, entries))

    assert tree.root == naive_root(tuple(entries))
    assert tree.size == len(entries)
    assert Frontier(tree.size, tree.edge) == tree


@pytest.mark.parametrize(("size", "edge"), [(1, ()), (0, (bytes(32),)), (3, (bytes(32),)), (1, (bytes(31),)), (-1, ())])
def test_a_right_edge_that_does_not_fit_its_size_is_refused(size: int, edge: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="right edge"):
        Frontier(size, edge)


def test_an_inner_node_is_no_leaf() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")

    assert leaf_hash(left + right) != node_hash(left, right)


@given(sizes, st.data())
def test_every_entry_is_proven_in_its_place_and_in_no_other(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size))
    proof = prove_inclusion(LEAVES[:size], index)

    assert verify_inclusion(LEAVES[index], index, TREES[size], proof)
    assert verify_inclusion(LEAVES[index], other, TREES[size], proof) == (other == index)
    assert not verify_inclusion(leaf_hash(b"another"), index, TREES[size], proof)


@given(sizes, st.data())
def test_every_log_is_proven_to_continue_each_of_its_pasts(size: int, data: st.DataObject) -> None:
    older = data.draw(st.integers(0, size))
    proof = prove_consistency(LEAVES[:size], older)

    assert verify_consistency(TREES[older], TREES[size], proof)
    forked = (older, leaf_hash(b"another past"))
    assert not verify_consistency(forked, TREES[size], proof)
    assert not verify_consistency(TREES[older], (size, leaf_hash(b"another present")), proof) or older == 0


@given(sizes, st.data())
def test_a_proof_that_is_changed_in_any_way_proves_nothing(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    inclusion = prove_inclusion(LEAVES[:size], index)
    consistency = prove_consistency(LEAVES[:size], index + 1)
    for damaged in _damaged(inclusion, data):
        assert not verify_inclusion(LEAVES[index], index, TREES[size], damaged)
    for damaged in _damaged(consistency, data):
        assert not verify_consistency(TREES[index + 1], TREES[size], damaged)


def _damaged(proof: tuple[bytes, ...], data: st.DataObject) -> tuple[tuple[bytes, ...], ...]:
    longer = (*proof, bytes(32))
    if not proof:
        return (longer,)
    at = data.draw(st.integers(0, len(proof) - 1))
    return longer, proof[:at] + proof[at + 1 :], (*proof[:at], leaf_hash(proof[at]), *proof[at + 1 :])


def test_what_is_not_in_the_log_cannot_be_proven() -> None:
    for index in (-1, 3):
        with pytest.raises(ValueError, match=f"there is no entry {index} in a log of 3"):
            prove_inclusion(LEAVES[:3], index)
    with pytest.raises(ValueError, match="a log of 3 entries does not continue one of 4"):
        prove_consistency(LEAVES[:3], 4)


def test_a_shorter_log_does_not_continue_a_longer_one() -> None:
    assert not verify_consistency(TREES[4], TREES[3], ())
    assert not verify_consistency(TREES[4], TREES[3], prove_consistency(LEAVES[:4], 3))
    assert not verify_consistency((0, bytes(32)), TREES[3], ())
