"""Who answers for exceptions in files: what the forge says, kept while it is silent; in a plain directory nobody."""

from dataclasses import dataclass, field
from datetime import timedelta

from promoter.config_exceptions import WrittenException
from promoter.core.codes import Code
from promoter.core.policy_exception import Granted, Means
from promoter.grants import RENEWED, Brought, Grants, answers_of
from promoter.ports import OutsideError
from tests.core.waivers import EXCEPTION, NOW, granted

MINUTE = timedelta(minutes=1)
WRITTEN = WrittenException(EXCEPTION, "exceptions/EX-1.yaml")
BROUGHT = Brought(("rosa",), ("mia", "omar"), "#41 (cccccccccccc)")


@dataclass
class Forge:
    """Answers as it is told to."""

    says: Brought | None = BROUGHT
    is_silent: bool = False
    asked: list[str] = field(default_factory=list)

    def __call__(self, path: str) -> Brought | None:
        self.asked.append(path)
        if self.is_silent:
            raise OutsideError(Code.OUTSIDE_TIMEOUT, "no answer in 10 s")
        return self.says


def test_the_forges_reviews_are_the_authority() -> None:
    (one,) = Grants((WRITTEN,), Forge()).all(NOW)

    assert one == Granted(
        exception=EXCEPTION,
        means=Means.REVIEWS,
        authors=("rosa",),
        approvers=("mia", "omar"),
        reference="#41 (cccccccccccc)",
    )


def test_in_a_plain_directory_nobody_answers_for_it() -> None:
    assert Grants((WRITTEN,)).all(NOW) == (Granted(exception=EXCEPTION),)


def test_it_is_asked_again_after_a_while_so_that_a_lost_approval_counts_no_more() -> None:
    forge = Forge()
    grants = Grants((WRITTEN,), forge, MINUTE)
    grants.all(NOW)
    forge.says = Brought(("rosa",), ("mia",), "#41")

    assert grants.all(NOW + MINUTE / 2)[0].approvers == ("mia", "omar")
    assert grants.all(NOW + MINUTE)[0].approvers == ("mia",)
    assert forge.asked == ["exceptions/EX-1.yaml"] * 2


def test_while_the_forge_is_silent_its_last_answer_stays_and_without_one_nothing_is_sure() -> None:
    forge = Forge()
    grants = Grants((WRITTEN,), forge, MINUTE)
    known = grants.all(NOW)
    forge.is_silent = True

    assert grants.all(NOW + MINUTE) == known
    assert Grants((WRITTEN,), forge).all(NOW) == (Granted(exception=EXCEPTION, is_unsure=True),)


def test_only_what_could_be_about_a_service_goes_with_its_decisions() -> None:
    desk = WrittenException(granted(services=("desk",)).exception, "exceptions/EX-2.yaml")
    everybody = WrittenException(granted(services=()).exception, "exceptions/EX-3.yaml")

    found = Grants((WRITTEN, desk, everybody)).concerning("cart", NOW)

    assert [one.exception for one in found] == [EXCEPTION, everybody.exception]


@dataclass(frozen=True)
class Person:
    login: str


@dataclass(frozen=True)
class Answer:
    commit: str
    number: int
    people: tuple[str, ...]
    reviewers: tuple[Person, ...]
    doubt: str = ""


@dataclass(frozen=True)
class Rules:
    """A source of rules in which one commit gave every file its bytes."""

    found: Answer | None

    def origin(self, commit: str, path: str) -> str:
        return "c" * 40 if path == "exceptions/EX-1.yaml" else ""

    def authority(self, commit: str) -> Answer | None:
        return self.found


def test_the_commit_that_gave_the_file_its_bytes_is_asked_about() -> None:
    answer = Answer("c" * 40, 41, ("rosa",), (Person("mia"), Person("omar")))

    assert answers_of(Rules(answer), "d" * 40)("exceptions/EX-1.yaml") == BROUGHT
    assert answers_of(Rules(answer), "d" * 40)("exceptions/EX-2.yaml") is None
    assert answers_of(Rules(None), "d" * 40)("exceptions/EX-1.yaml") is None
    assert answers_of(Rules(answer), "")("exceptions/EX-1.yaml") is None


def test_where_the_forge_is_in_doubt_nobodys_approval_counts_and_the_doubt_is_told() -> None:
    answer = Answer("c" * 40, 41, ("rosa",), (Person("mia"), Person("omar")), doubt="changes are asked for by ines")

    brought = answers_of(Rules(answer), "d" * 40)("exceptions/EX-1.yaml")

    assert brought == Brought(("rosa",), (), "#41 (cccccccccccc)", "changes are asked for by ines")
    assert [one.doubt for one in Grants((WRITTEN,), lambda _: brought).all(NOW)] == ["changes are asked for by ines"]


def several(count: int) -> tuple[WrittenException, ...]:
    return tuple(WrittenException(EXCEPTION, f"exceptions/EX-{number}.yaml") for number in range(count))


def test_a_few_answers_are_renewed_at_a_time_and_each_has_its_turn() -> None:
    forge, written = Forge(), several(RENEWED + 2)
    grants = Grants(written, forge, MINUTE)
    grants.all(NOW)
    assert forge.asked == [one.path for one in written]

    forge.asked.clear()
    grants.all(NOW + MINUTE)
    assert forge.asked == [one.path for one in written[:RENEWED]]
    grants.all(NOW + 2 * MINUTE)
    assert {one.path for one in written} == set(forge.asked)


def test_nothing_more_is_asked_of_a_forge_that_is_silent_until_the_next_round() -> None:
    forge, written = Forge(is_silent=True), several(3)
    grants = Grants(written, forge, MINUTE)

    assert [one.is_unsure for one in grants.all(NOW)] == [True] * 3
    assert forge.asked == [written[0].path]
    forge.is_silent = False
    assert [one.is_unsure for one in grants.all(NOW + MINUTE)] == [False] * 3


def test_nobody_is_asked_about_an_exception_that_has_ended() -> None:
    forge = Forge()

    assert Grants((WRITTEN,), forge).all(EXCEPTION.expires) == (Granted(exception=EXCEPTION),)
    assert forge.asked == []
