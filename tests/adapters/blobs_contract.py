"""What every `ports.Blobs` does. A suite derives from `BlobsContract` and gives the fixture `blobs`, empty."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from promoter.core.candidate import Digest, digest_of
from promoter.ports import Blobs


class BlobsContract:
    """The suite."""

    @pytest.fixture
    def blobs(self) -> Iterator[Blobs]:
        raise NotImplementedError("a suite gives its blobs")

    @pytest.mark.parametrize("data", [b"", b"a", b"\x00\r\n\xff" * 100_000])
    def test_a_blob_comes_back_byte_for_byte(self, blobs: Blobs, data: bytes) -> None:
        digest = blobs.put(data)

        assert digest == digest_of(data)
        assert blobs.get(digest) == data

    def test_a_blob_that_was_never_put_is_none(self, blobs: Blobs) -> None:
        blobs.put(b"one")

        assert blobs.get(digest_of(b"other")) is None

    def test_putting_twice_keeps_one(self, blobs: Blobs) -> None:
        assert blobs.put(b"same") == blobs.put(b"same")
        assert list(blobs.digests()) == [digest_of(b"same")]

    def test_every_digest_is_listed_once_in_order(self, blobs: Blobs) -> None:
        put = {blobs.put(bytes([number])) for number in range(50)}

        assert list(blobs.digests()) == sorted(put)

    @pytest.mark.parametrize("text", ["", "sha256:../../../etc/passwd", "sha256:" + "A" * 64, "sha512:" + "a" * 64])
    def test_what_is_no_digest_is_not_looked_for(self, blobs: Blobs, text: str) -> None:
        with pytest.raises(ValueError, match="not a sha256 digest"):
            blobs.get(Digest(text))

    def test_threads_that_put_the_same_blobs_do_not_disturb_each_other(self, blobs: Blobs) -> None:
        wanted = [bytes([number]) * 1000 for number in range(20)] * 4
        with ThreadPoolExecutor(4) as threads:
            digests = list(threads.map(blobs.put, wanted))

        assert [blobs.get(digest) for digest in digests] == wanted
