"""Accidents that happen to careful people: each is refused or stops nothing else, and whoever can mend it is told."""

import io
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.adapters.signatures_sigstore import SigstoreSignatures
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.cli.main import main
from promoter.config import load
from promoter.core.canaries import Family, Fate
from promoter.core.candidate import Digest
from promoter.core.eligibility import Eligibility
from promoter.core.evidence import Signer, SignerClaims
from promoter.core.record import OutsideFailed
from promoter.core.standing import Standing
from promoter.local.forge.records import CheckState
from promoter.local.pipeline import ISSUER, STRANGER, Recipe
from promoter.local.registry_access import Access, AccessPolicy
from promoter.local.world import AUTHOR, FORGE_HOST, MANAGERS
from promoter.selftest import try_rules
from tests.config.directory import EXAMPLE, Directory
from tests.core.scenes import NOW
from tests.sim.layout import DESK, SIGNED, SIGNED_ONLY, Plan
from tests.sim.mint import Mint
from tests.sim.town import Town

BLOCKED = (Eligibility.BLOCKED, Standing.NONE)
CART = f"{FORGE_HOST}/shop/cart"
SECRET = "correct-horse-battery"


@pytest.fixture
def town(founded: Callable[[Plan], Town]) -> Town:
    """A town with one environment, whose proposals wait for people."""
    return founded(Plan((DESK,), policy=SIGNED_ONLY))


def reason(town: Town, release: str = "1.0.0") -> tuple[str, str]:
    """Give code and sentence of the one reason why a release is blocked."""
    (finding,) = town.explain("desk", release).findings
    ((code, sentence, _),) = finding.reasons
    return code, sentence


def signed_by(repository: str, tag: str, runner: str = "forge-hosted") -> Recipe:
    """A release that a repository's release workflow signed at a tag, on a runner of this kind."""
    claims = SignerClaims(source_repository_uri=repository, runner_environment=runner)
    signer = Signer(f"{repository}/.github/workflows/release.yml@refs/tags/{tag}", ISSUER, claims)
    return replace(SIGNED, signed_by=signer)


def foreign(digest: Digest, signer: str, accepted: str) -> str:
    """What is said of a signature by the wrong workflow."""
    return (
        f"the signature {digest[:19]} is signed by {signer} (issuer {ISSUER}); "
        f"accepted for it here: release, which is {accepted} (issuer {ISSUER})"
    )


def signature_of(town: Town, release: str) -> Digest:
    (piece,) = town.evidence(release).attestations
    return piece.found.blob


def rewrite(town: Town, file: str, old: str, new: str) -> None:
    """Change a file of the configuration, and start with that."""
    path = town.config / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    town.configuration = load(town.config, {})
    town.start()


def log_in(town: Town) -> None:
    """Let the registry ask who reads it, and give the bot its account."""
    file = town.config / "password"
    file.write_text(SECRET, encoding="utf-8")
    town.world.registry.gate.policy = AccessPolicy(Access.TOKEN, secret=SECRET)
    url = town.world.registry.url
    rewrite(town, "promoter.yaml", f'"{url}"', f'"{url}", username: bot, password_file: {file}')


def troubles(town: Town) -> list[tuple[str, str, str]]:
    """Give what the ledger says of what did not answer as it should."""
    return [(one.what, one.code, one.detail) for one in town.entries() if isinstance(one, OutsideFailed)]


# --- the wrong tag ----------------------------------------------------------------------------------------------------


def test_an_image_of_another_service_under_a_tag_of_this_one_is_blocked_and_its_signer_is_named(town: Town) -> None:
    town.release("1.0.0", signed_by(f"{FORGE_HOST}/shop/search", "v1.0.0"))
    town.run()

    assert town.state("desk", "1.0.0") == BLOCKED
    assert town.pulls() == ()
    assert reason(town) == (
        "signature.foreign-signer",
        foreign(
            signature_of(town, "1.0.0"),
            f"{FORGE_HOST}/shop/search/.github/workflows/release.yml@refs/tags/v1.0.0",
            f"{CART}/.github/workflows/release.yml@refs/tags/v1.0.0",
        ),
    )


def test_an_older_image_under_a_newer_tag_is_blocked_for_it_was_signed_as_the_older_one(town: Town) -> None:
    digest = town.release("1.0.0", SIGNED)
    town.run()
    town.tag("1.1.0", digest)
    town.run()

    assert town.state("desk", "1.1.0") == BLOCKED
    assert town.pull("desk").title == "promote cart 1.0.0 to desk"
    workflow = f"{CART}/.github/workflows/release.yml"
    assert reason(town, "1.1.0") == (
        "signature.foreign-signer",
        foreign(signature_of(town, "1.1.0"), f"{workflow}@refs/tags/v1.0.0", f"{workflow}@refs/tags/v1.1.0"),
    )


