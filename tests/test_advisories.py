"""Mistakes that were made around verifiers, by the number under which they were published: none is made here.

Those that a verifier itself could make stand in `tests/adapters/test_advisories.py`.
"""

import ast
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

import promoter
from promoter.adapters.registry_oci import OciRegistry
from promoter.adapters.trust_tuf import TufSource
from promoter.core.candidate import Candidate, Digest, digest_of
from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.subject import Phase
from promoter.core.codes import Code
from promoter.core.evidence import Signer
from promoter.core.identity import Placeholders, matches
from promoter.core.policy import Occasion, Policy, Requirement
from promoter.core.verdict import NotVerified, judge, verified
from promoter.local.publisher import BUNDLE_TYPE
from promoter.ports import OutsideError
from promoter.transport.registry_auth import Endpoint
from promoter.transport.registry_credentials import Account
from tests.adapters import faults
from tests.adapters.faults import FaultServer, Heard, Wire, respond, respond_json, serving
from tests.adapters.tuf_repository import TufRepository
from tests.shop import BOM, DOCUMENT, KEYLESS, NOW, REPOSITORY, SERVICE, SIGNERS, Shop, codes, judged, refused

PACKAGE = Path(promoter.__file__).parent
SIGNED = SignatureParams(signers=("builder",))
BUILT = ProvenanceParams(
    signers=("builder",), builders=("https://builder.example",), build_types=("https://x.example",)
)
SIGNING_SIDE = (
    "sigstore.sign",
    "sigstore.oidc",
    "sigstore._cli",
    "sigstore._internal.fulcio",
    "sigstore._internal.oidc",
)


@pytest.mark.parametrize("phase", Phase)
def test_cve_2022_35930_nothing_is_let_in_on_an_attestation_of_another_type(shop: Shop, phase: Phase) -> None:
    image = shop.image(f"let in, {phase.value}")
    shop.publisher.attest(REPOSITORY, image, BOM, DOCUMENT, KEYLESS)
    policy = Policy(
        environment="prod",
        signers=SIGNERS,
        require=(Requirement(check="provenance", params=BUILT),),
        digest=digest_of(b""),
        body=b"",
    )
    occasion = Occasion(Candidate("cart", "1.0.0", image), SERVICE.placeholders("1.0.0"), phase, NOW)

    verdict = judge(policy, shop.look(image), occasion)

    assert codes(verdict.findings[0]) == ("fail", "provenance.absent")
    with pytest.raises(NotVerified):
        verified(verdict)


def test_cve_2022_47633_after_a_tag_was_resolved_nothing_is_asked_by_the_tag(shop: Shop) -> None:
    image = shop.image("verified")
    shop.publisher.sign(REPOSITORY, image, KEYLESS)
    shop.registry.push_manifest(REPOSITORY, shop.registry.manifest(REPOSITORY, image).raw, "a/b", "1.0.0")
    resolved = shop.registry.manifest(REPOSITORY, "1.0.0").digest
    other = shop.registry.manifest(REPOSITORY, shop.image("put in its place")).raw
    shop.registry.push_manifest(REPOSITORY, other, "a/b", "1.0.0")

    evidence = shop.look(resolved)

    assert codes(judged(evidence, "signature", SIGNED)) == ("pass",)
    assert (resolved, evidence.digest) == (image, image)
    assert [seen.path for seen in shop.asked if "1.0.0" in seen.path] == []


@pytest.mark.parametrize("named", ["the digest that was asked for", "the digest of the other bytes", "no digest"])
def test_cve_2023_47630_the_digest_of_a_manifest_is_that_of_its_bytes_whatever_the_registry_says(named: str) -> None:
    meant, given = b'{"schemaVersion":2}', b'{"schemaVersion":2,"layers":[]}'
    said = {"the digest that was asked for": digest_of(meant), "the digest of the other bytes": digest_of(given)}
    headers = {"Docker-Content-Digest": said[named]} if named in said else {}
    with serving(respond(200, given, headers)) as server:
        error = caught(server, digest_of(meant))

    assert error.code is Code.OUTSIDE_DIGEST_MISMATCH
    assert error.detail.endswith(f"its bytes are {digest_of(given)}, not {digest_of(meant)}")


def caught(server: FaultServer, digest: Digest) -> OutsideError:
    registry = OciRegistry((Endpoint(REPOSITORY.host, server.url),))
    with pytest.raises(OutsideError) as raised:
        registry.manifest(REPOSITORY, digest)
    registry.close()
    return raised.value


