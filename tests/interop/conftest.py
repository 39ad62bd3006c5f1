"""Real tools and registries, started once for the session and always stopped."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.adapters.blobs_files import FileBlobs
from promoter.adapters.registry_oci import OciRegistry
from promoter.adapters.signatures_sigstore import SigstoreSignatures
from promoter.core.candidate import Repository
from promoter.local.authority import Authority
from promoter.transport.registry_auth import Endpoint
from tests.interop import registries
from tests.interop.cosign_signer import Cosign
from tests.interop.judging import Bot
from tests.interop.releases import make_authority
from tests.interop.toolbox import Toolbox


@pytest.fixture(scope="session")
def toolbox(tmp_path_factory: pytest.TempPathFactory) -> Toolbox:
    return Toolbox(tmp_path_factory.mktemp("tools-home"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory for the files that one test makes for a tool."""
    return tmp_path


@pytest.fixture(scope="session")
def olareg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registries.olareg(tmp_path_factory.mktemp("olareg")) as host:
        yield host


@pytest.fixture(scope="session")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registries.distribution(tmp_path_factory.mktemp("distribution")) as host:
        yield host


@pytest.fixture(scope="session", params=["olareg", "distribution"])
def registry_host(request: pytest.FixtureRequest) -> str:
    """Host and port of each real registry in turn: one with the referrers API, one without."""
    host: str = request.getfixturevalue(request.param)
    return host


@pytest.fixture(scope="session")
def registry(olareg: str, distribution: str) -> Iterator[OciRegistry]:
    """The program's own adapter, for both of them."""
    connected = OciRegistry(tuple(Endpoint(host, f"http://{host}") for host in (olareg, distribution)))
    yield connected
    connected.close()


@pytest.fixture
def repository(registry_host: str, request: pytest.FixtureRequest) -> Repository:
    """A repository that no other test writes to."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return Repository(registry_host, f"acme/{name}")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with make_authority(tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture(scope="session")
def cosign(toolbox: Toolbox, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Cosign:
    """The real cosign as a signer, with the keys that it imported so far."""
    return Cosign(toolbox, authority, tmp_path_factory.mktemp("cosign"))


@pytest.fixture(scope="session")
def bot(registry: OciRegistry, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Bot:
    """The program, which trusts the authority."""
    signatures = SigstoreSignatures.from_file(authority.trusted_root)
    return Bot(registry, signatures, FileBlobs(tmp_path_factory.mktemp("blobs")))
