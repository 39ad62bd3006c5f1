"""Who answers for a commit of the rules: what the forge says of its pull request, never what the files say.

Rule 1: an approval counts only if it is a person's newest word, about exactly the merged head, and they may write.
Rule 2: nobody approves their own work: who opened the pull request, and who made any of its commits, does not count.
Rule 3: where the forge does not know who made a commit, nobody's approval counts: it could be that person's.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A person whose approval counts, with the number that the forge never gives to another account."""

    login: str
    user_id: int

    def __str__(self) -> str:
        return f"{self.login} ({self.user_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who answers for one commit. `doubt` says why nobody's approval counts; it is empty where approvals are counted.

    `author` opened the pull request, `people` are all accounts that made it, `addresses` the e-mail addresses of its
    commits in lower case. `number` is 0 for a commit that no pull request brought.
    """

    commit: str
    number: int = 0
    author: str = ""
    people: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    reviewers: tuple[Reviewer, ...] = ()
    doubt: str = ""
