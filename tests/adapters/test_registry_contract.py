"""The registry contract on the local registry: with and without referrers API, in pages, with each kind of access."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from promoter.local.registry import LocalRegistry
from promoter.local.registry_access import Access, AccessPolicy
from promoter.transport.registry_credentials import Account
from tests.adapters.registry_contract import Place, RegistryContract, reading


@dataclass(frozen=True, slots=True)
class Setup:
    """One way to run the local registry."""

    has_referrers_api: bool = True
    page_size: int = 1000
    access: Access = Access.OPEN
    on_disk: bool = False


SETUPS = {
    "referrers-api": Setup(),
    "fallback-tag-only": Setup(has_referrers_api=False, page_size=10, on_disk=True),
    "with-basic": Setup(access=Access.BASIC),
    "with-tokens": Setup(access=Access.TOKEN, has_referrers_api=False),
}


class TestLocalRegistry(RegistryContract):
    """The whole contract on each of them."""

    @pytest.fixture(params=SETUPS.values(), ids=list(SETUPS))
    def place(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
        setup: Setup = request.param
        policy = AccessPolicy(setup.access)
        local = LocalRegistry(
            tmp_path if setup.on_disk else None,
            policy,
            has_referrers_api=setup.has_referrers_api,
            page_size=setup.page_size,
        )
        with reading(local.start(), "team/app", Account(policy.username, policy.secret)) as place:
            yield place
        local.stop()


def test_a_registry_on_disk_is_the_same_after_a_restart(tmp_path: Path) -> None:
    first = LocalRegistry(tmp_path)
    blob = first.push_blob("team/app", b"layer")
    digest = first.push_manifest("team/app", b'{"schemaVersion":2}', "1.0.0")
    second = LocalRegistry(tmp_path)
    assert second.tags("team/app") == ("1.0.0",)
    assert second.pull("team/app", "1.0.0") == first.pull("team/app", digest)
    assert second.store.blob("team/app", blob) == b"layer"