def test_a_tag_that_is_no_version_is_no_release_and_the_version_beside_it_goes_on(town: Town) -> None:
    digest = town.release("1.0.0", SIGNED)
    for name in ("latest", "prod", "sha-96c2079", "1.9"):
        town.tag(name, digest)
    town.run()

    assert tuple(town.history().known) == ("1.0.0",)
    assert [pull.title for pull in town.pulls()] == ["promote cart 1.0.0 to desk"]


def test_a_tag_that_is_pushed_again_by_mistake_stops_its_release_until_a_person_says_that_it_is_right(
    town: Town,
) -> None:
    town.release("1.0.0", SIGNED)
    town.run()
    town.move_tag("1.0.0")
    town.run(2)

    assert town.state("desk", "1.0.0") == (Eligibility.FROZEN, Standing.NONE)
    assert [incident.what for incident in town.incidents()] == ["tag-moved"]
    assert town.explain("desk", "1.0.0").next_step == (
        "Operator: find out who moved the tag, then `promoter release cart 1.0.0 --reason ...`; or cut a new release."
    )


# --- the wrong account ------------------------------------------------------------------------------------------------


def test_a_fork_in_somebodys_own_account_signs_nothing_for_the_company(town: Town) -> None:
    town.release("1.0.0", replace(SIGNED, signed_by=STRANGER))
    town.run()

    accepted = f"{CART}/.github/workflows/release.yml@refs/tags/v1.0.0"
    assert town.state("desk", "1.0.0") == BLOCKED
    assert reason(town) == (
        "signature.foreign-signer",
        foreign(signature_of(town, "1.0.0"), STRANGER.san, accepted),
    )


def test_who_wrote_the_release_approves_it_with_the_wrong_account_and_it_does_not_count(desk: Town) -> None:
    pull = desk.approve("desk", AUTHOR)
    desk.run()

    assert desk.check("desk", pull.head) == (CheckState.PENDING, "verified; approvals: 0 of 1")
    assert f"`{AUTHOR}`" in desk.pull("desk").body
    desk.approve("desk", MANAGERS[0])
    desk.run()
    assert desk.light("desk", pull.head) is CheckState.SUCCESS


# --- the wrong workspace ----------------------------------------------------------------------------------------------


def test_an_environment_repository_of_another_company_gets_no_proposal_and_the_operator_is_told(town: Town) -> None:
    rewrite(town, "promoter.yaml", "platform/environments", "globex/environments")
    town.release("1.0.0", SIGNED)
    report = town.run()

    url = f"{town.world.forge.url}/globex/environments.git/"
    assert (report.actions, town.pulls()) == ((), ())
    assert troubles(town) == [("world", "outside.not-found", f"git fetch: fatal: repository '{url}' not found")]


def test_an_image_from_a_registry_that_is_not_ours_is_blocked_whoever_signed_it(
    founded: Callable[[Plan], Town],
) -> None:
    ours = "  - {check: artifact, repositories: [registry.globex.example/shop/*]}\n"
    town = founded(Plan((DESK,), policy=SIGNED_ONLY + ours))
    town.release("1.0.0", SIGNED)
    town.run()

    assert town.state("desk", "1.0.0") == BLOCKED
    assert town.spot("desk", "1.0.0").why == ("artifact.repository-not-allowed",)
    (told,) = (one for one in town.explain("desk", "1.0.0").findings if one.check == "artifact")
    assert told.sentence == (
        "it comes from registry.acme.example/shop/cart; accepted here: registry.globex.example/shop/*"
    )


def test_a_service_that_points_into_the_path_of_another_changes_nothing_there(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DESK,), {"cart": "shop/cart", "search": "shop/search"}, SIGNED_ONLY))
    rewrite(town, "services/cart.yaml", "/cart/", "/search/")
    town.release("1.0.0", SIGNED)
    before = town.pins("desk", "search")
    town.run(2)

    assert town.pins("desk", "search") == before
    assert town.pulls() == ()
    nothing = "there is no entry of images for registry.acme.example/shop/cart; add it, with its name and newTag"
    told = f"environments/desk/search/kustomization.yaml: {nothing}"
    assert troubles(town) == [("edit desk", "edit.not-found", told)]


