"""What is denied goes red and is closed, or raises an alarm with the way back; lifting judges it anew."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from promoter.core.candidate import Repository
from promoter.core.denial import Denial, Withdrawn
from promoter.core.eligibility import Eligibility
from promoter.core.record import Checked, Decided
from promoter.core.record_estate import ESTATE, DenialLifted, Denied
from promoter.core.standing import Standing
from promoter.denials import denied_now
from promoter.local.forge.records import CheckState
from promoter.local.predicates import Package
from promoter.ports import PullState, RawManifest
from promoter.verification import recompute
from promoter.wiring import make_signatures
from tests.sim.layout import APPROVED_DEV, DESK, DEV, SIGNED, SIGNED_ONLY, Plan
from tests.sim.mint import PATH
from tests.sim.town import Town


@pytest.fixture
def town(founded: Callable[[Plan], Town]) -> Town:
    """A town with an environment that merges by itself and one that people merge."""
    return founded(Plan((DEV, DESK), policy=SIGNED_ONLY))


def deny(town: Town, what: Withdrawn, value: str, ident: str = "denial-1") -> None:
    """Deny by command."""
    denial = Denial(id=ident, what=what, value=value, reason="INC-812", actor="mia")
    town.store.journal.write_estate(lambda _: (denied_now(denial, town.clock.now()),))


def lift(town: Town, ident: str = "denial-1") -> None:
    """Lift by command."""
    entry = DenialLifted(at=town.clock.now(), service=ESTATE, id=ident, reason="a false alarm", actor="mia")
    town.store.journal.write_estate(lambda _: (entry,))


def next_step(town: Town, environment: str, release: str) -> str:
    """Give whose turn it is."""
    return town.explain(environment, release).next_step


def test_a_denied_digest_closes_the_proposal_red_and_alarms_where_it_runs(town: Town) -> None:
    digest = town.release("1.0.0", SIGNED)
    town.run(3)
    pull = town.pull("desk")
    assert town.state("dev", "1.0.0") == (Eligibility.ELIGIBLE, Standing.SETTLED)
    deny(town, Withdrawn.DIGEST, digest)
    town.run()
    why = f"denied by denial-1 (digest {digest}: INC-812)"
    assert town.state("desk", "1.0.0") == (Eligibility.REVOKED, Standing.NONE)
    assert town.state("dev", "1.0.0") == (Eligibility.REVOKED, Standing.SETTLED)
    assert town.pull("desk").state is PullState.CLOSED
    assert town.check("desk", pull.head) == (CheckState.FAILURE, f"revoked: {why}"[:140])
    assert "denied.digest" in town.pull("desk").body
    (incident,) = town.incidents()
    assert (incident.what, incident.environment, incident.digest) == ("running-not-eligible", "dev", digest)
    assert incident.detail == (f"runs in dev and is revoked (nothing that ran here before may run now): {why}")
    decided = [e for e in town.entries() if isinstance(e, Decided) and e.environment == "desk"]
    assert decided[-1].codes == ("denied.digest",)
    assert recompute(decided[-1].decision, town.store.blobs, make_signatures).is_same
    assert [e.state for e in town.entries() if isinstance(e, Checked)][-1] == "failure"
    town.run(3)
    assert len(town.incidents()) == 1
    assert len(town.pulls("desk")) == 1
    assert town.audit() == ()


@pytest.mark.slow
def test_the_way_back_is_named_to_the_last_command(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DEV,), policy=SIGNED_ONLY))
    good = town.release("1.0.0", SIGNED)
    town.run(4)
    bad = town.release("1.1.0", SIGNED)
    town.run(4)
    assert town.state("dev", "1.1.0")[1] is Standing.SETTLED
    deny(town, Withdrawn.DIGEST, bad)
    town.run()
    commit = town.pulls("dev")[-1].merge_commit
    way = (
        f"back to 1.0.0 {good}, which ran here before: `git revert -m 1 {commit}` in the environment "
        "repository, or pin it"
    )
    (incident,) = town.incidents()
    assert incident.detail.startswith(f"runs in dev and is revoked (prepared: {way}): denied by denial-1 (digest ")
    assert next_step(town, "dev", "1.1.0") == (
        f"Release managers: it runs here and must not; go {way}; it is eligible. "
        "Security team: lift the denial if it was wrong (`promoter deny list` names it)."
    )
    town.commit("main", "dev", town.pins("dev", commit=f"{commit}^1"))  # as `git revert -m 1` does
    town.run(3)
    assert town.history().running("dev") == town.history().known["1.0.0"].candidate
    assert town.state("dev", "1.1.0") == (Eligibility.REVOKED, Standing.ROLLED_BACK)


@pytest.mark.slow
def test_what_may_not_run_either_is_no_way_back(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DEV,), policy=SIGNED_ONLY))
    first = town.release("1.0.0", SIGNED)
    town.run(4)
    second = town.release("1.1.0", SIGNED)
    town.run(4)
    third = town.release("1.2.0", SIGNED)
    town.run(4)
    deny(town, Withdrawn.DIGEST, third)
    deny(town, Withdrawn.DIGEST, second, "denial-2")
    town.run()
    assert town.incidents()[-1].detail.startswith(
        f"runs in dev and is revoked (prepared: back to 1.0.0 {first}, which ran here before: pin it): "
    )


TOLD = replace(SIGNED, without=SIGNED.without - {"sbom"})
"""Signed, and with an SBOM that tells its components."""


@pytest.mark.parametrize("is_first_told", [True, False])
def test_a_way_back_to_what_may_hold_the_same_component_comes_last_and_says_so(
    founded: Callable[[Plan], Town], is_first_told: bool
) -> None:
    town = founded(Plan((DEV,), policy=SIGNED_ONLY))
    first = town.release("1.0.0", TOLD if is_first_told else SIGNED)
    town.run(4)
    second = town.release("1.1.0", SIGNED)
    town.run(4)
    town.release("1.2.0", replace(TOLD, packages=(Package("evil", "1.0"),)))
    town.run(4)

    deny(town, Withdrawn.COMPONENT, "pkg:pypi/evil")
    town.run(2)

    detail = town.incidents()[-1].detail
    if is_first_told:
        assert f"(prepared: back to 1.0.0 {first}, which ran here before: pin it): " in detail
    else:
        doubt = " (whether it rests on what is denied is not known: look first)"
        assert f"(prepared: back to 1.1.0 {second}, which ran here before{doubt}: `git revert -m 1 " in detail


@pytest.mark.slow
def test_lifting_judges_again_and_proposes_anew(town: Town) -> None:
    digest = town.release("1.0.0", SIGNED)
    town.run(3)
    deny(town, Withdrawn.DIGEST, digest)
    town.run(2)
    lift(town)
    town.run(2)
    assert town.state("dev", "1.0.0") == (Eligibility.ELIGIBLE, Standing.SETTLED)
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert len(town.pulls("desk")) == 2


@pytest.mark.slow
def test_what_was_denied_before_it_came_is_never_proposed(town: Town) -> None:
    digest, *_ = town.mint.make("1.0.0", SIGNED)
    deny(town, Withdrawn.DIGEST, digest)
    assert town.release("1.0.0", SIGNED) == digest
    town.run(3)
    assert town.state("dev", "1.0.0") == (Eligibility.REVOKED, Standing.NONE)
    assert town.pulls() == ()
    assert next_step(town, "dev", "1.0.0") == (
        "Service team: release a new version without what was denied. "
        "Security team: lift the denial if it was wrong (`promoter deny list` names it)."
    )


@pytest.mark.slow
def test_a_frozen_release_is_revoked_and_frozen_again_when_that_is_lifted(town: Town) -> None:
    digest = town.release("1.0.0", SIGNED)
    town.run(3)
    town.move_tag("1.0.0")
    town.run(3)
    deny(town, Withdrawn.DIGEST, digest)
    town.run()
    assert town.state("dev", "1.0.0")[0] is Eligibility.REVOKED
    lift(town)
    town.run()
    assert town.state("dev", "1.0.0")[0] is Eligibility.FROZEN


@pytest.mark.slow
def test_a_denied_commit_is_that_of_the_release_and_of_no_other(town: Town) -> None:
    town.release("1.0.0", SIGNED)
    town.run(3)
    deny(town, Withdrawn.COMMIT, "0" * 40)
    town.run()
    assert town.state("dev", "1.0.0")[0] is Eligibility.ELIGIBLE
    source = town.evidence("1.0.0").source
    assert source is not None
    deny(town, Withdrawn.COMMIT, source.commit, "denial-2")
    town.run()
    assert town.state("dev", "1.0.0")[0] is Eligibility.REVOKED


@pytest.mark.slow
def test_a_denied_signer_withdraws_what_the_policy_accepts_of_it(town: Town) -> None:
    town.release("1.0.0", SIGNED)
    town.run(3)
    (signature,) = town.evidence("1.0.0").attestations
    deny(town, Withdrawn.SIGNER, signature.signer.san)
    town.run()
    assert town.state("dev", "1.0.0")[0] is Eligibility.REVOKED


@pytest.mark.slow
def test_what_was_revoked_stays_so_when_the_registry_is_silent_or_the_evidence_is_gone(town: Town) -> None:
    town.release("1.0.0", SIGNED)
    town.run(3)
    (signature,) = town.evidence("1.0.0").attestations
    deny(town, Withdrawn.SIGNER, signature.signer.san)
    town.run()
    (referrer,) = town.mint.referrers(town.history().known["1.0.0"].candidate.digest)
    town.world.registry.delete(PATH, referrer)
    town.start()
    town.run(3)
    assert town.evidence("1.0.0").attestations == ()
    assert town.state("dev", "1.0.0")[0] is Eligibility.REVOKED


@pytest.mark.slow
def test_denials_of_the_file_are_in_the_ledger_while_they_stand_there(town: Town) -> None:
    digest = town.release("1.0.0", SIGNED)
    town.run(3)
    filed = Denial(id="bad", what=Withdrawn.DIGEST, value=digest, reason="INC-812")
    town.configuration = replace(town.configuration, denials=(filed,))
    town.start()
    town.run(2)
    assert town.state("dev", "1.0.0")[0] is Eligibility.REVOKED
    town.configuration = replace(town.configuration, denials=())
    town.start()
    town.run(2)
    assert town.state("dev", "1.0.0")[0] is Eligibility.ELIGIBLE
    written = [(type(e), e.id, e.actor) for e in town.entries(ESTATE) if isinstance(e, Denied | DenialLifted)]
    assert written == [(Denied, "bad", ""), (DenialLifted, "bad", "")]


@pytest.mark.slow
def test_both_forms_add_up_and_a_file_does_not_lift_what_a_command_denied(town: Town) -> None:
    digest = town.release("1.0.0", SIGNED)
    town.run()
    deny(town, Withdrawn.DIGEST, digest)
    filed = Denial(id="bad", what=Withdrawn.DIGEST, value=digest, reason="INC-812")
    town.configuration = replace(town.configuration, denials=(filed,))
    town.start()
    town.run()
    town.configuration = replace(town.configuration, denials=())
    town.start()
    town.run()
    assert town.state("dev", "1.0.0")[0] is Eligibility.REVOKED
    lift(town)
    town.run()
    assert town.state("dev", "1.0.0")[0] is Eligibility.ELIGIBLE


def test_a_denial_between_the_plan_and_the_merge_stops_the_merge(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((APPROVED_DEV,), policy=SIGNED_ONLY))
    digest = town.release("1.0.0", SIGNED)
    town.run()
    town.approve("dev", "mia")
    registry = town.outside.registry

    class Late:
        """The registry, and a person who denies the digest when the tag is resolved again before the merge."""

        def __getattr__(self, name: str) -> object:
            return getattr(registry, name)

        def manifest(self, image: Repository, reference: str) -> RawManifest:
            if reference == "1.0.0" and not town.store.journal.estate().denials:
                deny(town, Withdrawn.DIGEST, digest)
            return registry.manifest(image, reference)

    town.rewire(lambda outside: replace(outside, registry=Late()))  # type: ignore[arg-type]
    town.run()
    assert town.pull("dev").state is PullState.OPEN
    town.run()
    assert town.pull("dev").state is PullState.CLOSED
    merging = [e for e in town.entries() if isinstance(e, Decided) and e.phase == "merge"]
    assert [(e.outcome, e.codes) for e in merging] == [("fail", ("denied.digest",))]
