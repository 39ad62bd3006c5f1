"""What every command says and how it ends: 0 pass, 1 fail, 2 usage or configuration, 3 undecided."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from promoter.core.candidate import Digest
from promoter.core.history import History
from tests.cli.company import Company, Ran
from tests.config.directory import Directory

WORKFLOW = "https://forge.acme.example/shop/{service}/.github/workflows/release.yml@refs/tags/v{release}"
CORRECT = "correct the reference, or push the release first (newest releases there: 1.1.0, 1.0.0)"
BEGIN = "there is no such repository; push a release first, or correct the image of billing"
ISSUER = "https://token.forge.acme.example"


def history(company: Company, service: str) -> History:
    store = company.store()
    try:
        return store.journal.history(service)
    finally:
        store.ledger.close()


def digest(company: Company, service: str, release: str) -> Digest:
    return history(company, service).known[release].candidate.digest


def plain(text: str) -> str:
    """Give a text with times, digests and ports made equal, and no blanks at line ends."""
    text = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
    text = re.sub(r"sha256:[0-9a-f]{12,64}", "DIGEST", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "LOOPBACK", text)
    return "\n".join(line.rstrip() for line in re.sub(r"\b[0-9a-f]{40}\b", "COMMIT", text).splitlines())


@contextmanager
def copied_state(company: Company, folder: Path) -> Iterator[Path]:
    """Give a copy of the bot's state, to be damaged."""
    copy = folder / "state"
    shutil.copytree(company.state, copy)
    yield copy


# --- config check -----------------------------------------------------------------------------------------------------


def test_config_check_says_what_it_read(company: Company) -> None:
    ran = company.run("config", "check")
    checks = "signature, provenance, sbom, scan, vulnerabilities"
    assert (ran.code, ran.err) == (0, "")
    assert plain(ran.out) == (
        f"{company.config.path}: no problem found\n"
        "services: billing, cart, search\n"
        f"environment dev: {checks} (shown only); policy DIGEST\n"
        f"environment staging after dev: {checks}; policy DIGEST\n"
        f"environment prod after staging: {checks}; policy DIGEST"
    )


def test_config_check_writes_every_problem_on_a_line_of_its_own_and_ends_with_2(
    company: Company, tmp_path: Path
) -> None:
    bad = tmp_path / "config"
    shutil.copytree(company.config.path, bad)
    for name in ("cart", "search"):
        path = bad / "services" / f"{name}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("image: ", "imgae: "), encoding="utf-8")
    ran = company.run("config", "check", config=bad)
    missing = "image is missing: the release repository with its registry's host, as it stands in manifests"
    allowed = "classes, environments, exposure, image, releases, source, targets"
    unknown = f"unknown key imgae; did you mean image? (allowed: {allowed})"
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"promoter: {bad}/services/cart.yaml:2: {unknown}\n"
        f"promoter: {bad}/services/cart.yaml:2: {missing}\n"
        f"promoter: {bad}/services/search.yaml:2: {unknown}\n"
        f"promoter: {bad}/services/search.yaml:2: {missing}\n"
    )


@pytest.mark.parametrize("command", [("status",), ("once", "--dry-run"), ("log",), ("verify", "a:1", "--env", "dev")])
def test_every_command_reads_the_configuration_first(
    company: Company, tmp_path: Path, command: tuple[str, ...]
) -> None:
    ran = company.run(*command, config=tmp_path / "none")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (f"promoter: {tmp_path}/none: no such directory; name yours with --config or PROMOTER_CONFIG\n")


# --- status and explain -----------------------------------------------------------------------------------------------


