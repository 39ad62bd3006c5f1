"""The demo's story: three services and sixteen releases, good and bad, and where each of them must end.

People act through the forge's API with accounts of their own; teams push and sign with their own tools; the bot is a
process of its own. Everything here waits for what the ledger says, never for time.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from promoter.core.candidate import digest_of
from promoter.core.eligibility import Eligibility
from promoter.core.standing import OPEN, Standing
from promoter.local.bot import Bot, StoryFailed
from promoter.local.forge.person import ForgeRefusedError
from promoter.local.pipeline import PACKAGES, SIGNING_DESK, STRANGER, Pipeline, Recipe
from promoter.local.predicates import Package, Weakness
from promoter.local.world import ADMIN, FORGE_HOST, MANAGERS, World

Teller = Callable[[str, str], None]
"""Told, as it happens: the service, and one sentence."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a release must be in one environment when the story ends; `code` must be among the reasons."""

    service: str
    release: str
    environment: str
    eligibility: Eligibility
    standing: Standing
    code: str = ""


_E, _S = Eligibility, Standing


def _travels(service: str, release: str, last: Standing) -> tuple[Ending, ...]:
    environments = ("dev", "staging", "prod")
    return tuple(Ending(service, release, name, _E.ELIGIBLE, last) for name in environments)


def _stopped(service: str, release: str, code: str) -> tuple[Ending, ...]:
    environments = ("dev", "staging", "prod")
    return tuple(Ending(service, release, name, _E.BLOCKED, _S.NONE, code) for name in environments)


def _stopped_after_dev(service: str, release: str, code: str) -> tuple[Ending, ...]:
    """Say that dev let it in, for it only warns of this, and nobody else did."""
    let_in = Ending(service, release, "dev", _E.ELIGIBLE, _S.REPLACED)
    return (let_in, *(Ending(service, release, name, _E.BLOCKED, _S.NONE, code) for name in ("staging", "prod")))


def _stopped_before_prod(service: str, release: str, code: str) -> tuple[Ending, ...]:
    """Say that nobody before prod asks for it, and that prod does."""
    proposed = Ending(service, release, "staging", _E.ELIGIBLE, _S.SUPERSEDED)
    return (proposed, Ending(service, release, "prod", _E.BLOCKED, _S.NONE, code))


ENDINGS: tuple[Ending, ...] = (
    *_travels("cart", "1.0.0", _S.REPLACED),
    *_stopped("cart", "1.1.0", "signature.absent"),
    *_stopped("cart", "1.2.0", "signature.foreign-signer"),
    *_stopped_after_dev("cart", "1.3.0", "sbom.foreign-signer"),
    Ending("cart", "1.4.0", "dev", _E.ELIGIBLE, _S.REPLACED),
    Ending("cart", "1.4.0", "staging", _E.ELIGIBLE, _S.SUPERSEDED),
    *_travels("cart", "1.5.0", _S.SETTLED),
    Ending("billing", "1.0.0", "staging", _E.ELIGIBLE, _S.REPLACED),
    Ending("billing", "1.0.0", "prod", _E.ELIGIBLE, _S.SETTLED),
    *_stopped_before_prod("billing", "1.1.0", "provenance.wrong-repository"),
    *_stopped_before_prod("billing", "1.2.0", "provenance.wrong-commit"),
    *_stopped_before_prod("billing", "1.3.0", "provenance.invalid"),
    Ending("billing", "1.4.0", "staging", _E.BLOCKED, _S.SETTLED, "vulnerabilities.over-limit"),
    Ending("billing", "1.4.0", "prod", _E.BLOCKED, _S.NONE, "vulnerabilities.over-limit"),
    Ending("search", "1.0.0", "prod", _E.ELIGIBLE, _S.REPLACED),
    Ending("search", "1.1.0", "dev", _E.ELIGIBLE, _S.REPLACED),
    Ending("search", "1.1.0", "staging", _E.BLOCKED, _S.NONE, "vulnerabilities.over-limit"),
    *_stopped_after_dev("search", "1.2.0", "sbom.absent"),
    Ending("search", "1.3.0", "staging", _E.ELIGIBLE, _S.SETTLED),
    Ending("search", "1.3.0", "prod", _E.ELIGIBLE, _S.SETTLED),
    Ending("search", "1.4.0", "dev", _E.FROZEN, _S.SETTLED),
    Ending("search", "1.4.0", "staging", _E.FROZEN, _S.NONE),
)


