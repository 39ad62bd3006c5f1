"""The table of targets: every parser of foreign bytes, with the exceptions that it documents.

Rule: a target returns or raises one of its refusals, whatever the bytes; everything else is a bug. The readers of
predicates are found by their two parameters; every other reader has a row. `test_completeness` holds the package to it.
"""

import base64
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from cryptography import x509

import promoter.core.predicates
from promoter.adapters.notes_ed25519 import Ed25519Verifier
from promoter.adapters.signatures_sigstore import UnusableTrustRoot
from promoter.adapters.signatures_sigstore.members import read_members
from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.core.audit import entry_refs
from promoter.core.candidate import parse_digest
from promoter.core.checkpoint import open_note, parse_body, parse_trailer, parse_trailers, parse_verifier_key
from promoter.core.identity_pattern import check_pattern
from promoter.core.manifest import read_carrier
from promoter.core.public_key import parse_public_key
from promoter.core.signed_exceptions import read_exception
from promoter.core.statement import parse_statement
from promoter.core.strict_json import Malformed, read_object
from promoter.core.target import EditRefused
from promoter.journal import read_entry
from promoter.ports import OutsideError
from promoter.strict_yaml import ConfigError
from promoter.transport.git_names import RefusedName, parse_address, parse_person
from promoter.transport.git_porcelain import read_push
from promoter.transport.registry_lists import (
    read_descriptors,
    read_digest,
    read_entries,
    read_json,
    read_subject,
    read_tags,
)
from promoter.transport.snappy import ContentTooLongError, NotSnappyError
from tests.adapters import bundles
from tests.fakes.ledger import SIGNER
from tests.fuzz import runs, seeds
from tests.fuzz.target import Form, FuzzTarget

_LEAF = "adapters.signatures_sigstore.certificate"
_BUNDLE = "adapters.signatures_sigstore.bundle"
_LAYER = "adapters.signatures_sigstore.layer"
_READINGS = tuple(
    f"adapters.signatures_sigstore.reading.{name}" for name in ("read_piece", "read_stated", "claimed_type")
)
_LISTS = "transport.registry_lists"
_NAMES = "transport.git_names"
_POINT = "core.checkpoint"
_X509 = (x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType)
_KEY = str(SIGNER.verifier_key)
_HONEST = seeds.bundle_documents()[0]
_STAMP = bundles.material(_HONEST)["timestampVerificationData"]["rfc3161Timestamps"][0]["signedTimestamp"]
_LOG_BODY = bundles.entry_of(_HONEST)["canonicalizedBody"]


# --- predicates -------------------------------------------------------------------------------------------------------


def _predicate_targets() -> Iterator[FuzzTarget]:
    """Make a target of every public reader of predicates; its seeds are the predicates that it reads, or all."""
    documents = seeds.predicate_documents()
    for module in pkgutil.iter_modules(promoter.core.predicates.__path__):
        loaded = importlib.import_module(f"promoter.core.predicates.{module.name}")
        for name, reader in inspect.getmembers(loaded, inspect.isfunction):
            if name.startswith("read_") and reader.__module__ == loaded.__name__ and _is_reader(reader):
                target = FuzzTarget(
                    name=name.removeprefix("read_").replace("_", "-"),
                    form=Form.JSON,
                    run=runs.predicate_run(reader),
                    seeds=documents,
                    refusals=(Malformed,),
                    covers=(f"core.predicates.{module.name}.{name}",),
                )
                read = tuple(raw for raw in documents if target.accepts(raw))
                yield replace(target, seeds=read or documents)


def _is_reader(reader: Callable[..., object]) -> bool:
    return tuple(one.annotation for one in inspect.signature(reader).parameters.values()) == (str, object)


# --- everything else --------------------------------------------------------------------------------------------------


