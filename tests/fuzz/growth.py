"""Inputs of any size for the places where work could grow with the square of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.adapters import bundles
from tests.core.checks.documents import openvex, statement
from tests.core.checks.pieces import cyclonedx, grype, grype_match, in_cosign, provenance, spdx, trivy, trivy_finding
from tests.fuzz import seeds

Make = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Growing:
    """An input of a target that grows in one respect."""

    target: str
    what: str
    make: Make


def _predicate(predicate_type: str, make: Callable[[int], Any]) -> Make:
    return lambda n: json.dumps({"type": predicate_type, "predicate": make(n)}).encode()


def _json(make: Callable[[int], Any]) -> Make:
    return lambda n: json.dumps(make(n)).encode()


def _nested(n: int) -> dict[str, Any]:
    """Give a CycloneDX document with `n` components at the end of a deep chain."""
    inner: dict[str, Any] = {"name": "a", "components": [{"name": "b"}] * n}
    for _ in range(40):
        inner = {"name": "a", "components": [inner]}
    return {**cyclonedx(0), "components": [inner]}


def _chained(n: int) -> dict[str, Any]:
    """Give a CycloneDX document whose `n` components need each other, one after another and round again."""
    components = [{"bom-ref": str(at), "name": "a"} for at in range(n)]
    dependencies = [{"ref": str(at), "dependsOn": [str((at + 1) % n)]} for at in range(n)]
    metadata = {**cyclonedx(0)["metadata"], "component": {"bom-ref": "0", "name": "cart"}}
    return {**cyclonedx(0), "metadata": metadata, "components": components, "dependencies": dependencies}


def _with_entries(n: int) -> bundles.Document:
    document: bundles.Document = json.loads(json.dumps(seeds.bundle_documents()[0]))
    bundles.material(document)["tlogEntries"] *= n
    return document


def _root(n: int) -> Any:
    document = json.loads(bundles.trusted_root())
    document["certificateAuthorities"] *= n
    return document


def _varint(n: int) -> bytes:
    return bytes((n & 127 | 128, n >> 7 & 127 | 128, n >> 14))


def _lines(n: int, line: str) -> str:
    return "".join(line.replace("#", str(number)) for number in range(n))


def _file(*parts: str) -> bytes:
    return "".join(parts).encode()


def _aliases(n: int) -> bytes:
    return _file("a: &a\n", _lines(n, " a#: b\n"), "containers: [", "*a, " * min(n, 250), "]\n")


_VULN = "https://cosign.sigstore.dev/attestation/vuln/v1"
_IMAGE = "- image: registry.example/team/app:v1\n"
_CONTAINERS = "containers:\n"

_PREDICATES = (
    Growing("sbom", "CycloneDX components", _predicate("https://cyclonedx.org/bom", cyclonedx)),
    Growing("sbom", "nested CycloneDX components", _predicate("https://cyclonedx.org/bom", _nested)),
    Growing("sbom", "SPDX packages", _predicate("https://spdx.dev/Document", spdx)),
    Growing("sbom", "a chain of CycloneDX dependencies", _predicate("https://cyclonedx.org/bom", _chained)),
    Growing(
        "vex",
        "statements about one thing",
        _predicate("https://openvex.dev/ns", lambda n: openvex(*(statement() for _ in range(n)))),
    ),
    Growing(
        "scan",
        "Trivy findings",
        _predicate(_VULN, lambda n: in_cosign(trivy(*(trivy_finding(f"CVE-2026-{at}") for at in range(n))))),
    ),
    Growing(
        "scan",
        "one finding again and again, with aliases",
        _predicate(
            _VULN,
            lambda n: in_cosign(trivy(*(trivy_finding("CVE-2026-1", VendorIDs=[f"A-{at}"]) for at in range(n)))),
        ),
    ),
    Growing(
        "scan",
        "Grype matches",
        _predicate(_VULN, lambda n: in_cosign(grype(*(grype_match(f"GHSA-{at}") for at in range(n))))),
    ),
    Growing(
        "provenance",
        "dependencies",
        _predicate(
            "https://slsa.dev/provenance/v1",
            lambda n: {
                **(made := provenance()),
                "buildDefinition": {
                    **made["buildDefinition"],
                    "resolvedDependencies": made["buildDefinition"]["resolvedDependencies"] * n,
                },
            },
        ),
    ),
    Growing(
        "provenance",
        "parameters",
        _predicate("https://slsa.dev/provenance/v1", lambda n: provenance(**{f"a{at}": "x" for at in range(n)})),
    ),
)

_DOCUMENTS = (
    Growing("json", "keys", _json(lambda n: {f"a{at}": at for at in range(n)})),
    Growing("json", "numbers", _json(lambda n: {"a": [1.5] * n})),
    Growing("statement", "subjects", lambda n: bundles.statement(subject=[{"digest": {"sha512": "a"}}] * n)),
    Growing("bundle", "log entries", _json(_with_entries)),
    Growing("trusted-root", "authorities", _json(_root)),
    Growing("manifest", "layers", _json(lambda n: {"layers": [{"digest": bundles.OTHER, "size": 1}] * (n // 2)})),
    Growing("attachment", "relations", _json(lambda n: {"relationships": [{"relationshipType": "DESCRIBES"}] * n})),
    Growing("snappy", "literals", lambda n: _varint(n) + b"\x00a" * n),
    Growing(
        "platforms",
        "platforms",
        _json(lambda n: {"manifests": [{"digest": bundles.SUBJECT, "platform": {"os": "a" * 50}}] * n}),
    ),
    Growing("registry-lists", "tags", _json(lambda n: {"tags": [f"v{at}" for at in range(n)]})),
    Growing(
        "registry-lists",
        "descriptors",
        _json(lambda n: {"manifests": [{"mediaType": "a", "digest": bundles.SUBJECT, "size": 1}] * n}),
    ),
    Growing("canonical-json", "values", lambda n: b'{"a":[' + b",".join([b"1"] * n) + b"]}"),
)

_FILES = (
    Growing("manifest-file", "images", lambda n: _file(_CONTAINERS, _IMAGE * n)),
    Growing("manifest-file", "images beside keys", lambda n: _file(_CONTAINERS, _IMAGE * n, _lines(n, "a#: b\n"))),
    Growing("manifest-file", "documents", lambda n: _file(_CONTAINERS, _IMAGE, "---\n") * n),
    Growing("manifest-file", "aliases beside keys", _aliases),
    Growing("manifest-file", "one key again and again", lambda n: _file(_CONTAINERS, _IMAGE, "a: b\n" * n)),
    Growing("manifest-file", "merged mappings", lambda n: f"containers:\n- <<: [{'{a: b}, ' * n}]\n".encode()),
    Growing("configuration", "keys", lambda n: _lines(n, "a#: b\n").encode()),
    Growing("configuration", "problems", lambda n: _lines(n, "a: ${x}\n").encode()),
    Growing("checkpoint", "trailers", lambda n: seeds.checkpoints()[1].join([b"\n"] * n)),
    Growing("push-report", "refs", lambda n: b" \t0:refs/heads/a\tx\n" * n),
    Growing("git-name", "parts", lambda n: b"a/" * n),
)

GROWING: Final = (*_PREDICATES, *_DOCUMENTS, *_FILES)
"""What Python code does, which calls show."""

CHARACTERS: Final = (
    Growing("challenge", "a word without an equals sign", lambda n: b"Bearer " + b"a" * n),
    Growing("challenge", "open quotes", lambda n: b"Bearer " + b'a="\\' * n),
    Growing("forge-answer", "opening brackets", lambda n: b"<" * n),
    Growing("next-page", "opening brackets", lambda n: b", <" * n),
    Growing("status", "colons of a date", lambda n: b"Mon, 01 Jan 2024 " + b"1:" * n),
    Growing("image", "colons", lambda n: b"a:" * n),
    Growing("repository", "hyphens", lambda n: b"a.b/" + b"-" * n),
    Growing("source", "at signs", lambda n: b"https://a/b" + b"@" * n),
    Growing("range", "identifiers", lambda n: b"1.2.3-" + b"a-" * n),
    Growing("escape", "marks", lambda n: b":a@#" * n),
    Growing("note", "empty lines", lambda n: b"\n\n" * n),
    Growing("git-address", "hyphens", lambda n: b"https://a" + b"/-" * n),
    Growing("json", "digits", lambda n: b'{"a":0.' + b"1" * n + b"}"),
    Growing("json", "back-slashes", lambda n: b'{"a":"' + b"\\" * n),
    Growing("json", "brackets", lambda n: b"[" * n),
    Growing("canonical-json", "values under a long key", lambda n: b'{"' + b"k" * n + b'":[' + b"1," * n + b"1]}"),
    Growing(
        "manifest-file", "directives", lambda n: b"".join(b"%%TAG !a%d! b\n" % at for at in range(n)) + b"---\na\n"
    ),
    Growing("manifest-file", "opening brackets", lambda n: b"[" * n),
    Growing("configuration", "variables in one value", lambda n: b"a: " + b"${" * n),
)
"""What C code does, which only time shows."""