class Chapter:
    """One service's part of the story."""

    def __init__(self, world: World, bot: Bot, service: str, tell: Teller) -> None:
        self.world = world
        self.bot = bot
        self.service = service
        self.pipeline = Pipeline(world, service)
        self._tell = tell
        self._told: dict[tuple[str, str], str] = {}  # release and environment -> where we last said that it is

    def tell(self, sentence: str) -> None:
        """Say what happens."""
        self._tell(self.service, sentence)

    def release(self, release: str, sentence: str, recipe: Recipe) -> None:
        """Release something, and say what is the matter with it."""
        self.tell(f"{release} is released: {sentence}")
        self.pipeline.release(release, recipe)

    def until(self, release: str, environment: str, *states: Eligibility | Standing) -> None:
        """Wait until a release is in one of these states in an environment."""

        def holds() -> bool:
            spot = self.bot.spot(self.service, environment, release)
            return spot is not None and (spot.eligibility in states or spot.standing in states)

        names = " or ".join(state.value for state in states)
        self.bot.wait(f"{self.service} {release} is {names} in {environment}", holds)
        state = self._state(release, environment)
        if self._told.get((release, environment)) != state:
            self._told[release, environment] = state
            self.tell(f"{release} is {state} in {environment}")

    def _state(self, release: str, environment: str) -> str:
        spot = self.bot.spot(self.service, environment, release)
        assert spot is not None
        why = f" ({', '.join(spot.why)})" if spot.why else ""
        place = spot.standing.value if spot.standing is not Standing.NONE else spot.eligibility.value
        return place + why

    def approve_and_merge(
        self, release: str, environment: str, approvers: tuple[str, ...], text: str = "Looks good."
    ) -> None:
        """Wait for the proposal, approve its head, and merge it when its check is green, as release managers do."""
        self.until(release, environment, Standing.PROPOSED)
        number, head = self.number(release, environment)
        for login in approvers:
            self.world.person(login).approve(number, head, text)
        verb = "approve" if len(approvers) > 1 else "approves"
        self.tell(f"{' and '.join(approvers)} {verb} pull request #{number}")
        self.until(release, environment, Standing.APPROVED)
        self._merge_when_green(approvers[-1], number, head)
        self.until(release, environment, Standing.SETTLED)

    def until_check(self, release: str, environment: str, words: str) -> None:
        """Wait until the check of a proposal says something."""

        def holds() -> bool:
            spot = self.bot.spot(self.service, environment, release)
            return spot is not None and spot.checked is not None and words in spot.checked.summary

        self.bot.wait(f"the check of {self.service} {release} in {environment} says {words!r}", holds)
        self.tell(f"the check of {release} in {environment} says: {words}")

    def number(self, release: str, environment: str) -> tuple[int, str]:
        """Give the number and head of a release's open pull request."""
        spot = self.bot.spot(self.service, environment, release)
        if spot is None or spot.standing not in OPEN:
            raise StoryFailed(f"{self.service} {release} has no open proposal in {environment}")
        return spot.number, spot.head

    def _merge_when_green(self, login: str, number: int, head: str) -> None:
        person = self.world.person(login)
        for _ in range(100):
            try:
                person.merge(number, head)
            except ForgeRefusedError:
                time.sleep(0.2)  # the check is not green yet: the forge says no
            else:
                self.tell(f"{login} merges pull request #{number}")
                return
        raise StoryFailed(f"pull request #{number} never became mergeable")


TICKET = "Looks good.\n\nChange: CHG0012345"
"""What release managers write who approve for prod."""