_DOCUMENTS = (
    FuzzTarget(
        name="json",
        form=Form.JSON,
        run=read_object,
        seeds=seeds.statements(),
        refusals=(Malformed,),
        covers=("core.strict_json.read_object",),
    ),
    FuzzTarget(
        name="policy-exception",
        form=Form.JSON,
        run=lambda raw: read_exception(read_object(raw), parse_digest(f"sha256:{'ab' * 32}")),
        seeds=seeds.exceptions(),
        refusals=(Malformed,),
        covers=("core.signed_exceptions.read_exception",),
    ),
    FuzzTarget(
        name="hooks",
        form=Form.JSON,
        run=runs.take_hints,
        seeds=seeds.hints(),
    ),
    FuzzTarget(
        name="statement",
        form=Form.JSON,
        run=parse_statement,
        seeds=seeds.statements(),
        refusals=(Malformed,),
        covers=("core.statement.parse_statement",),
    ),
    FuzzTarget(
        name="bundle",
        form=Form.JSON,
        run=runs.examine_bundle,
        seeds=seeds.as_bytes(*seeds.bundle_documents()),
        covers=(f"{_BUNDLE}.read_bundle", f"{_BUNDLE}_model.read_model", *_READINGS),
    ),
    FuzzTarget(
        name="cosign-layer",
        form=Form.JSON,
        run=runs.examine_layer,
        seeds=seeds.layers(),
        covers=(f"{_LAYER}.read_layer", f"{_LAYER}.claimed_payload"),
    ),
    FuzzTarget(
        name="simple-signing",
        form=Form.JSON,
        run=runs.check_simple_signing,
        seeds=seeds.payloads(),
        refusals=(Malformed, Refusal),
    ),
    FuzzTarget(
        name="trusted-root",
        form=Form.JSON,
        run=lambda raw: read_members(raw, "trusted_root.json"),
        seeds=(bundles.trusted_root(),),
        refusals=(UnusableTrustRoot,),
        covers=(
            "adapters.signatures_sigstore.members.read_members",
            "adapters.signatures_sigstore.authority.load_authority",
        ),
    ),
    FuzzTarget(
        name="manifest",
        form=Form.JSON,
        run=read_carrier,
        seeds=seeds.manifests(),
        refusals=(Malformed,),
        covers=("core.manifest.read_carrier",),
    ),
    FuzzTarget(
        name="platforms",
        form=Form.JSON,
        run=runs.list_index,
        seeds=seeds.manifests(),
        covers=("core.manifest.read_platforms", "core.manifest.read_inner_attestations"),
    ),
    FuzzTarget(
        name="attachment",
        form=Form.JSON,
        run=runs.join_document,
        seeds=seeds.attached(),
    ),
    FuzzTarget(
        name="registry-lists",
        form=Form.JSON,
        run=runs.every(
            lambda raw: read_tags(raw, "tags"),
            lambda raw: read_descriptors(raw, "referrers"),
            lambda raw: read_subject(raw, "manifest"),
            lambda raw: [read_digest(one, "index") for one in read_entries(raw, "index")],
            lambda raw: read_json(raw, "manifest"),
        ),
        seeds=(*seeds.lists(), *seeds.manifests()),
        refusals=(OutsideError,),
        covers=tuple(
            f"{_LISTS}.{name}"
            for name in ("read_tags", "read_descriptors", "read_subject", "read_digest", "read_entries", "read_json")
        ),
    ),
    FuzzTarget(
        name="registry-token",
        form=Form.JSON,
        run=runs.fetch_token,
        seeds=seeds.as_bytes({"token": "abc", "expires_in": 300}, {"access_token": "abc"}),
        refusals=(OutsideError,),
    ),
    FuzzTarget(
        name="canonical-json",
        form=Form.JSON,
        run=runs.hold_canonical,
        seeds=seeds.entries(),
        refusals=(ValueError,),
        covers=("core.canonical.load_canonical",),
    ),
    FuzzTarget(
        name="ledger-entry",
        form=Form.JSON,
        run=runs.every(read_entry, entry_refs),
        seeds=seeds.entries(),
        refusals=(ValueError,),
        covers=("journal.read_entry",),
    ),
)