def test_two_services_that_pin_one_image_in_one_file_are_refused_before_the_bot_runs(tmp_path: Path) -> None:
    config = Directory(tmp_path)
    config.write("services/basket.yaml", (config.path / "services" / "cart.yaml").read_bytes())

    assert config.problems()[0] == (
        "services/cart.yaml: targets: basket pins registry.acme.example/shop/cart in "
        "environments/dev/cart/kustomization.yaml already; one service may have several targets, so merge the two "
        "or remove one"
    )


# --- the wrong runner -------------------------------------------------------------------------------------------------


def test_a_release_that_was_built_on_somebodys_own_runner_is_blocked_though_its_workflow_is_right(town: Town) -> None:
    town.release("1.0.0", signed_by(CART, "v1.0.0", runner="self-hosted"))
    town.run()

    assert town.state("desk", "1.0.0") == BLOCKED
    workflow = f"{CART}/.github/workflows/release.yml@refs/tags/v1.0.0"
    expected = foreign(signature_of(town, "1.0.0"), workflow, workflow)
    runner = "runner environment is self-hosted, release demands forge-hosted"
    assert reason(town) == ("signature.foreign-signer", f"{expected}; {runner}")


# --- the wrong credential ---------------------------------------------------------------------------------------------


def test_a_login_that_the_registry_refuses_from_now_on_decides_nothing_and_is_told_without_its_secret(
    town: Town,
) -> None:
    log_in(town)
    town.release("1.0.0", SIGNED)
    town.run()
    pull = town.pull("desk")
    assert town.check("desk", pull.head) == (CheckState.PENDING, "verified; approvals: 0 of 1")
    town.world.registry.gate.policy = AccessPolicy(Access.TOKEN, secret="a new one")
    town.world.registry.gate.revoke_all()
    town.run(2)

    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert town.check("desk", pull.head) == (CheckState.PENDING, "undecided, retrying: signature")
    refused = "registry.acme.example: its token service refuses this login (HTTP 401)"
    assert troubles(town) == [("registry", "outside.unauthorized", refused)]
    told = (*map(repr, town.entries()), town.pull("desk").body, *(comment.body for comment in town.hosted.comments))
    assert not any(SECRET in text for text in told)

    town.world.registry.gate.policy = AccessPolicy(Access.TOKEN, secret=SECRET)
    town.run()
    assert town.check("desk", pull.head) == (CheckState.PENDING, "verified; approvals: 0 of 1")
    assert town.history().failing == {}


# --- the wrong mode of a policy ---------------------------------------------------------------------------------------

SCAN = "  - check: scan\n"
WARNED = f"{SCAN}    mode: warn\n"


@pytest.fixture
def config(tmp_path: Path) -> Directory:
    """The example configuration, in which prod only warns of scans."""
    changed = Directory(tmp_path)
    changed.replace("policies/prod.yaml", SCAN, WARNED)
    return changed


def run(*arguments: str) -> tuple[int, list[str]]:
    """Give exit code and lines of a command."""
    out, code = io.StringIO(), 0
    try:
        with redirect_stdout(out):
            main(list(arguments))
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, out.getvalue().splitlines()


def test_a_check_that_only_warns_where_it_should_count_is_named_by_config_check(config: Directory) -> None:
    code, lines = run("--config", str(config.path), "config", "check")

    (line,) = (line for line in lines if line.startswith("environment prod "))
    assert code == 0
    assert "sbom, scan (shown only), vulnerabilities" in line


def test_the_change_that_lets_a_check_only_warn_is_a_weakening(config: Directory) -> None:
    code, lines = run("policy", "diff", str(EXAMPLE), str(config.path))

    assert (code, lines[0]) == (1, "weaker: prod: scan: mode was enforce, is warn")


def test_the_canary_that_the_check_is_for_is_told_not_to_be_refused(config: Directory, mint: Mint) -> None:
    signatures = SigstoreSignatures(Trust.from_bytes(mint.trusted_root.read_bytes(), "the mint's root"))
    trials = {
        (trial.environment, trial.family): trial.fate for _, trial in try_rules(config.load(), signatures, NOW).trials
    }

    assert trials["prod", Family.OLD_SCAN] is Fate.NOT_DEMANDED
    assert trials["staging", Family.OLD_SCAN] is Fate.REFUSED


def test_a_policy_in_which_every_check_only_warns_is_refused(config: Directory) -> None:
    path = config.path / "policies" / "prod.yaml"
    text = path.read_text(encoding="utf-8").replace(WARNED, SCAN)
    config.write("policies/prod.yaml", re.sub(r"(  - check: .+\n)", r"\1    mode: warn\n", text))

    (problem,) = config.problems()
    assert problem.startswith("policies/prod.yaml:")
    assert "enforces nothing" in problem