def test_status_shows_every_service_and_environment(company: Company) -> None:
    ran = company.run("status")
    assert (ran.code, ran.err) == (0, "")
    assert plain(ran.out) == (
        """
 service   environment   runs               next, and what is in its way
 ─────────────────────────────────────────────────────────────────────────────
 billing   dev           0.9.0 (not ours)   –
           staging       0.9.0 (not ours)   –
           prod          0.9.0 (not ours)   –
 cart      dev           1.0.0 settled      1.1.0 blocked
                                              signature.absent
           staging       0.9.0 (not ours)   1.1.0 blocked
                                              signature.absent
                                              vulnerabilities.over-limit
                                            1.0.0 proposed #3
           prod          0.9.0 (not ours)   1.1.0 blocked
                                              signature.absent
                                              vulnerabilities.over-limit
                                            1.0.0 waiting
                                              has not settled in staging
 search    dev           1.0.0 settled      –
                         but frozen
           staging       0.9.0 (not ours)   1.0.0 frozen
                                              tag moved to DIGEST
           prod          0.9.0 (not ours)   1.0.0 frozen
                                              tag moved to DIGEST

Incidents
  TIME  running-not-eligible, search 1.0.0 dev: runs in dev and is frozen: tag moved to DIGEST
  TIME  tag-moved, search 1.0.0: tag 1.0.0 named DIGEST when it was first seen and names DIGEST now
Did not answer, or could not be read
  billing: registry: outside.not-found"""
    )


def test_status_of_one_service_as_json_has_a_row_for_every_environment(company: Company) -> None:
    rows = json.loads(company.run("status", "cart", "--json").out)
    assert [(row["service"], row["environment"]) for row in rows] == [
        ("cart", "dev"),
        ("cart", "staging"),
        ("cart", "prod"),
    ]
    running = rows[0]["running"]
    assert (running["release"], running["standing"], running["digest"]) == (
        "1.0.0",
        "settled",
        digest(company, "cart", "1.0.0"),
    )
    assert [(one["release"], one["why"], one["number"]) for one in rows[1]["candidates"]] == [
        ("1.1.0", ["signature.absent", "vulnerabilities.over-limit"], 0),
        ("1.0.0", [], 3),
    ]


def test_explain_begins_with_the_state_the_reasons_and_whose_turn_it_is(company: Company) -> None:
    ran = company.run("explain", "cart", "--env", "dev")
    workflow = WORKFLOW.format(service="cart", release="1.1.0")
    cve = "CVE-2026-1111 in requests 2.34.2 (fixed in 2.34.3)"
    assert (ran.code, ran.err) == (0, "")
    assert plain(ran.out) == (
        f"""cart 1.1.0 (DIGEST) in dev: blocked
because: signature.absent
next: Service team: do what the remedies say, then attest this release again or cut a new one.

In the way
  FAIL  signature: there is no signature for DIGEST; there is only https://cosign.sigstore.dev/attestation/vuln/v1, \
https://cyclonedx.org/bom, https://slsa.dev/provenance/v1
        signature.absent
        -> Service team: sign it with `cosign sign REPOSITORY@DIGEST`

Shown only
  FAIL  vulnerabilities: 1 vulnerability of critical severity, fixable, 0 allowed: {cve}
        vulnerabilities.over-limit
        -> Service team: update what is named, build and release again.
        evidence DIGEST

In order
  ok    provenance: built by {workflow} from https://forge.acme.example/shop/cart refs/tags/v1.1.0 at COMMIT
        evidence DIGEST
  ok    sbom: cyclonedx 1.6 by syft 1.30.0 lists 3 components
        evidence DIGEST
  ok    scan: scanned by trivy 0.70.0 at TIME
        evidence DIGEST

The path to here
  TIME  resolved, so discovered
  TIME  failed, so blocked: signature.absent

Compute the decision again, offline: promoter verify --decision DIGEST"""
    )


