"""Foreign text that comes in as evidence goes out as text: through every check, in title, body, comment and commit.

The text stands wherever somebody else writes it: in a certificate, a predicate, a package's name, an annotation, a tag.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from promoter.core.candidate import Candidate, Digest, Repository
from promoter.core.checks import CHECKS
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.subject import Subject
from promoter.core.checks.vulnerabilities import VulnerabilitiesParams
from promoter.core.dossier import facts_of
from promoter.core.edit import edit
from promoter.core.evidence import LookupFailure, Signer, SourceRevision
from promoter.core.exhibit import COMMENT_LIMIT, Exhibit, comment
from promoter.core.finding import Finding
from promoter.core.proposal import BODY_LIMIT, body, title
from promoter.core.sight import PinSight
from promoter.core.target import EditRefused, Target, TargetKind
from promoter.core.verdict import VerifiedDigest
from tests.core.checks.pieces import (
    CYCLONEDX,
    DIGEST,
    PROVENANCE_V1,
    SCANNERS,
    VULN,
    Piece,
    broken,
    cyclonedx,
    in_cosign,
    provenance,
    subject,
    trivy,
    trivy_finding,
    with_source,
)
from tests.core.proposed import draft
from tests.core.test_exhibit import exhibit

TEXTS = {
    "Markdown": "![x](https://evil.example/p.png) [y](https://evil.example) **b** | c |\n\n# h\n- i",
    "HTML": "<script>alert(1)</script></details><img src=x onerror=alert(1)><!-- ",
    "a mention": "thanks @octocat and @acme/admins",
    "a closing keyword": "fixes #12, closes acme/cart#7, resolves GH-9",
    "a very long text": "long" * 5_000,
    "line breaks": "one\r\ntwo\u2028three\x00\x1b[31mfour",
    "back-ticks": "``` a `b` ``",
    "a direction": "safe\u202egnp.exe",
}
BUILDER = "https://builder.example"
NEW = "sha256:" + "1" * 64
PINS = b"images:\n  - name: registry.example/acme/cart\n    newTag: 0.9.0\n"
TARGET = Target(path="kustomization.yaml", kind=TargetKind.KUSTOMIZE)
PARAMS = {
    "signature": SignatureParams(signers=("pipeline",)),
    "provenance": ProvenanceParams(signers=("pipeline",), builders=(BUILDER,), build_types=(BUILDER,)),
    "sbom": SbomParams(signers=("pipeline",), min_components=1000),
    "scan": ScanParams(signers=("scanners",), scanners=("grype",), max_age=timedelta(minutes=1)),
    "vulnerabilities": VulnerabilitiesParams(
        signers=("scanners",), limits=SeverityLimits(critical=Limits(fixable=0, not_fixable=0, unknown=0))
    ),
}


def hostile_predicates(text: str) -> tuple[Piece, ...]:
    """Give evidence whose signature is good, and all of whose content is the text."""
    finding = trivy_finding(text, PkgName=text, InstalledVersion=text, Title=text, PrimaryURL=text, FixedVersion=text)
    made: Mapping[str, Any] = provenance(repository=text, ref=text, commit=text, **{text[:100]: text})
    sbom = cyclonedx()
    listed = {**sbom, "components": [{"type": "library", "name": text, "version": text, "purl": text}]}
    return (
        Piece("built", PROVENANCE_V1, {**made, "runDetails": {"builder": {"id": text}}}),
        Piece("listed", CYCLONEDX, listed),
        Piece("scanned", VULN, in_cosign(trivy(finding)), SCANNERS),
    )


def hostile_subject(text: str) -> Subject:
    """Give everything that somebody else could have written, with the text in it."""
    stranger = Signer(text, text)
    unusable = (broken("claimed", text), replace(broken("told", PROVENANCE_V1), detail=text))
    failures = (LookupFailure(text, "outside.bad-answer", text),)
    strangers = (Piece("other type", text[:300], {}, stranger), Piece("signed", "", {}, stranger))
    found = subject(*hostile_predicates(text), *strangers, unusable=unusable, failures=failures)
    return with_source(found, SourceRevision(text, text, text, (text,)))


def examined(found: Subject) -> tuple[Finding, ...]:
    return tuple(CHECKS[name].apply(params, found) for name, params in PARAMS.items())


def shown(found: Subject) -> tuple[str, str]:
    """Give body and comment of a proposal about this evidence."""
    findings = examined(found)
    told: Exhibit = exhibit(*findings, facts=facts_of(found.evidence))
    return body(draft(*findings)), comment(told)


def rendered(text: str) -> str:
    """Render as a forge does that lets HTML through, and take away what stands in code."""
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    return re.sub(r"<code.*?</code>", "", html, flags=re.DOTALL)


ALLOWED = {
    *("a", "details", "h3", "li", "p", "pre", "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_from_evidence_stays_text_in_body_and_comment(text: str) -> None:
    for written, limit in zip(shown(hostile_subject(text)), (BODY_LIMIT, COMMENT_LIMIT), strict=True):
        html = rendered(written)
        assert len(written) <= limit
        assert set(re.findall(r"<([a-z0-9]+)", html)) <= ALLOWED
        assert re.findall(r"evil\.example|@octocat|@acme|#12|#7\b|GH-9", html) == []
        assert not {"\x00", "\x1b", "\u2028", "\u202e"} & set(written)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_hostile_text_makes_a_finding_pass(text: str) -> None:
    assert [finding.check for finding in examined(hostile_subject(text)) if finding.outcome.value == "pass"] == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_a_finding_says_can_be_told(text: str) -> None:
    sentences = [reason.sentence for finding in examined(hostile_subject(text)) for reason in finding.reasons]

    assert any(text[:40] in sentence for sentence in sentences), "the text never came this far, so nothing is shown"


# --- tags -------------------------------------------------------------------------------------------------------------

ODD_TAGS = (
    *("__b__", "_i_", "www.evil.example", "GH-12", "0a1b2c3d4e", "a..b", "x.lock", "HEAD"),
    *("1.", "null", "0x1F", "1e3", "yes", "2026-11-21", "_-", "1_000"),
)
TAGS = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z") | st.sampled_from(ODD_TAGS)


@given(TAGS)
def test_a_tag_of_any_name_is_text_in_title_and_body(tag: str) -> None:
    candidate = Candidate("cart", tag, DIGEST)
    html = rendered(body(replace(draft(), candidate=candidate, running=PinSight(tag, DIGEST))))

    assert title(candidate, "prod") == f"promote cart {tag} to prod"
    assert set(re.findall(r"<([a-z0-9]+)", html)) <= ALLOWED
    assert "<strong>b</strong>" not in html
    assert "www.evil" not in html


@pytest.mark.parametrize(
    ("release", "digest", "code"),
    [
        ("1.0\nevil: yes", NEW, "edit.not-a-tag"),
        ("1.0: {a: b}", NEW, "edit.not-a-tag"),
        ("'1.0", NEW, "edit.not-a-tag"),
        ("&a 1.0", NEW, "edit.not-a-tag"),
        ("1.0 # none", NEW, "edit.not-a-tag"),
        ("!!python/object 1", NEW, "edit.not-a-tag"),
        ("1.0", f"{NEW}\nevil: yes", "edit.not-exact"),
        ("1.0", f"{NEW} # none", "edit.not-exact"),
        ("1.0", "sha256:" + "F" * 64, "edit.not-a-pin"),
        ("1.0", "*alias", "edit.unparseable"),
    ],
)
def test_no_release_and_no_digest_writes_anything_but_itself_into_a_file(release: str, digest: str, code: str) -> None:
    with pytest.raises(EditRefused) as refused:
        edit(PINS, TARGET, Repository("registry.example", "acme/cart"), VerifiedDigest(Digest(digest), release))

    assert refused.value.code.value == code
