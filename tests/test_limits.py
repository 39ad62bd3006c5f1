"""What comes from outside is read at its cap and refused at one more; the page docs/limits.md lists the caps."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from promoter.adapters.notes_ed25519 import Ed25519Verifier
from promoter.adapters.signatures_sigstore import UnusableTrustRoot
from promoter.adapters.signatures_sigstore.piece import MAX_WITNESSES
from promoter.adapters.signatures_sigstore.reading import MAX_BYTES as MAX_SIGNED_BYTES
from promoter.adapters.signatures_sigstore.trust import MAX_ROOT_BYTES, Trust
from promoter.core.audit import ENTRY_LIMIT, entry_refs
from promoter.core.candidate import digest_of
from promoter.core.canonical import DEPTH_LIMIT, load_canonical
from promoter.core.checkpoint import NOTE_LIMIT, SIGNATURE_LIMIT, open_note, sign_note
from promoter.core.codes import Code
from promoter.core.edit import read_pins
from promoter.core.evidence import Unusable
from promoter.core.manifest import MAX_LAYERS, read_carrier
from promoter.core.predicates.body import MAX_TEXT
from promoter.core.predicates.build import MAX_DEPENDENCIES
from promoter.core.predicates.provenance import read_provenance
from promoter.core.predicates.sbom import MAX_COMPONENTS, read_sbom
from promoter.core.predicates.scan import read_scan
from promoter.core.predicates.vex import MAX_STATEMENTS
from promoter.core.predicates.vex_documents import read_vex
from promoter.core.predicates.vulnerability import MAX_VULNERABILITIES
from promoter.core.strict_json import Malformed, read_object
from promoter.core.target import EditRefused
from promoter.core.yaml_marks import MAX_DIRECTIVES, MAX_EVENTS, compose
from promoter.transport.registry_repository import ListLimits
from tests.adapters import bundles
from tests.adapters.faults import respond, serving
from tests.adapters.test_registry_faults import APP, caught, reading
from tests.core.checks.documents import openvex, statement
from tests.core.checks.pieces import PROVENANCE_V1, VULN, cyclonedx, grype, in_cosign, provenance, spdx, trivy
from tests.core.edit.pinned import IMAGE, MANIFEST
from tests.fakes.ledger import SIGNER

Read = Callable[[int], object]
VERIFIER = Ed25519Verifier(str(SIGNER.verifier_key))


def _dependencies(count: int) -> object:
    body = provenance()
    body["buildDefinition"]["resolvedDependencies"] *= count
    return read_provenance(PROVENANCE_V1, body)


def _parameters(count: int) -> object:
    return read_provenance(PROVENANCE_V1, provenance(**{f"a{number}": "x" for number in range(count)}))


def _layers(count: int) -> object:
    layer = {"digest": digest_of(b"layer"), "size": 1}
    return read_carrier(json.dumps({"layers": [layer] * count}).encode())


CAPS: dict[str, tuple[int, Read, Code]] = {
    "levels of JSON": (128, lambda n: read_object(b'{"a":' * n + b"1" + b"}" * n), Code.STATEMENT_UNPARSEABLE),
    "digits of an integer": (400, lambda n: read_object(b'{"a":' + b"1" * n + b"}"), Code.STATEMENT_UNPARSEABLE),
    "layers of a manifest": (MAX_LAYERS, _layers, Code.LAYOUT_TOO_MANY_LAYERS),
    "characters of a name": (
        MAX_TEXT,
        lambda n: read_sbom("https://cyclonedx.org/bom", {**cyclonedx(), "components": [{"name": "x" * n}]}),
        Code.SBOM_UNPARSEABLE,
    ),
    "dependencies": (MAX_DEPENDENCIES, _dependencies, Code.PROVENANCE_UNPARSEABLE),
    "parameters": (100, _parameters, Code.PROVENANCE_UNPARSEABLE),
}

LONG_CAPS: dict[str, tuple[int, Read, Code]] = {
    "CycloneDX components": (
        MAX_COMPONENTS,
        lambda n: read_sbom("https://cyclonedx.org/bom", {**cyclonedx(), "components": [{"name": "x"}] * n}),
        Code.SBOM_UNPARSEABLE,
    ),
    "SPDX packages": (
        MAX_COMPONENTS,
        lambda n: read_sbom("https://spdx.dev/Document", {**spdx(), "packages": [{"name": "x"}] * n}),
        Code.SBOM_UNPARSEABLE,
    ),
    "VEX statements": (
        MAX_STATEMENTS,
        lambda n: read_vex("https://openvex.dev/ns", {**openvex(), "statements": [statement()] * n}),
        Code.VEX_UNPARSEABLE,
    ),
    "Trivy findings": (
        MAX_VULNERABILITIES,
        lambda n: read_scan(VULN, in_cosign(trivy(*({"VulnerabilityID": "CVE-2026-1"},) * n))),
        Code.SCAN_UNPARSEABLE,
    ),
    "Grype matches": (
        MAX_VULNERABILITIES,
        lambda n: read_scan(VULN, in_cosign(grype(*({"vulnerability": {"id": "a"}, "artifact": {}},) * n))),
        Code.SCAN_UNPARSEABLE,
    ),
}


def holds(most: int, read: Read, code: Code) -> None:
    read(most)
    with pytest.raises(Malformed) as refused:
        read(most + 1)
    assert refused.value.code is code


@pytest.mark.parametrize("cap", CAPS)
def test_a_document_is_read_at_its_cap_and_refused_at_one_more(cap: str) -> None:
    holds(*CAPS[cap])


@pytest.mark.slow
@pytest.mark.parametrize("cap", LONG_CAPS)
def test_a_long_document_is_read_at_its_cap_and_refused_at_one_more(cap: str) -> None:
    holds(*LONG_CAPS[cap])


# --- bundles and trusted roots ----------------------------------------------------------------------------------------


def _with(place: tuple[str, ...], count: int) -> bytes:
    document: Any = bundles.dsse(rekor=1, media_type=bundles.V1, stamped=(bundles.NOW,))
    holder = document
    for name in place[:-1]:
        holder = holder[name]
    holder[place[-1]] = holder[place[-1]][:1] * count
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "place",
    [
        ("dsseEnvelope", "signatures"),
        ("verificationMaterial", "tlogEntries"),
        ("verificationMaterial", "timestampVerificationData", "rfc3161Timestamps"),
        ("verificationMaterial", "x509CertificateChain", "certificates"),
    ],
    ids=lambda place: place[-1],
)
def test_a_bundle_with_more_than_32_of_anything_is_refused_before_it_is_decoded(place: tuple[str, ...]) -> None:
    too_many = f"the bundle has {MAX_WITNESSES + 1} {place[-1]}, more than {MAX_WITNESSES} are not looked at"
    assert "not looked at" not in _detail(_with(place, MAX_WITNESSES))
    assert _detail(_with(place, MAX_WITNESSES + 1)) == too_many


def _detail(raw: bytes) -> str:
    found = bundles.examine(raw)
    return found.detail if isinstance(found, Unusable) else ""


@pytest.mark.slow
def test_a_bundle_of_64_mib_is_read_and_one_byte_more_is_not() -> None:
    raw = json.dumps(bundles.dsse()).encode()
    assert bundles.code_of(raw.ljust(MAX_SIGNED_BYTES)) == "good"
    assert bundles.code_of(raw.ljust(MAX_SIGNED_BYTES + 1)) == Code.BUNDLE_TOO_LARGE.value


def test_a_trusted_root_of_4_mib_is_read_and_one_byte_more_is_not() -> None:
    assert Trust.from_bytes(bundles.trusted_root().ljust(MAX_ROOT_BYTES), "here").root
    with pytest.raises(UnusableTrustRoot, match=f"here: the trusted root is larger than {MAX_ROOT_BYTES} bytes"):
        Trust.from_bytes(bundles.trusted_root().ljust(MAX_ROOT_BYTES + 1), "here")


# --- manifests on the wire --------------------------------------------------------------------------------------------


def test_a_manifest_of_4_mib_is_fetched_and_one_byte_more_is_not() -> None:
    most = ListLimits().manifest_bytes
    assert most == 4 << 20
    raw = b"{}".ljust(most)
    with serving(respond(200, raw)) as server, reading(server) as registry:
        assert len(registry.manifest(APP, digest_of(raw)).raw) == most
        server.answer = respond(200, raw + b" ")
        assert caught(lambda: registry.manifest(APP, digest_of(raw + b" "))).code is Code.OUTSIDE_TOO_LARGE


# --- files with pins --------------------------------------------------------------------------------------------------

_PIN = f"containers:\n- image: {IMAGE}:v1\n"


def _directives(count: int) -> str:
    return "".join(f"%TAG !a{number}! b\n" for number in range(count)) + f"---\n{_PIN}"


def test_a_hundred_directives_are_read_and_one_more_is_refused() -> None:
    assert read_pins(_directives(MAX_DIRECTIVES).encode(), MANIFEST, IMAGE)
    with pytest.raises(EditRefused) as refused:
        read_pins(_directives(MAX_DIRECTIVES + 1).encode(), MANIFEST, IMAGE)
    assert str(refused.value) == (
        "app.yaml: the file has 101 lines that begin with %, more than 100; remove the directives"
    )
    assert refused.value.code is Code.EDIT_TOO_LARGE


def test_aliases_may_repeat_as_many_nodes_as_a_file_may_have() -> None:
    def file(size: int) -> bytes:
        return f"a: &a [{'1,' * (size - 2)}]\n{_PIN}b: [{'*a, ' * 200}]\n".encode()

    assert compose(file(MAX_EVENTS // 200), "app.yaml").aliases
    with pytest.raises(EditRefused) as refused:
        compose(file(MAX_EVENTS // 200 + 1), "app.yaml")
    assert str(refused.value) == "app.yaml:4: the aliases of the file repeat more than 200000 nodes; split it"
    assert refused.value.code is Code.EDIT_TOO_LARGE


# --- the ledger -------------------------------------------------------------------------------------------------------


def test_an_entry_of_64_kib_is_read_and_one_byte_more_is_not() -> None:
    assert entry_refs(b'{"a":"' + b"x" * (ENTRY_LIMIT - 8) + b'"}') == ()
    with pytest.raises(ValueError, match=f"an entry of {ENTRY_LIMIT + 1} bytes"):
        entry_refs(b'{"a":"' + b"x" * (ENTRY_LIMIT - 7) + b'"}')


def test_canonical_json_has_64_levels_and_no_more() -> None:
    assert load_canonical(b"[" * (DEPTH_LIMIT - 1) + b"1" + b"]" * (DEPTH_LIMIT - 1))
    with pytest.raises(ValueError, match="nested deeper than 64 levels"):
        load_canonical(b"[" * DEPTH_LIMIT + b"1" + b"]" * DEPTH_LIMIT)


def test_a_note_of_16_ki_characters_is_opened_and_one_more_is_not() -> None:
    spare = NOTE_LIMIT - len(sign_note("\n", SIGNER))
    text = "x" * spare + "\n"
    assert open_note(sign_note(text, SIGNER), VERIFIER) == text
    with pytest.raises(ValueError, match="not a signed note"):
        open_note(sign_note("x" + text, SIGNER), VERIFIER)


def test_16_signatures_of_a_note_are_read_and_one_more_is_refused() -> None:
    note = sign_note("text\n", SIGNER)
    line = note.rpartition("\n\n")[2]
    assert open_note(note + line * (SIGNATURE_LIMIT - 1), VERIFIER) == "text\n"
    with pytest.raises(ValueError, match="a note with 17 signatures; at most 16 are read"):
        open_note(note + line * SIGNATURE_LIMIT, VERIFIER)