@pytest.mark.parametrize(
    ("reference", "environment", "first", "then"),
    [
        ("cart:1.0.0", "dev", "cart 1.0.0 (DIGEST) in dev: eligible, settled", "next: Nobody's: it runs here."),
        (
            "registry.acme.example/shop/cart:1.0.0",
            "staging",
            "cart 1.0.0 (DIGEST) in staging: eligible, proposed",
            "next: Release managers: review pull request #3.",
        ),
        (
            "cart:1.0.0",
            "prod",
            "cart 1.0.0 (DIGEST) in prod: waiting",
            "because: has not settled in staging (gate.upstream)",
        ),
        ("search", "staging", "search 1.0.0 (DIGEST) in staging: frozen", "because: tag moved to DIGEST"),
    ],
)
def test_explain_takes_a_service_a_release_or_an_image(
    company: Company, reference: str, environment: str, first: str, then: str
) -> None:
    lines = plain(company.run("explain", reference, "--env", environment).out).splitlines()
    assert lines[:2] == [first, then]


def test_explain_says_to_the_operator_how_a_freeze_is_ended(company: Company) -> None:
    assert (
        "next: Operator: find out who moved the tag, then `promoter release search 1.0.0 --reason ...`; or cut a new "
        "release.\n" in company.run("explain", "search", "--env", "staging").out
    )


def test_explain_as_json_holds_state_findings_and_path(company: Company) -> None:
    told = json.loads(company.run("explain", "cart", "--env", "prod", "--json").out)
    assert set(told) == {
        "candidate", "environment", "eligibility", "standing", "number", "why", "path", "findings", "decision",
        "next_step", "gates",
    }  # fmt: skip
    remedy = "Release managers: promote it to staging first; see `promoter explain` for staging."
    sentence = "has not settled in staging"
    assert told["gates"] == [{"code": "gate.upstream", "sentence": sentence, "until": None, "remedy": remedy}]
    assert [(one["check"], one["outcome"]) for one in told["findings"]] == [
        ("signature", "fail"),
        ("provenance", "pass"),
        ("sbom", "pass"),
        ("scan", "pass"),
        ("vulnerabilities", "fail"),
    ]


# --- verify -----------------------------------------------------------------------------------------------------------


def test_verify_passes_with_0_and_every_finding(company: Company) -> None:
    ran = company.run("verify", "cart:1.0.0", "--env", "prod")
    workflow = WORKFLOW.format(service="cart", release="1.0.0")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == f"cart 1.0.0 {digest(company, 'cart', '1.0.0')}"
    assert plain(ran.out) == (
        f"""cart 1.0.0 DIGEST
for prod: pass
  ok    signature: signed by {workflow} (issuer {ISSUER})
  ok    provenance: built by {workflow} from https://forge.acme.example/shop/cart refs/tags/v1.0.0 at COMMIT
  ok    sbom: cyclonedx 1.6 by syft 1.30.0 lists 3 components
  ok    scan: scanned by trivy 0.70.0 at TIME
  ok    vulnerabilities: trivy found no vulnerabilities, within the limits"""
    )


def test_verify_fails_with_1_and_every_remedy(company: Company) -> None:
    ran = company.run("verify", "cart:1.1.0", "--env", "prod")
    assert ran.code == 1
    lines = [line.strip() for line in plain(ran.out).splitlines()]
    assert lines[1] == "for prod: fail"
    assert [line for line in lines if line.startswith("->")] == [
        "-> Service team: sign it with `cosign sign REPOSITORY@DIGEST`",
        "-> Service team: update what is named, build and release again.",
    ]


def test_cve_2025_25204_an_attestation_that_is_not_there_ends_verify_with_1(company: Company) -> None:
    ran = company.run("verify", "cart:1.1.0", "--env", "prod", "--json")
    codes = [reason["code"] for finding in json.loads(ran.out)["findings"] for reason in finding["reasons"]]
    assert (ran.code, codes[0]) == (1, "signature.absent")


