"""What the targets run: one function of bytes for each parser, with what must hold of whatever it accepts."""

import base64
import hashlib
import hmac
import json
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

from promoter.adapters.signatures_sigstore.certificate import check_profile, load_certificate, read_signer
from promoter.adapters.signatures_sigstore.layer import ATTESTATION, SIMPLE_SIGNING
from promoter.adapters.signatures_sigstore.simple_signing import check_payload
from promoter.config import load
from promoter.core.candidate import digest_of, parse_repository
from promoter.core.canonical import canonical, load_canonical
from promoter.core.edit import edit, pins_only, read_pins
from promoter.core.escape import code, one_line, prose, sentence, trailer_value
from promoter.core.evidence import Attestation, Unusable
from promoter.core.image_reference import parse_image
from promoter.core.manifest import Carrier, Holding, Layer, read_inner_attestations, read_platforms, require_image
from promoter.core.predicates.source import locate_source, normalise_repository
from promoter.core.releases import ReleaseRule, parse_range, select
from promoter.core.strict_json import Malformed, read_object
from promoter.core.target import EditRefused
from promoter.core.yaml_marks import compose
from promoter.pieces import join
from promoter.ports import Material, OutsideError
from promoter.strict_yaml import read_document
from promoter.transport.git_names import parse_branch, parse_oid, parse_path
from promoter.transport.github_wire import _document, _refuse_detour  # what a connection does with an answer
from promoter.transport.registry_auth import Authenticator, Endpoint
from promoter.transport.registry_lists import next_page
from promoter.transport.registry_status import refusal
from promoter.transport.snappy import decompress
from promoter.web.hooks import Hooks
from tests.adapters import bundles, signed_pieces
from tests.core.edit import pinned
from tests.fuzz import seeds

_INFLATED = 1 << 16  # bytes
_EXAMPLE = load(Path(__file__).parents[2] / "config", {})


def text_of(raw: bytes) -> str:
    """Give any text: lone surrogates stand for bytes that are not UTF-8."""
    return raw.decode("utf-8", "surrogateescape")


def header_of(raw: bytes) -> str:
    """Give bytes as a header comes out of an HTTP client."""
    return re.sub(r"[\r\n]", " ", raw.decode("latin-1"))


def answer_of(raw: bytes = b"", status: int = 200, **headers: str) -> requests.Response:
    """Give an HTTP answer."""
    answer = requests.Response()
    answer.status_code = status
    answer._content = raw
    answer.url = "https://registry.example/v2/team/app/tags/list"
    answer.request = requests.Request("GET", answer.url).prepare()
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


def every(*readers: Callable[[Any], object]) -> Callable[[Any], None]:
    """Run several readers on the same bytes; the last refusal counts where all refuse."""

    def run(given: Any) -> None:
        refused: list[Exception] = []
        for reader in readers:
            try:
                reader(given)
            except (ValueError, OutsideError) as error:
                refused.append(error)
        if len(refused) == len(readers):
            raise refused[-1]

    return run


def predicate_run(reader: Callable[[str, object], object]) -> Callable[[bytes], None]:
    """Read `{"type": ..., "predicate": ...}` and hand both to a reader of predicates."""

    def run(raw: bytes) -> None:
        document = read_object(raw)
        predicate_type = document.get("type")
        facts = reader(predicate_type if isinstance(predicate_type, str) else "", document.get("predicate"))
        assert facts is not None

    return run


def examine_bundle(raw: bytes) -> None:
    """Examine a bundle, which never raises."""
    check_examined(bundles.examine(raw))


def check_examined(found: Attestation | Unusable) -> None:
    """Hold that material is either evidence or refused with a short detail."""
    assert isinstance(found, Attestation | Unusable)
    if isinstance(found, Unusable):
        assert len(found.detail) <= 300


def examine_layer(raw: bytes) -> None:
    """Examine a layer in cosign's layout, whose descriptor or whose bytes these are; neither ever raises."""
    key, content = signed_pieces.key_of(), signed_pieces.SIMPLE
    honest = signed_pieces.in_layer(signed_pieces.sealed(content, key))
    for material in (replace(honest, raw=raw), _described(replace(honest, payload=raw))):
        check_examined(signed_pieces.examine(material, key))


def _described(material: Material) -> Material:
    """Give a layer of either kind whose descriptor agrees with its bytes, as one that lies would."""
    kind = ATTESTATION if material.payload.startswith(b'{"payload') else SIMPLE_SIGNING
    descriptor = {**json.loads(material.raw), "mediaType": kind, "digest": digest_of(material.payload)}
    return replace(material, raw=json.dumps(descriptor).encode())


def check_simple_signing(raw: bytes) -> None:
    """Read cosign's payload about the usual image."""
    check_payload(raw, bundles.SUBJECT)


def part_run(place: Callable[[bundles.Document, str], None]) -> Callable[[bytes], None]:
    """Examine an honest bundle in which one binary part is replaced by the bytes."""
    honest = json.dumps(seeds.bundle_documents()[0])

    def run(raw: bytes) -> None:
        document = json.loads(honest)
        place(document, base64.b64encode(raw).decode())
        examine_bundle(json.dumps(document).encode())

    return run


def set_certificate(document: bundles.Document, text: str) -> None:
    """Put base64 text in the place of the signing certificate."""
    bundles.material(document)["certificate"] = {"rawBytes": text}


def set_timestamp(document: bundles.Document, text: str) -> None:
    """Put base64 text in the place of the timestamp."""
    bundles.material(document)["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": text}]}