_TEXTS = (
    FuzzTarget(
        name="checkpoint",
        form=Form.TEXT,
        run=lambda raw: runs.every(parse_body, parse_trailer, parse_trailers, parse_verifier_key)(runs.text_of(raw)),
        seeds=seeds.checkpoints(),
        refusals=(ValueError,),
        covers=tuple(
            f"{_POINT}.{name}" for name in ("parse_body", "parse_trailer", "parse_trailers", "parse_verifier_key")
        ),
    ),
    FuzzTarget(
        name="note",
        form=Form.TEXT,
        run=lambda raw: parse_body(open_note(runs.text_of(raw), Ed25519Verifier(_KEY))),
        seeds=seeds.notes(),
        refusals=(ValueError,),
        covers=(f"{_POINT}.open_note",),
    ),
    FuzzTarget(
        name="verifier-key",
        form=Form.TEXT,
        run=lambda raw: Ed25519Verifier(runs.text_of(raw)).verifies(raw, raw),
        seeds=(_KEY.encode(),),
        refusals=(ValueError,),
    ),
    FuzzTarget(
        name="public-key",
        form=Form.TEXT,
        run=lambda raw: parse_public_key(runs.text_of(raw)),
        seeds=seeds.public_keys(),
        refusals=(ValueError,),
        covers=("core.public_key.parse_public_key",),
    ),
    FuzzTarget(
        name="manifest-file",
        form=Form.TEXT,
        run=runs.edit_file,
        seeds=seeds.files(),
        refusals=(EditRefused,),
        covers=("core.yaml_marks.compose", "core.edit.read_pins"),
    ),
    FuzzTarget(
        name="configuration",
        form=Form.TEXT,
        run=runs.read_configuration,
        seeds=(b"a: ${HOME}/x\nb:\n- 10m\n- 'x'\n", *seeds.files()),
        refusals=(ConfigError,),
        covers=("strict_yaml.read_document",),
    ),
    FuzzTarget(
        name="image",
        form=Form.TEXT,
        run=runs.take_image,
        seeds=(b"registry.example:5000/team/app:v1@sha256:" + b"0" * 64, b"app"),
        covers=("core.image_reference.parse_image",),
    ),
    FuzzTarget(
        name="repository",
        form=Form.TEXT,
        run=runs.take_repository,
        seeds=(b"registry.example/team/app",),
        refusals=(ValueError,),
        covers=("core.candidate.parse_repository",),
    ),
    FuzzTarget(
        name="digest",
        form=Form.TEXT,
        run=lambda raw: parse_digest(runs.text_of(raw)),
        seeds=(b"sha256:" + b"0" * 64,),
        refusals=(ValueError,),
        covers=("core.candidate.parse_digest",),
    ),
    FuzzTarget(
        name="source",
        form=Form.TEXT,
        run=runs.take_source,
        seeds=(b"git+https://forge.example/acme/cart@refs/tags/v1", b"https://forge.example/acme/cart.git#main"),
        covers=("core.predicates.source.locate_source",),
    ),
    FuzzTarget(
        name="range",
        form=Form.TEXT,
        run=runs.select_range,
        seeds=(b">=1.2 <3, ^1.4", b"~2.1.0-rc.1"),
        refusals=(ValueError,),
        covers=("core.releases.parse_range",),
    ),
    FuzzTarget(
        name="pattern",
        form=Form.TEXT,
        run=lambda raw: check_pattern(runs.text_of(raw)),
        seeds=(b"https://forge.example/acme/*@refs/tags/v*",),
        refusals=(ValueError,),
    ),
    FuzzTarget(
        name="escape",
        form=Form.TEXT,
        run=runs.escape_text,
        seeds=(b"a `b` @c #1 https://x.example GH-1", b"- | <b>"),
    ),
    FuzzTarget(
        name="challenge",
        form=Form.TEXT,
        run=runs.answer_challenge,
        seeds=(
            b'Bearer realm="https://registry.example/token",service="r",scope="repository:team/app:pull"',
            b'Basic realm="x"',
        ),
        refusals=(OutsideError,),
        covers=("transport.registry_auth.parse_challenge",),
    ),
    FuzzTarget(
        name="next-page",
        form=Form.TEXT,
        run=runs.turn_page,
        seeds=(b'</v2/team/app/tags/list?last=b&n=10>; rel="next"',),
        refusals=(OutsideError,),
    ),
    FuzzTarget(
        name="status",
        form=Form.TEXT,
        run=runs.tell_status,
        seeds=(b'120\n{"errors":[{"code":"DENIED"}]}', b"Sat, 21 Nov 2026 12:01:00 GMT\n{}"),
    ),
    FuzzTarget(
        name="forge-answer",
        form=Form.TEXT,
        run=runs.hear_forge,
        seeds=(b'<https://registry.example/x>; rel="next"\n{"a": []}',),
        refusals=(OutsideError,),
    ),
    FuzzTarget(
        name="git-name",
        form=Form.TEXT,
        run=runs.take_git_name,
        seeds=(b"promote/prod/cart", b"environments/prod/cart.yaml", b"0f" * 20),
        refusals=(RefusedName,),
        covers=tuple(f"{_NAMES}.{name}" for name in ("parse_oid", "parse_branch", "parse_path")),
    ),
    FuzzTarget(
        name="person",
        form=Form.TEXT,
        run=lambda raw: parse_person(runs.text_of(raw)),
        seeds=(b"bot@forge.example",),
        refusals=(RefusedName,),
        covers=(f"{_NAMES}.parse_person",),
    ),
    FuzzTarget(
        name="git-address",
        form=Form.TEXT,
        run=lambda raw: parse_address(runs.text_of(raw)),
        seeds=(b"https://forge.example/acme/fleet.git", b"http://127.0.0.1:3000/acme/fleet"),
        refusals=(RefusedName,),
        covers=(f"{_NAMES}.parse_address",),
    ),
    FuzzTarget(
        name="push-report",
        form=Form.TEXT,
        run=lambda raw: read_push(raw, "refs/heads/main"),
        seeds=(
            b"To x\n \t0:refs/heads/main\t0f..0e\nDone\n",
            b"!\t0:refs/heads/main\t[rejected] (fetch first)\n",
        ),
        refusals=(OutsideError,),
        covers=("transport.git_porcelain.read_push",),
    ),
)