def test_verify_as_json_has_the_shape_that_the_help_promises(company: Company) -> None:
    ran = company.run("verify", "cart:1.1.0", "--env", "dev", "--json")
    told = json.loads(ran.out)
    assert ran.code == 1
    assert set(told) == {
        "v", "outcome", "service", "release", "digest", "environment", "phase", "policy", "at", "findings",
    }  # fmt: skip
    assert (told["v"], told["outcome"], told["service"], told["release"]) == (1, "fail", "cart", "1.1.0")
    assert (told["environment"], told["phase"]) == ("dev", "propose")
    assert told["digest"] == digest(company, "cart", "1.1.0")
    assert all(
        set(one) == {"check", "mode", "outcome", "sentence", "reasons", "cites", "noted"} for one in told["findings"]
    )
    (reason,) = told["findings"][0]["reasons"]
    assert (set(reason), reason["code"]) == ({"code", "sentence", "remedy", "state"}, "signature.absent")
    assert [one["mode"] for one in told["findings"]] == ["enforce"] * 4 + ["warn"]


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        (
            "cart:9.9.9",
            f"registry.acme.example/shop/cart has no tag '9.9.9': {CORRECT}",
        ),
        (
            f"cart:1.0.0@sha256:{'0' * 64}",
            f"registry.acme.example/shop/cart has no manifest sha256:{'0' * 64}: {CORRECT}",
        ),
        (
            "billing:1.0.0",
            f"registry.acme.example/shop/billing has no tag '1.0.0': {BEGIN}",
        ),
    ],
)
def test_verify_of_what_the_registry_does_not_have_is_a_mistake_with_2_and_not_tried_again(
    company: Company, reference: str, says: str
) -> None:
    ran = company.run("verify", reference, "--env", "dev", "--json")
    assert (ran.code, ran.out, ran.err) == (2, "", f"promoter: {says}\n")


def test_verify_of_what_no_release_can_be_is_a_mistake_with_2(company: Company) -> None:
    raw = b'{"schemaVersion": 2, "manifests": []}'
    empty = company.world.registry.push_manifest("shop/cart", raw)
    ran = company.run("verify", f"cart:9.9.9@{empty}", "--env", "dev")
    assert (ran.code, ran.out) == (2, "")
    assert f"{empty} is nothing to release: the image index lists no image (image.empty-index)" in ran.err


def test_verify_with_a_silent_registry_is_undecided_with_3(company: Company) -> None:
    ran = company.run("verify", "cart:1.0.0", "--env", "dev", "--json", PROMOTER_REGISTRY="http://127.0.0.1:1")
    assert ran.code == 3
    assert ran.err.startswith("promoter: undecided: outside.")
    error = ran.err.removeprefix("promoter: undecided: ").rstrip()
    assert json.loads(ran.out) == {"v": 1, "outcome": "undecided", "error": error}


def test_verify_by_digest_judges_exactly_that(company: Company) -> None:
    good, bad = digest(company, "cart", "1.0.0"), digest(company, "cart", "1.1.0")
    assert company.run("verify", f"cart:1.0.0@{good}", "--env", "prod").code == 0
    assert company.run("verify", f"registry.acme.example/shop/cart:1.0.0@{bad}", "--env", "prod").code == 1


def test_a_kept_decision_is_reproduced_offline(company: Company, tmp_path: Path) -> None:
    decision = json.loads(company.run("explain", "cart:1.0.0", "--env", "prod", "--json").out)["decision"]
    away = "http://127.0.0.1:1"
    ran = company.run("verify", "--decision", decision, PROMOTER_REGISTRY=away, PROMOTER_FORGE_API=away)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1] == "for prod: pass"
    assert ran.out.splitlines()[-1] == f"decision {decision} reproduced: the same bytes"
    told = json.loads(company.run("verify", "--decision", decision, "--json").out)
    assert (told["decision"], told["reproduced"], told["outcome"]) == (decision, True, "pass")


def test_every_other_blob_is_refused_as_no_decision(company: Company) -> None:
    told = json.loads(company.run("explain", "cart:1.0.0", "--env", "prod", "--json").out)
    decision = json.loads(company.run("verify", "--decision", told["decision"], "--json").out)
    for blob in (digest(company, "cart", "1.0.0"), told["findings"][0]["cites"][0], decision["policy"]):
        ran = company.run("verify", "--decision", blob)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            f"promoter: {blob} is among the blobs, and it is no decision; "
            "`promoter explain` and `promoter log --json` name decisions\n"
        )


