"""The ledger and blobs in memory that other tests stand on keep the contracts of the real ones."""

from collections.abc import Iterator

import pytest

from promoter.ports import Blobs, Ledger
from tests.adapters.blobs_contract import BlobsContract
from tests.adapters.ledger_contract import LedgerContract
from tests.fakes.ledger import MemoryBlobs, MemoryLedger


class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def ledger(self) -> Iterator[Ledger]:
        yield MemoryLedger()


class TestMemoryBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self) -> Iterator[Blobs]:
        yield MemoryBlobs()