_BINARIES = (
    FuzzTarget(
        name="snappy",
        form=Form.BINARY,
        run=runs.inflate,
        seeds=(b"\x0a\x10hello\x05\x05", b"\x05\x10hello"),
        refusals=(NotSnappyError, ContentTooLongError),
        covers=("transport.snappy.decompress",),
    ),
    FuzzTarget(
        name="certificate",
        form=Form.BINARY,
        run=runs.read_certificate,
        seeds=seeds.certificates(),
        refusals=(Refusal, ValueError, *_X509),  # what is no Refusal ends in the wide catch of `examine`
        covers=(f"{_LEAF}.load_certificate", f"{_LEAF}.read_signer"),
    ),
    FuzzTarget(
        name="bundle-certificate",
        form=Form.BINARY,
        run=runs.part_run(runs.set_certificate),
        seeds=seeds.certificates(),
    ),
    FuzzTarget(
        name="bundle-timestamp",
        form=Form.BINARY,
        run=runs.part_run(runs.set_timestamp),
        seeds=(base64.b64decode(_STAMP),),
    ),
    FuzzTarget(
        name="bundle-log-body",
        form=Form.BINARY,
        run=runs.part_run(runs.set_log_body),
        seeds=(base64.b64decode(_LOG_BODY),),
    ),
)

TARGETS: Final = (*_predicate_targets(), *_DOCUMENTS, *_TEXTS, *_BINARIES)