def test_a_kept_decision_is_reproduced_when_its_service_is_configured_no_more(company: Company, tmp_path: Path) -> None:
    decision = json.loads(company.run("explain", "cart:1.0.0", "--env", "prod", "--json").out)["decision"]
    config = Directory(tmp_path)
    (config.path / "services" / "cart.yaml").unlink()
    assert company.run("verify", "--decision", decision, config=config.path).code == 0


def test_the_open_proposals_of_a_removed_service_are_shown_as_watched_by_nobody(
    company: Company, tmp_path: Path
) -> None:
    told = json.loads(company.run("status", "cart", "--json").out)
    places = [place for row in told if row["environment"] == "staging" for place in row["candidates"]]
    place = next(place for place in places if place["number"])
    config = Directory(tmp_path)
    (config.path / "services" / "cart.yaml").rename(config.path / "services" / "basket.yaml")
    why = (
        f"pull request #{place['number']} is open and not watched any more: not configured; "
        "close it, or configure the service and environment again"
    )
    rows = json.loads(company.run("status", "--json", config=config.path).out)
    orphan = next(row for row in rows if row["service"] == "cart")
    assert (orphan["environment"], orphan["candidates"][0]["why"]) == ("staging", [why])
    assert "not watched any more" in " ".join(company.run("status", config=config.path).out.split())
    once = company.run("once", "search", "--dry-run", config=config.path)
    assert f"cart 1.0.0 for staging: {why}\n" in once.err
    assert "not watched" not in company.run("once", "search", "--dry-run").err


@pytest.mark.parametrize("text", ["", "  ", "x" * 1001, "two\nlines", "no\udcfftext"])
@pytest.mark.parametrize("option", ["--reason", "--actor"])
def test_a_text_that_the_ledger_cannot_hold_well_is_refused(company: Company, option: str, text: str) -> None:
    others = () if option == "--reason" else ("--reason", "rebuilt")
    ran = company.run("release", "search", "1.0.0", option, text, *others)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(
        f"Error: Invalid value for '{option}': must be one line of at most 1000 readable characters\n"
    )


def test_a_kept_decision_whose_evidence_is_lost_or_damaged_is_never_reproduced(
    company: Company, tmp_path: Path
) -> None:
    told = json.loads(company.run("explain", "cart:1.0.0", "--env", "prod", "--json").out)
    decision, evidence = told["decision"], told["findings"][0]["cites"][0]
    with copied_state(company, tmp_path) as state:
        blob = state / "blobs" / "sha256" / evidence[7:9] / evidence[9:]
        blob.chmod(0o600)
        blob.write_bytes(b"{}")
        damaged = company.run("verify", "--decision", decision, PROMOTER_STATE=str(state))
        blob.unlink()
        lost = company.run("verify", "--decision", decision, PROMOTER_STATE=str(state))
    assert (damaged.code, damaged.err) == (
        3,
        (
            f"promoter: undecided: outside.digest-mismatch: blob {evidence}: the stored bytes have another digest: "
            "restore the file, or fetch the evidence again\n"
        ),
    )
    assert (lost.code, lost.err) == (
        2,
        f"promoter: evidence {evidence} is not among the blobs; run `promoter log verify`\n",
    )


def test_a_time_without_its_zone_is_no_end_of_a_hold(company: Company) -> None:
    ran = company.run("hold", "cart", "--until", "2027-01-01T00:00:00", "--reason", "x")
    assert ran.code == 2
    assert ran.err.endswith("Invalid value for '--until': must be a time with its zone, like 2026-12-24T18:00:00Z\n")


# --- once and release -------------------------------------------------------------------------------------------------