def test_cve_2023_33959_a_registry_that_lists_anothers_evidence_under_an_image_is_not_believed(shop: Shop) -> None:
    image, other = shop.image("wanted"), shop.image("well signed")
    shop.publisher.sign(REPOSITORY, other, KEYLESS)
    (entry,) = shop.registry.referrers(REPOSITORY, other)
    listing = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json"}
    shop.shelf.push({**listing, "manifests": [shop.shelf.subject(entry.digest)]}, image.replace(":", "-"))

    evidence = shop.look(image)

    assert refused(evidence) == ("invalid", "layout.wrong-subject", BUNDLE_TYPE)
    assert codes(judged(evidence, "signature", SIGNED)) == ("fail", "signature.absent")


def test_cve_2026_24408_nothing_of_the_bot_logs_in_or_signs() -> None:
    ours = [path for path in sorted(PACKAGE.rglob("*.py")) if not path.is_relative_to(PACKAGE / "local")]

    assert {str(path.relative_to(PACKAGE)): found for path in ours if (found := signing(path.read_text()))} == {}
    assert signing((PACKAGE / "local" / "team.py").read_text()) == ["sigstore.oidc", "sigstore.sign", "sigstore.sign"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import sigstore.oidc", ["sigstore.oidc"]),
        ("import sigstore.oidc as verify", ["sigstore.oidc"]),
        ("from sigstore import oidc, verify", ["sigstore.oidc"]),
        ("from sigstore.sign import SigningContext", ["sigstore.sign"]),
        ("from sigstore._internal.fulcio import client", ["sigstore._internal.fulcio"]),
        ("from sigstore._internal.fulcio.client import FulcioClient", ["sigstore._internal.fulcio.client"]),
        ("import importlib\nimportlib.import_module('sigstore.oidc')", ["sigstore.oidc"]),
        ("from sigstore.verify import Verifier\nfrom sigstore.signing import x", []),
    ],
)
def test_planted_log_ins_are_found(source: str, found: list[str]) -> None:
    assert signing(source) == found


def signing(source: str) -> list[str]:
    """List what a module names of where sigstore-python logs in, gets certificates and signs."""
    named = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "sigstore":
            named += [f"sigstore.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            named.append(node.module or "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            named.append(node.value)
    return [name for name in named if any(name == one or name.startswith(f"{one}.") for one in SIGNING_SIDE)]


@pytest.mark.parametrize("leads_away", ["a redirect", "a next page"])
def test_cve_2026_48501_a_registry_sends_nobody_elsewhere_with_its_password(leads_away: str) -> None:
    with serving(respond_json({"manifests": []})) as elsewhere:
        ways = {"a redirect": faults.redirect(f"{elsewhere.url}{{path}}"), "a next page": page_to(elsewhere)}
        with serving(basic_only(ways[leads_away])) as server:
            registry = OciRegistry((Endpoint(REPOSITORY.host, server.url, Account("bot", "secret")),))
            with suppress(OutsideError):
                registry.referrers(REPOSITORY, digest_of(b""), frozenset())
            registry.close()
        assert ["authorization" in heard.headers for heard in server.heard] == [False, True]
        assert [heard for heard in elsewhere.heard if "authorization" in heard.headers] == []


def page_to(other: FaultServer) -> faults.Answer:
    return faults.page_elsewhere(other.url)


def basic_only(then: faults.Answer) -> faults.Answer:
    """Ask for a password first."""
    challenge = respond(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    return lambda wire, heard: (then if "authorization" in heard.headers else challenge)(wire, heard)


def test_cve_2026_48501_the_mirror_of_the_trusted_root_is_shown_no_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login bot password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    published = TufRepository(tmp_path / "published")
    published.publish({"trusted_root.json": b"{}"})

    def answer(wire: Wire, heard: Heard) -> None:
        file = published.directory / heard.path.removeprefix("/")
        (respond(200, file.read_bytes()) if file.is_file() else respond(404))(wire, heard)

    with serving(answer) as mirror:
        assert TufSource(mirror.url, published.bootstrap.read_bytes(), tmp_path / "kept").fetch() == b"{}"

    assert len(mirror.heard) >= 4
    assert {name for heard in mirror.heard for name in heard.headers} & {"authorization", "cookie"} == set()


@pytest.mark.parametrize(
    "issuer",
    [
        "https://token.forge.example.evil.example",
        "https://evil.example/https://token.forge.example",
        "https://token-forge.example",
        "https://token.forge.example/",
        "https://token.forge.exampl",
        "https://token.forge.example\n",
        "",
    ],
)
def test_cve_2026_22772_an_issuer_is_compared_whole(issuer: str) -> None:
    rule = SIGNERS["builder"]
    filled = Placeholders("https://forge.example/shop/cart", "v1.0.0", "1.0.0")

    assert matches(rule, Signer(rule.san, rule.issuer), filled)
    assert not matches(rule, Signer(rule.san, issuer), filled)
    assert not matches(replace(rule, issuer="https://.*"), Signer(rule.san, issuer), filled)