def tell_cart(chapter: Chapter) -> None:
    """Good ones, an unsigned one, a foreign signer, an SBOM by the wrong hands, and a proposal that is superseded."""
    chapter.release("1.0.0", "signed, attested and scanned", Recipe(change="First release"))
    chapter.approve_and_merge("1.0.0", "staging", MANAGERS[:1])
    chapter.approve_and_merge("1.0.0", "prod", MANAGERS, TICKET)
    chapter.release("1.1.0", "without a signature", Recipe(without=frozenset({"signature"})))
    chapter.until("1.1.0", "prod", Eligibility.BLOCKED)
    chapter.release("1.2.0", "signed by a stranger's fork", Recipe(signed_by=STRANGER))
    chapter.until("1.2.0", "prod", Eligibility.BLOCKED)
    chapter.release(
        "1.3.0", "with an SBOM signed by the signing desk, which may only sign", Recipe(sbom_by=SIGNING_DESK)
    )
    chapter.until("1.3.0", "prod", Eligibility.BLOCKED)
    chapter.until("1.3.0", "dev", Standing.PROMOTED, Standing.SETTLED)
    chapter.release("1.4.0", "good again", Recipe(change="Show the total before tax"))
    chapter.until("1.4.0", "staging", Standing.PROPOSED)
    packages = (*PACKAGES, Package("babel", "2.18.0"))
    chapter.release("1.5.0", "good, while 1.4.0 waits in staging", Recipe(change="Speak French", packages=packages))
    chapter.until("1.4.0", "staging", Standing.SUPERSEDED)
    chapter.approve_and_merge("1.5.0", "staging", MANAGERS[1:])
    chapter.approve_and_merge("1.5.0", "prod", MANAGERS, TICKET)


def tell_billing(chapter: Chapter) -> None:
    """Provenance that lies in three ways, which prod asks for, and a proposal that is merged against its red check."""
    chapter.release("1.0.0", "signed, attested and scanned", Recipe(change="First release"))
    chapter.approve_and_merge("1.0.0", "staging", MANAGERS[:1])
    chapter.until("1.0.0", "prod", Standing.PROPOSED)
    number, head = chapter.number("1.0.0", "prod")
    chapter.tell(f"{MANAGERS[0]} approves pull request #{number} and names no change ticket")
    chapter.world.person(MANAGERS[0]).approve(number, head, "Looks good.")
    chapter.until_check("1.0.0", "prod", "waiting: approval, ticket")
    chapter.approve_and_merge("1.0.0", "prod", MANAGERS, TICKET)
    other = f"{FORGE_HOST}/shop/billing-fork"
    chapter.release("1.1.0", "its provenance names another repository", Recipe(provenance_repository=other))
    chapter.until("1.1.0", "prod", Eligibility.BLOCKED)
    chapter.until("1.1.0", "staging", Standing.PROPOSED)
    chapter.release("1.2.0", "its provenance names another commit", Recipe(provenance_commit="5" * 40))
    chapter.until("1.2.0", "prod", Eligibility.BLOCKED)
    chapter.until("1.2.0", "staging", Standing.PROPOSED)
    chapter.release(
        "1.3.0", "its provenance is about another digest", Recipe(provenance_of=digest_of(b"another image"))
    )
    chapter.until("1.3.0", "prod", Eligibility.BLOCKED)
    chapter.until("1.3.0", "staging", Standing.PROPOSED)
    chapter.release("1.4.0", "good", Recipe(change="Round to the cent"))
    chapter.until("1.4.0", "staging", Standing.PROPOSED)
    number, _ = chapter.number("1.4.0", "staging")
    chapter.tell("a new scan of 1.4.0 finds a critical vulnerability")
    weakness = Weakness("CVE-2026-31337", "CRITICAL", PACKAGES[0], fixed="3.2.1")
    chapter.pipeline.scan(chapter.bot.candidate("billing", "1.4.0").digest, (weakness, *_many(6)))
    chapter.until("1.4.0", "staging", Eligibility.BLOCKED)
    chapter.tell(f"{ADMIN} force-merges pull request #{number} against its red check")
    chapter.world.person(ADMIN).merge(number)
    chapter.until("1.4.0", "staging", Standing.SETTLED)


def _many(count: int) -> tuple[Weakness, ...]:
    return tuple(Weakness(f"CVE-2026-4{index:04}", "HIGH", PACKAGES[1], fixed="2.35.0") for index in range(count))