def test_once_dry_run_prints_the_plan_and_touches_nothing_outside(company: Company) -> None:
    before = sum(exchange.method != "GET" for exchange in company.world.forge.exchanges())
    ran = company.run("once", "--dry-run", "cart", "billing")
    assert (ran.code, ran.err) == (0, "")
    assert plain(ran.out) == (
        "cart: staging: bring text and check up to date for cart 1.0.0 (DIGEST)\nbilling: at rest"
    )
    told = json.loads(company.run("once", "--dry-run", "--json", "billing").out)
    assert told == [{"service": "billing", "actions": [], "trouble": None}]
    assert sum(exchange.method != "GET" for exchange in company.world.forge.exchanges()) == before


def test_a_new_ledger_is_told_where_it_begins_and_only_then(company: Company, tmp_path: Path) -> None:
    state = tmp_path / "mistyped"
    first, second = (company.run("once", "--dry-run", "billing", PROMOTER_STATE=str(state)) for _ in range(2))
    begins = f"promoter: a new ledger begins in {state}/ledger.sqlite; its key is {state}/ledger.key\n"
    assert (first.code, first.err, first.out) == (0, begins, "billing: at rest\n")
    assert (second.code, second.err) == (0, "")


def test_once_with_a_silent_registry_is_undecided_with_3(company: Company, tmp_path: Path) -> None:
    with copied_state(company, tmp_path) as state:
        away = "http://127.0.0.1:1"
        ran = company.run("once", "--dry-run", "billing", PROMOTER_STATE=str(state), PROMOTER_REGISTRY=away)
        shown = company.run("status", PROMOTER_STATE=str(state))
        rows = json.loads(company.run("status", "billing", "--json", PROMOTER_STATE=str(state)).out)
    assert ran.code == 3
    assert ran.out == ""
    assert "  billing: registry: outside.unreachable" in plain(shown.out).splitlines()
    assert [row["failing"] for row in rows] == [["registry: outside.unreachable"]] * 3
    assert ran.err.startswith("billing: undecided: outside.unreachable: ")


def test_a_lost_key_of_a_ledger_is_not_replaced(company: Company, tmp_path: Path) -> None:
    with copied_state(company, tmp_path) as state:
        (state / "ledger.key").unlink()
        for command in (["once", "--dry-run", "cart"], ["log", "verify", "--offline"]):
            ran = company.run(*command, PROMOTER_STATE=str(state))
            assert (ran.code, ran.out) == (2, "")
            assert ran.err == (
                f"promoter: {state}/ledger.key is missing, and the ledger beside it was signed with it; bring it back "
                f"from your copy of {state}, or begin another ledger in another `state`\n"
            )
        assert not (state / "ledger.key").exists()


def test_holds_are_begun_shown_and_ended_by_their_id(company: Company, tmp_path: Path) -> None:
    with copied_state(company, tmp_path) as state:

        def run(*words: str) -> Ran:
            return company.run(*words, PROMOTER_STATE=str(state))

        held = run(
            "hold",
            "cart",
            "--env",
            "prod",
            "--reason",
            "load test",
            "--actor",
            "ines",
            "--until",
            "2199-01-01T00:00:00Z",
        )
        frozen = run("hold", "cart:1.0.0", "--reason", "corrupts carts", "--actor", "omar")
        shown = run("status", "cart")
        ended = run("unhold", "hold-1", "--reason", "it is over", "--actor", "ines")
        refused = run("unhold", "hold-2", "--reason", "x")
        released = run("release", "cart", "1.0.0", "--reason", "it does not", "--actor", "omar")
        after = run("status", "cart")
    assert held.out == (
        "hold-1: cart to prod is held by ines, until 2199-01-01 00:00:00Z; it counts from the next look on\n"
    )
    assert frozen.out == "hold-2: cart 1.0.0 to all environments is held by omar; it counts from the next look on\n"
    assert (
        "Held by people\n"
        "  hold-1  cart to prod, by ines, until 2199-01-01 00:00:00Z: load test\n"
        "  hold-2  cart 1.0.0 to all environments, by omar: corrupts carts\n"
    ) in shown.out
    assert ended.out == "hold-1: cart to prod goes on at the next look\n"
    assert (refused.code, refused.err) == (
        2,
        ("promoter: hold-2 freezes the release 1.0.0; end that with `promoter release cart 1.0.0 --reason ...`\n"),
    )
    assert released.out == "cart 1.0.0: released by omar; it is judged again at the next look\n"
    assert "Held by people" not in after.out


