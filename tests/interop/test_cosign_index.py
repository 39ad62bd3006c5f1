"""An image index that real tools made: cosign signs it or all of its platforms, and each platform has its own SBOM."""

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import Digest, Repository, parse_digest
from promoter.core.checks.sbom import SBOM, SbomParams
from promoter.core.codes import Code
from promoter.core.evidence import Layout
from promoter.core.policy import Policy
from promoter.local.authority.sealing import LogKind
from promoter.local.predicates import Package, cyclonedx
from tests.interop.cosign_signer import Cosign, Way
from tests.interop.judging import DEMANDS, RELEASE, Bot, demand, policy_of
from tests.interop.releases import PLAIN_HTTP, push_image
from tests.interop.toolbox import Toolbox

pytestmark = pytest.mark.interop

SYSTEMS = ("linux/amd64", "linux/arm64")
NOTHING: frozenset[Code] = frozenset()
WAYS = (Way(Layout.BUNDLE, None, LogKind.V2, is_stamped=True), Way(Layout.COSIGN_TAG, None, LogKind.V1))


@pytest.fixture(scope="module")
def registry_host(olareg: str) -> str:
    """One real registry is enough for what stands in the manifests."""
    return olareg


@pytest.fixture
def platforms(toolbox: Toolbox, repository: Repository) -> dict[str, Digest]:
    """Push one image for each platform."""
    return {system: _platform(toolbox, repository, system) for system in SYSTEMS}


def _platform(toolbox: Toolbox, repository: Repository, system: str) -> Digest:
    tag = f"{repository}:{system.replace('/', '-')}"
    push_image(toolbox, repository, tag.rpartition(":")[2], f"{repository} {system}".encode())
    toolbox.run("crane", "mutate", "--insecure", "--set-platform", system, "--tag", tag, tag)
    return _digest(toolbox, tag)


@pytest.fixture
def index(toolbox: Toolbox, repository: Repository, platforms: dict[str, Digest]) -> Digest:
    """Push the index of these images."""
    tag = f"{repository}:{RELEASE}"
    parts = (argument for digest in platforms.values() for argument in ("-m", f"{repository}@{digest}"))
    toolbox.run("crane", "index", "append", "--insecure", *parts, "--tag", tag)
    return _digest(toolbox, tag)


def _digest(toolbox: Toolbox, tag: str) -> Digest:
    return parse_digest(toolbox.run("crane", "digest", "--insecure", tag).strip())


def policy(cosign: Cosign, way: Way) -> Policy:
    """Demand a signature of the index, and an SBOM of every platform."""
    sbom = demand(SBOM, SbomParams(signers=("release",), platforms=SYSTEMS))
    return policy_of({"release": cosign.identity(way).rule()}, way.layout, require=(DEMANDS[0], sbom))


def attest(cosign: Cosign, way: Way, image: str) -> None:
    document = cyclonedx("shop", RELEASE, (Package("flask", "3.1.0"),), SystemClock().now())
    cosign.attest(way, image, "cyclonedx", document)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_platform_needs_its_sbom_and_the_index_its_signature(
    cosign: Cosign, bot: Bot, repository: Repository, platforms: dict[str, Digest], index: Digest, way: Way
) -> None:
    asked = policy(cosign, way)
    amd64, arm64 = platforms.values()

    attest(cosign, way, f"{repository}@{amd64}")
    cosign.sign(way, f"{repository}@{amd64}")
    missing = frozenset({Code.SBOM_PLATFORM_MISSING})
    assert bot.codes(asked, repository, index) == (frozenset({Code.SIGNATURE_ABSENT}), missing)

    attest(cosign, way, f"{repository}@{arm64}")
    cosign.sign(way, f"{repository}@{index}")
    assert bot.codes(asked, repository, index) == (NOTHING, NOTHING)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_signed_recursively_the_index_and_every_platform_are_signed(
    cosign: Cosign, bot: Bot, repository: Repository, platforms: dict[str, Digest], index: Digest, way: Way
) -> None:
    signed = policy_of({"release": cosign.identity(way).rule()}, way.layout, require=DEMANDS[:1])

    cosign.sign(way, f"{repository}@{index}", None, "--recursive")

    for digest in (index, *platforms.values()):
        assert bot.codes(signed, repository, digest) == (NOTHING,)


def test_a_copied_index_is_as_good_and_its_platforms_are_not_taken_for_what_refers_to_it(
    cosign: Cosign, bot: Bot, repository: Repository, index: Digest
) -> None:
    way = Way(Layout.COSIGN_TAG, None, LogKind.V1)
    signed = policy_of({"release": cosign.identity(way).rule()}, way.layout, require=DEMANDS[:1])
    cosign.sign(way, f"{repository}@{index}")
    mirror = Repository(repository.host, f"mirror/{repository.path}")

    cosign.toolbox.run("cosign", "copy", *PLAIN_HTTP, f"{repository}@{index}", f"{mirror}:{RELEASE}")

    assert bot.look(signed, mirror, index).unusable == ()
    assert bot.codes(signed, mirror, index) == (NOTHING,)
