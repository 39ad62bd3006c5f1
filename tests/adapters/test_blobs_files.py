"""Blobs in files: the contract, and what files add to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.adapters.blobs_files import BLOB_LIMIT, FileBlobs
from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.ports import Blobs, OutsideError
from tests.adapters.blobs_contract import BlobsContract

DATA = b"evidence"
DIGEST = digest_of(DATA)


def place(root: Path) -> Path:
    figures = DIGEST.removeprefix("sha256:")
    return root / "sha256" / figures[:2] / figures[2:]


class TestFileBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> Iterator[Blobs]:
        yield FileBlobs(tmp_path / "blobs")


class TestScratchBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> Iterator[Blobs]:
        yield FileBlobs(tmp_path / "blobs", durable=False)


def test_a_blob_is_a_file_of_exactly_its_bytes_under_its_digest(tmp_path: Path) -> None:
    FileBlobs(tmp_path).put(DATA)

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [place(tmp_path)]
    assert place(tmp_path).read_bytes() == DATA


def test_another_process_on_the_same_folder_sees_the_blobs(tmp_path: Path) -> None:
    FileBlobs(tmp_path).put(DATA)

    assert FileBlobs(tmp_path).get(DIGEST) == DATA


@pytest.mark.parametrize("damaged", [b"", b"evidencf", b"evidence ", b"evidenc"])
def test_a_damaged_file_is_never_handed_out_and_is_named(tmp_path: Path, damaged: bytes) -> None:
    blobs = FileBlobs(tmp_path)
    blobs.put(DATA)
    place(tmp_path).write_bytes(damaged)

    with pytest.raises(OutsideError) as raised:
        blobs.get(DIGEST)

    assert raised.value.code is Code.OUTSIDE_DIGEST_MISMATCH
    assert raised.value.detail == (
        f"blob {DIGEST}: the stored bytes have another digest: restore the file, or fetch the evidence again"
    )


def test_putting_a_damaged_blob_again_heals_it(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    blobs.put(DATA)
    place(tmp_path).write_bytes(b"")

    blobs.put(DATA)

    assert blobs.get(DIGEST) == DATA


def test_a_blob_over_the_limit_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutsideError) as raised:
        FileBlobs(tmp_path).put(bytes(BLOB_LIMIT + 1))

    assert raised.value.code is Code.OUTSIDE_TOO_LARGE
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_link_in_place_of_a_blob_is_not_followed(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    blobs.put(DATA)
    (tmp_path / "elsewhere").write_bytes(DATA)
    place(tmp_path / "blobs").unlink()
    place(tmp_path / "blobs").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OutsideError) as raised:
        blobs.get(DIGEST)

    assert raised.value.code is Code.OUTSIDE_UNREACHABLE


def test_drafts_of_a_crash_and_foreign_files_are_not_listed(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    blobs.put(DATA)
    (tmp_path / "incoming" / "draft").write_bytes(b"half")
    (place(tmp_path).parent / "README").write_bytes(b"")
    (tmp_path / "sha256" / "README").write_bytes(b"")

    assert list(blobs.digests()) == [DIGEST]


def test_a_store_that_cannot_be_written_is_an_outside_error(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    (tmp_path / "incoming").rmdir()
    (tmp_path / "incoming").write_bytes(b"")

    with pytest.raises(OutsideError, match=f"outside.unreachable: blob {DIGEST}: Not a directory"):
        blobs.put(DATA)


def test_a_file_in_place_of_the_folder_is_an_outside_error(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_bytes(b"")

    with pytest.raises(OutsideError, match=r"outside\.unreachable: blob store .*: Not a directory"):
        FileBlobs(tmp_path / "blobs")