def test_going_back_is_asked_for_by_name_and_told_by_explain(company: Company, tmp_path: Path) -> None:
    with copied_state(company, tmp_path) as state:

        def run(*words: str) -> Ran:
            return company.run(*words, PROMOTER_STATE=str(state))

        newer = run("promote", "cart", "1.1.0", "--env", "dev", "--back", "--reason", "x")
        runs = run("promote", "cart", "1.0.0", "--env", "dev", "--back", "--reason", "x")
        first = run("promote", "search", "1.0.0", "--env", "prod", "--back", "--reason", "x")
    assert (newer.code, plain(newer.err)) == (
        2,
        "promoter: cart 1.1.0 (DIGEST) is newer than what runs in dev; leave --back out",
    )
    assert plain(runs.err) == "promoter: cart 1.0.0 (DIGEST) runs in dev already"
    assert plain(first.err) == "promoter: search 1.0.0 (DIGEST) is newer than what runs in prod; leave --back out"


def test_a_freeze_is_ended_by_a_named_person_with_a_reason(company: Company, tmp_path: Path) -> None:
    with copied_state(company, tmp_path) as state:
        ended = company.run(
            "release", "search", "1.0.0", "--reason", "INC-812", "--actor", "ines", PROMOTER_STATE=str(state)
        )
        again = company.run("release", "search", "1.0.0", "--reason", "INC-812", PROMOTER_STATE=str(state))
        shown = company.run("log", "-n", "1", PROMOTER_STATE=str(state))
        told = company.run("explain", "search", "--env", "dev", PROMOTER_STATE=str(state))
    assert "freeze ended by ines: INC-812 (the tag was moved to DIGEST)" in plain(told.out)
    assert (ended.code, ended.out) == (0, "search 1.0.0: released by ines; it is judged again at the next look\n")
    assert "actor=ines" in shown.out
    assert "reason=INC-812" in shown.out
    assert again.code == 2
    assert plain(again.err) == "promoter: search 1.0.0 (DIGEST) is not frozen; there is nothing to release"