def set_log_body(document: bundles.Document, text: str) -> None:
    """Put base64 text in the place of the log entry's body."""
    bundles.entry_of(document)["canonicalizedBody"] = text


def list_index(raw: bytes) -> None:
    """Read an image index, which may be no release; at most a hundred of anything come out."""
    with suppress(Malformed):
        require_image(raw)
    assert len(read_platforms(raw)) <= 100
    assert len(read_inner_attestations(raw)) <= 100


def join_document(raw: bytes) -> None:
    """Take an attached document for evidence, which never raises."""
    cover = bundles.examine(json.dumps(seeds.bundle_documents()[0]).encode())
    assert isinstance(cover, Attestation)
    carrier = Carrier("", "", (Layer(Holding.DOCUMENT, "", bundles.OTHER, len(raw), b""),))
    assert join(cover.found, bundles.SUBJECT, carrier, raw, cover).found == cover.found


def inflate(raw: bytes) -> None:
    """Decompress a Snappy block."""
    assert len(decompress(raw, _INFLATED)) <= _INFLATED


def read_certificate(raw: bytes) -> None:
    """Read a DER certificate and its signer."""
    leaf = load_certificate(raw)
    check_profile(leaf)
    read_signer(leaf)


def hold_canonical(raw: bytes) -> None:
    """Read canonical JSON, which must be written again as it was."""
    assert canonical(load_canonical(raw)) == raw


def edit_file(raw: bytes) -> None:
    """Look for the pins of every kind of target; what can be edited must come out as the editor says."""
    compose(raw, "file.yaml")
    for target in seeds.TARGETS:
        try:
            read_pins(raw, target, seeds.IMAGE)
            after = edit(raw, target, seeds.IMAGE, pinned.new()).raw
        except EditRefused:
            continue
        assert pins_only(raw, after, (target,), seeds.IMAGE, pinned.RELEASE, pinned.NEW)


def read_configuration(raw: bytes) -> None:
    """Read a configuration file."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(raw)
        read_document(Path(file.name), {"HOME": "/x"})


def answer_challenge(raw: bytes) -> None:
    """Answer a WWW-Authenticate header, of a registry on the web and of one on loopback."""
    header = header_of(raw)
    for url in ("https://registry.example:443", "http://127.0.0.1:5000"):
        tokens = Authenticator(Endpoint("registry.example"), url, lambda *_: answer_of(b'{"token":"t"}'))
        try:
            tokens.answer(header, "repository:team/app:pull", None)
        except OutsideError as error:
            refused = error
        else:
            return
    raise refused


def fetch_token(raw: bytes) -> None:
    """Read what a token service answers."""
    origin = "https://registry.example:443"
    tokens = Authenticator(Endpoint("registry.example"), origin, lambda *_: answer_of(raw))
    tokens.answer(f'Bearer realm="{origin}/token"', "repository:team/app:pull", None)


def tell_status(raw: bytes) -> None:
    """Read the first line as a Retry-After header and the rest as the body of a refusal."""
    head, _, body = raw.partition(b"\n")
    now = "Sat, 21 Nov 2026 12:00:00 GMT"
    wait = refusal(answer_of(body, 429, Retry_After=header_of(head), Date=now), "tags").retry_after
    assert wait is None or 0 <= wait <= 86_400


def turn_page(raw: bytes) -> None:
    """Read a registry's Link header; another host is never the next page."""
    answer = answer_of(Link=header_of(raw))
    page = next_page(answer, answer.url, "https://registry.example:443", "tags")
    assert page is None or page.startswith("https://registry.example")


def hear_forge(raw: bytes) -> None:
    """Read the first line as a forge's Link header and the rest as the document behind it."""
    head, _, body = raw.partition(b"\n")
    answer = answer_of(body, Link=header_of(head))
    _refuse_detour(answer, "GET /repos/acme/fleet/pulls")
    _document(answer, "GET /repos/acme/fleet/pulls")


def take_image(raw: bytes) -> None:
    """Take an image reference apart."""
    found = parse_image(text_of(raw))
    assert found is None or text_of(raw).startswith(found.name)


def take_source(raw: bytes) -> None:
    """Locate a source repository."""
    located = locate_source(text_of(raw))
    assert normalise_repository(located.repository) in located.repository


def escape_text(raw: bytes) -> None:
    """Escape a text in every way: what comes out is printable."""
    for escape in (one_line, prose, sentence, code, trailer_value):
        assert escape(text_of(raw)).replace("\u200b", "").isprintable()


def select_range(raw: bytes) -> None:
    """Read a range of versions and select with it."""
    parse_range(text_of(raw))
    select(ReleaseRule(semver=text_of(raw)), ("1.2.3", "v2.0.0-rc.1", "x"), ())


def take_git_name(raw: bytes) -> None:
    """Read any name that git may be given."""
    text = text_of(raw)
    every(*(lambda name, parse=parse: parse(name) for parse in (parse_oid, parse_branch, parse_path)))(text)


def take_repository(raw: bytes) -> None:
    """Read the name of a repository, which is written as it was read."""
    text = text_of(raw)
    found = parse_repository(text)
    assert str(found) == text


def take_hints(raw: bytes) -> None:
    """Let every hook take a hint that its sender could prove; whom it wakes, the configuration knows."""
    woken: list[str] = []
    hooks = Hooks(b"secret", lambda: _EXAMPLE, woken.extend)
    signed = hmac.new(b"secret", raw, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={signed}", "x-github-event": "push", "authorization": "Bearer secret"}
    for path in hooks.paths:
        assert hooks.answer(path, headers, raw).status in {202, 400, 401}
    assert set(woken) <= set(_EXAMPLE.services)