def tell_search(chapter: Chapter) -> None:
    """Vulnerabilities, one of them accepted by an exception, a missing SBOM, late evidence, and a tag that moves."""
    chapter.release("1.0.0", "signed, attested and scanned", Recipe(change="First release"))
    chapter.approve_and_merge("1.0.0", "staging", MANAGERS[1:])
    chapter.approve_and_merge("1.0.0", "prod", MANAGERS, TICKET)
    weakness = Weakness("CVE-2026-20042", "CRITICAL", PACKAGES[2], fixed="3.1.7")
    chapter.release("1.1.0", "with a fixable critical vulnerability", Recipe(weaknesses=(weakness,)))
    chapter.until("1.1.0", "dev", Standing.PROMOTED, Standing.SETTLED)
    chapter.until("1.1.0", "staging", Eligibility.BLOCKED)
    chapter.release("1.2.0", "without an SBOM", Recipe(without=frozenset({"sbom"})))
    chapter.until("1.2.0", "prod", Eligibility.PENDING)
    chapter.until("1.2.0", "prod", Eligibility.BLOCKED)
    chapter.until("1.2.0", "dev", Standing.PROMOTED, Standing.SETTLED)
    chapter.tell("1.3.0 is pushed; its pipeline is slow to sign and attest")
    unfixed = Weakness("CVE-2026-30303", "CRITICAL", PACKAGES[0])
    recipe = Recipe(change="Find synonyms", weaknesses=(unfixed,))
    digest, source = chapter.pipeline.push("1.3.0", recipe)
    chapter.until("1.3.0", "dev", Eligibility.PENDING)
    chapter.pipeline.attest("1.3.0", digest, source, recipe)
    chapter.tell("the evidence of 1.3.0 has arrived")
    chapter.approve_and_merge("1.3.0", "staging", MANAGERS[:1])
    chapter.until("1.3.0", "prod", Eligibility.BLOCKED)
    chapter.tell(f"two officers sign an exception from {unfixed.id} in prod, for a week: there is no fix")
    chapter.pipeline.except_from(digest, "EX-2026-7", unfixed.id)
    chapter.approve_and_merge("1.3.0", "prod", MANAGERS, TICKET)
    chapter.release("1.4.0", "good", Recipe(change="Rank by date"))
    chapter.until("1.4.0", "staging", Standing.PROPOSED)
    chapter.tell("somebody pushes other content under the tag 1.4.0")
    chapter.pipeline.move_tag("1.4.0")
    chapter.until("1.4.0", "staging", Eligibility.FROZEN)
    chapter.until("1.4.0", "staging", Standing.NONE)


TELLERS: dict[str, Callable[[Chapter], None]] = {"billing": tell_billing, "cart": tell_cart, "search": tell_search}


def tell_all(world: World, bot: Bot, tell: Teller) -> tuple[str, ...]:
    """Tell every service's chapter side by side; gives what went otherwise than the story says."""
    problems: list[str] = []

    def run(service: str, teller: Callable[[Chapter], None]) -> None:
        try:
            teller(Chapter(world, bot, service, tell))
        except (StoryFailed, ForgeRefusedError) as error:
            problems.append(f"{service}: {error}")

    threads = [threading.Thread(target=run, args=item, name=item[0]) for item in TELLERS.items()]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:  # on Ctrl-C too: nobody tells on when the world is gone
        bot.leave()
        for thread in threads:
            if thread.is_alive():
                thread.join()
    return tuple(problems) or check_endings(bot)


def check_endings(bot: Bot) -> tuple[str, ...]:
    """Compare where every release ended with where the story says."""
    return tuple(problem for ending in ENDINGS if (problem := _difference(bot, ending)))


def _difference(bot: Bot, ending: Ending) -> str:
    spot = bot.spot(ending.service, ending.environment, ending.release)
    name = f"{ending.service} {ending.release} in {ending.environment}"
    if spot is None:
        return f"{name}: the bot never saw it"
    if (spot.eligibility, spot.standing) != (ending.eligibility, ending.standing):
        is_so, wanted = (spot.eligibility, spot.standing), (ending.eligibility, ending.standing)
        return f"{name}: is {' and '.join(s.value for s in is_so)}, not {' and '.join(s.value for s in wanted)}"
    if ending.code and ending.code not in spot.why:
        return f"{name}: is {spot.eligibility.value} for {', '.join(spot.why) or 'no reason'}, not for {ending.code}"
    return ""