# --- names that nobody knows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("status", "crat"), "no service 'crat'; did you mean cart? (allowed: billing, cart, search)"),
        (("once", "crat"), "no service 'crat'; did you mean cart? (allowed: billing, cart, search)"),
        (("explain", "crat", "--env", "dev"), "no service 'crat'; did you mean cart? (allowed: billing, cart, search)"),
        (("explain", "cart", "--env", "prd"), "no environment 'prd'; did you mean prod? (allowed: dev, prod, staging)"),
        (
            ("explain", "cart:1.2.0", "--env", "dev"),
            "cart has no known release '1.2.0'; did you mean 1.1.0? (allowed: 1.0.0, 1.1.0)",
        ),
        (
            ("explain", "billing", "--env", "dev"),
            "billing has no known release yet; has one been pushed, and does the bot run?",
        ),
        (
            ("verify", "crat:1", "--env", "dev"),
            "'crat:1' names no release of a service; write for example cart:1.4.0 (services: billing, cart, search)",
        ),
        (
            ("verify", "cart", "--env", "dev"),
            "'cart' names no release of a service; write for example cart:1.4.0 (services: billing, cart, search)",
        ),
        (
            ("verify", "cart:1.0.0@sha256:1", "--env", "dev"),
            "'cart:1.0.0@sha256:1': not a sha256 digest: 'sha256:1'",
        ),
        (("hold", "--reason", "x"), "a hold is on a service, an environment or both; name one"),
        (
            ("hold", "--env", "prd", "--reason", "x"),
            "no environment 'prd'; did you mean prod? (allowed: dev, prod, staging)",
        ),
        (
            ("hold", "cart:1.0.0", "--env", "dev", "--reason", "x"),
            (
                "a release that is held is frozen everywhere until a person releases it; leave --env and --until out, "
                "or hold the whole service"
            ),
        ),
        (
            ("hold", "cart:1.2.0", "--reason", "x"),
            "cart has no known release '1.2.0'; did you mean 1.1.0? (allowed: 1.0.0, 1.1.0)",
        ),
        (
            ("hold", "cart", "--until", "2020-01-01T00:00:00Z", "--reason", "x"),
            "--until is over already: 2020-01-01 00:00:00Z",
        ),
        (("unhold", "hold-9", "--reason", "x"), "no hold 'hold-9' stands (allowed: none)"),
        (
            ("promote", "cart", "1.2.0", "--env", "dev", "--reason", "x"),
            "cart has no known release '1.2.0'; did you mean 1.1.0? (allowed: 1.0.0, 1.1.0)",
        ),
        (
            ("promote", "cart", "1.1.0", "--env", "dev", "--reason", "x"),
            (
                "dev proposes by itself what is eligible: there is nothing to ask for; `promoter explain` says what it "
                "waits for"
            ),
        ),
        (("verify", "--decision", "sha256:1"), "--decision sha256:1: not a sha256 digest: 'sha256:1'"),
        (
            ("verify", "--decision", f"sha256:{'0' * 64}"),
            f"decision sha256:{'0' * 64} is not among the blobs; run `promoter log verify`",
        ),
        (
            ("release", "crat", "1", "--reason", "x"),
            "no service 'crat'; did you mean cart? (allowed: billing, cart, search)",
        ),
        (
            ("release", "search", "2.0.0", "--reason", "x"),
            "search has no known release '2.0.0'; did you mean 1.0.0? (allowed: 1.0.0)",
        ),
        (
            ("log", "--service", "crat"),
            "the ledger knows no service 'crat'; did you mean cart? (allowed: billing, cart, search)",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_a_name_that_nobody_knows_is_answered_with_those_that_exist(
    company: Company, command: tuple[str, ...], says: str
) -> None:
    ran = company.run(*command)
    assert (ran.code, ran.out, ran.err) == (2, "", f"promoter: {says}\n")


@pytest.mark.parametrize(
    "command",
    [("status",), ("explain", "cart", "--env", "dev"), ("log",), ("log", "verify"),
     ("release", "cart", "1", "--reason", "x"), ("verify", "--decision", f"sha256:{'0' * 64}")],
    ids=" ".join,
)  # fmt: skip
def test_looking_where_no_bot_has_run_makes_nothing_and_says_so(
    company: Company, tmp_path: Path, command: tuple[str, ...]
) -> None:
    state = tmp_path / "elsewhere"
    ran = company.run(*command, PROMOTER_STATE=str(state))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"promoter: {state}: no ledger can be read (No such file or directory); has the bot run here, with this "
        "configuration, as this account?\n"
    )
    assert not state.exists()


def test_an_environment_that_the_service_leaves_out_is_named(company: Company, tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(company.config.path, config)
    path = config / "services" / "cart.yaml"
    path.write_text(f"environments: [dev, staging]\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    ran = company.run("explain", "cart", "--env", "prod", config=config)
    assert (ran.code, ran.err) == (2, "promoter: cart has no environment 'prod' (allowed: dev, staging)\n")


def test_a_secret_that_is_missing_or_empty_is_named_by_its_key_and_never_shown(
    company: Company, tmp_path: Path
) -> None:
    empty = tmp_path / "token"
    empty.write_text("\n", encoding="utf-8")
    for file, says in (
        (tmp_path / "none", "cannot be read: No such file or directory"),
        (empty, "is empty; put the secret into it"),
    ):
        for command in (("once", "--dry-run"), ("run",)):
            state = tmp_path / "state"
            ran = company.run(*command, PROMOTER_TOKEN_FILE=str(file), PROMOTER_STATE=str(state))
            assert (ran.code, ran.err) == (2, f"promoter: forge.token_file: {file} {says}\n")
            assert not state.exists()
