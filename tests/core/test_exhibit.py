"""The evidence comment: whole texts, everything that an auditor asks for, and the limit of the forge."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from promoter.core.checks.subject import Phase
from promoter.core.dossier import Decision, EvidenceLine, Facts
from promoter.core.evidence import LookupFailure, SourceRevision
from promoter.core.exhibit import COMMENT_LIMIT, MARKER, Exhibit, comment
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.predicates.types import CYCLONEDX
from tests.core.proposed import (
    CANDIDATE,
    FREEZE_ENDED,
    FROZEN,
    GOOD,
    ISSUER,
    NOW,
    PIPELINE,
    POLICY,
    RELEASED,
    SBOM,
    SCAN,
    SOURCE,
    UNDECIDED_FINDING,
    UNSIGNED_FINDING,
    commit,
    digest,
)

TEXTS = Path(__file__).with_name("texts")
DOCUMENT = Path(__file__).parents[2] / "docs" / "pull-request.md"
SCANNING = "https://forge.example/security/scanning/.github/workflows/scan.yml@refs/heads/main"
SIGN = "https://sigstore.dev/cosign/sign/v1"
PROVENANCE_V1 = "https://slsa.dev/provenance/v1"
VULN = "https://cosign.sigstore.dev/attestation/vuln/v1"
LOG = "c0" * 32


def line(byte: str, kind: str, index: int, signer: str = PIPELINE) -> EvidenceLine:
    return EvidenceLine(
        blob=digest(byte),
        manifest=digest(f"e{byte[1]}"),
        predicate_type=kind,
        signer=signer,
        issuer=ISSUER,
        signed_at=NOW - timedelta(hours=3, seconds=index),
        log_id=LOG,
        log_index=index,
    )


BROKEN = EvidenceLine(
    blob=digest("59"),
    manifest=digest("e9"),
    predicate_type=VULN,
    signer="",
    issuer="",
    signed_at=None,
    log_id="",
    log_index=0,
    state="invalid",
    code="bundle.signature-invalid",
    detail="the signature does not verify",
)
EVIDENCE = (
    line("54", VULN, 104, SCANNING),
    line("52", PROVENANCE_V1, 102),
    line("51", SIGN, 101),
    line("53", "https://cyclonedx.org/bom", 103),
)
FACTS = Facts(
    CANDIDATE.digest, digest("70"), SourceRevision(SOURCE, "refs/tags/v1.8.3", commit("c3")), EVIDENCE, (), ()
)
FINDINGS = (
    *GOOD[:2],
    replace(SBOM, cites=(digest("53"),)),
    replace(SCAN, cites=(digest("54"),)),
    replace(GOOD[4], cites=(digest("54"),)),
)


def exhibit(*findings: Finding, facts: Facts = FACTS, outcome: Outcome = Outcome.PASS) -> Exhibit:
    decision = Decision(
        CANDIDATE, "staging", Phase.PROPOSE, NOW, outcome, POLICY, facts, findings, engine="promoter 0.1.0"
    )
    return Exhibit(
        reference=f"registry.example/acme/cart@{CANDIDATE.digest}",
        environment="staging",
        head=commit("ab"),
        decision=decision,
        decision_digest=digest("de"),
        checkpoint=f"ledger.example 340 {'08' * 32}",
    )


PLATFORMS = (f"linux/amd64 {digest('a1')}", f"linux/arm64 {digest('a2')}")
EXHIBITS = {
    "evidence-good": exhibit(*FINDINGS),
    "evidence-of-an-index": exhibit(*FINDINGS, facts=replace(FACTS, platforms=PLATFORMS)),
    "evidence-blocked": exhibit(
        UNSIGNED_FINDING,
        *FINDINGS[1:3],
        UNDECIDED_FINDING,
        facts=replace(
            FACTS,
            source=replace(FACTS.source, commit="") if FACTS.source else None,
            evidence=(BROKEN, line("55", "https://example.org/attested/v1", 105), *EVIDENCE[1:2]),
            failures=(LookupFailure("referrers", "outside.timeout", "no answer in 10 s"),),
        ),
        outcome=Outcome.FAIL,
    ),
    "evidence-absent": replace(
        exhibit(UNSIGNED_FINDING, facts=Facts(CANDIDATE.digest, None, None, (), (), ()), outcome=Outcome.FAIL),
        checkpoint="",
    ),
    "evidence-released": replace(exhibit(*FINDINGS), known=RELEASED),
}


def block(text: str) -> dict[str, Any]:
    found = re.search(r"^```json\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    assert found
    content: dict[str, Any] = json.loads(found[1])
    return content


@pytest.mark.parametrize("name", EXHIBITS)
def test_the_comment_is_this_text(name: str) -> None:
    assert comment(EXHIBITS[name]) == (TEXTS / f"{name}.md").read_text(encoding="utf-8")


def test_the_document_for_readers_shows_the_real_text() -> None:
    assert (TEXTS / "evidence-good.md").read_text(encoding="utf-8") in DOCUMENT.read_text(encoding="utf-8")


# --- every element of the design --------------------------------------------------------------------------------------


def test_the_marker_stands_first_so_that_the_comment_is_found_again() -> None:
    assert comment(EXHIBITS["evidence-good"]).startswith(f"{MARKER}\n")


@pytest.mark.parametrize("piece", EVIDENCE)
def test_every_piece_has_digest_signer_log_index_signed_time_and_use(piece: EvidenceLine) -> None:
    text = comment(EXHIBITS["evidence-good"])
    about = text[text.index(f"`{piece.predicate_type}`, used by ") :].split("\n- ")[0]
    assert f"signed by `{piece.signer}`, issuer `{piece.issuer}`\n" in about
    assert f"signed at {piece.signed_at:%Y-%m-%d %H:%M:%SZ}, log `{LOG}` entry {piece.log_index}\n" in about
    assert f"bundle `{piece.blob}` in manifest `{piece.manifest}`" in about


@pytest.mark.parametrize(
    "value",
    [digest("de"), POLICY, digest("70"), f"ledger.example 340 {'08' * 32}", commit("c3"), commit("ab"), SOURCE],
)
def test_the_inputs_of_the_decision_are_named(value: str) -> None:
    assert f"`{value}`" in comment(EXHIBITS["evidence-good"])


def test_the_command_that_verifies_it_stands_alone_in_a_block() -> None:
    assert f"```sh\npromoter verify --decision {digest('de')}\n```\n" in comment(EXHIBITS["evidence-good"])


def test_who_ended_a_freeze_is_kept_beside_the_decision_for_people_and_machines() -> None:
    text = comment(EXHIBITS["evidence-released"])
    row = f"by `ines`, 2026-11-21 12:00:00Z: rebuilt by mistake; the tag was moved to `{digest('84')}`"
    assert f"\n| freeze ended | {row} |\n" in text
    assert block(text)["frozen"] is False
    assert block(text)["freezes_ended"] == [
        {"actor": "ines", "at": "2026-11-21T12:00:00Z", "moved_to": digest("84"), "reason": "rebuilt by mistake"}
    ]


def test_a_frozen_release_is_said_to_be_so_whatever_its_evidence_says() -> None:
    text = comment(replace(EXHIBITS["evidence-good"], known=FROZEN))
    assert f"\n| frozen | the tag 1.8.3 was moved to `{digest('84')}` |\n" in text
    assert (block(text)["frozen"], block(text)["freezes_ended"]) == (True, [])


def test_platforms_of_an_index_are_listed() -> None:
    text = comment(EXHIBITS["evidence-of-an-index"])
    assert [f"| platform | `{platform}` |" in text for platform in PLATFORMS] == [True, True]


def test_evidence_about_a_platform_is_told_with_the_platform() -> None:
    own = line("5a", "https://cyclonedx.org/bom", 110)
    down = LookupFailure("referrers", "outside.timeout", "no answer in 10 s")
    part = Facts(digest("a2"), digest("70"), None, (own,), (down,), ())
    text = comment(exhibit(*FINDINGS, facts=replace(FACTS, platforms=PLATFORMS, parts=(part,))))

    assert f"  - bundle `{own.blob}` in manifest `{own.manifest}`\n  - about the platform `linux/arm64`\n" in text
    assert text.count("about the platform") == 1
    assert "| not answered | `referrers`: `outside.timeout` no answer in 10 s |\n" in text
    assert block(text)["evidence_count"] == len(EVIDENCE) + 1
    assert [one.get("platform") for one in block(text)["evidence"]] == [None, None, None, "linux/arm64", None]


def test_what_does_not_verify_stands_last_with_its_code() -> None:
    text = comment(EXHIBITS["evidence-blocked"])
    assert text.index("**provenance**") < text.index("**attestation**") < text.index("❌ **scan**")
    assert "invalid: `bundle.signature-invalid` the signature does not verify\n" in text
    assert "`https://example.org/attested/v1`, used by no check\n" in text


def test_a_message_signature_without_a_type_is_a_signature() -> None:
    text = comment(exhibit(*FINDINGS, facts=replace(FACTS, evidence=(line("51", "", 1),))))
    assert "- **signature**, used by signature\n" in text


def test_the_block_for_machines_says_the_same() -> None:
    content = block(comment(EXHIBITS["evidence-good"]))
    assert [content[name] for name in ("service", "release", "digest", "environment", "head", "outcome")] == [
        "cart",
        "1.8.3",
        CANDIDATE.digest,
        "staging",
        commit("ab"),
        "pass",
    ]
    assert [content[name] for name in ("decision", "policy", "trust_root")] == [digest("de"), POLICY, digest("70")]
    assert [one["check"] for one in content["findings"]] == [one.check for one in FINDINGS]
    assert [(one["type"], one["log_index"]) for one in content["evidence"]] == [
        (SIGN, 101),
        (PROVENANCE_V1, 102),
        ("https://cyclonedx.org/bom", 103),
        (VULN, 104),
    ]
    assert "https://cyclonedx.org/bom" in CYCLONEDX


# --- hostile and large ------------------------------------------------------------------------------------------------

HOSTILE = "```\n</details><script>|`@a`[x](https://evil.example)\u202e\ud800 " * 20


def swollen(count: int, text: str) -> Exhibit:
    piece = replace(EVIDENCE[0], predicate_type=text, signer=text, issuer=text, log_id=text)
    broken = replace(BROKEN, predicate_type=text, detail=text)
    told = exhibit(
        *(Finding(f"check-{at} {text}", Mode.ENFORCE, Outcome.PASS, text) for at in range(count)),
        facts=replace(
            FACTS,
            evidence=(piece, broken) * (count // 2),
            failures=tuple(LookupFailure(text, "outside.timeout", text) for _ in range(count)),
            platforms=(text,) * count,
            source=SourceRevision(text, text, text),
        ),
    )
    ended = replace(FREEZE_ENDED, actor=text, reason=text)
    return replace(told, known=replace(RELEASED, ended=(ended,) * count))


@pytest.mark.parametrize("filling", [HOSTILE, "😀" * 1000, "*" * 1000, "x"])
def test_ten_thousand_of_everything_fit_and_nothing_is_lost_silently(filling: str) -> None:
    text = comment(swollen(10_000, filling))
    assert len(text) <= COMMENT_LIMIT < 65_536
    assert re.search(r"^- and 99\d\d more$", text, re.MULTILINE)
    assert re.search(r"^\| \| and 29[89]\d\d more \|$", text, re.MULTILINE)
    assert f"promoter verify --decision {digest('de')}\n" in text
    assert (block(text)["decision"], block(text)["evidence_count"]) == (digest("de"), 10_000)


def test_hostile_text_stays_text_in_every_place() -> None:
    text = comment(swollen(2, HOSTILE))
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert html.count("<details>") == html.count("</details>") == 1
    assert set(re.findall(r"<([a-z0-9]+)", html)) == {
        *(
            "code",
            "details",
            "h3",
            "li",
            "p",
            "pre",
            "strong",
            "summary",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tr",
            "ul",
        ),
    }
    assert "evil.example" not in re.sub(r"<code.*?</code>", "", html, flags=re.DOTALL)
    assert block(text)["evidence"][0]["state"] == "valid"
    text.encode()


def test_a_key_s_signature_without_log_and_time_says_so() -> None:
    keyed = replace(line("a1", SIGN, 0, signer=""), issuer="", signed_at=None, log_id="", key="sha256:" + "0f" * 32)
    text = comment(exhibit(*FINDINGS, facts=replace(FACTS, evidence=(keyed,))))

    assert f"  - signed by key `sha256:{'0f' * 32}`\n" in text
    assert "  - signed at a time that nobody vouches for, in no transparency log\n" in text
    assert f'"key": "sha256:{"0f" * 32}"' in text
