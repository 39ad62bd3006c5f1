"""deny.yaml: what it says, and every mistake in it with file and line."""

from datetime import UTC, datetime

import pytest

from promoter.core.denial import Denial, Withdrawn
from tests.config.directory import Directory

DIGEST = "sha256:" + "1" * 64
COMMIT = "a" * 40


def one(*lines: str) -> str:
    """Give a file with one entry of these lines."""
    return "denials:\n  - " + "\n    ".join(("id: bad", *lines)) + "\n"


def test_without_the_file_and_with_an_empty_one_nothing_is_denied(config: Directory) -> None:
    assert config.load().denials == ()
    config.write("deny.yaml", "")
    assert config.load().denials == ()
    (config.path / "deny.yaml").unlink()
    assert config.load().denials == ()


def test_each_of_the_four_is_read(config: Directory) -> None:
    config.write(
        "deny.yaml",
        f"""denials:
  - {{id: a, digest: "{DIGEST}", reason: bad}}
  - {{id: b, commit: "{COMMIT}", reason: bad, since: 2026-01-31T12:00:00Z}}
  - {{id: c, signer: ci@acme.example, reason: bad, by: mia}}
  - {{id: d, component: pkg:npm/left-pad, versions: "<1.2.0", reason: bad}}
""",
    )
    assert config.load().denials == (
        Denial(id="a", what=Withdrawn.DIGEST, value=DIGEST, reason="bad"),
        Denial(
            id="b",
            what=Withdrawn.COMMIT,
            value=COMMIT,
            reason="bad",
            since=datetime(2026, 1, 31, 12, tzinfo=UTC),
        ),
        Denial(id="c", what=Withdrawn.SIGNER, value="ci@acme.example", reason="bad (by mia)"),
        Denial(id="d", what=Withdrawn.COMPONENT, value="pkg:npm/left-pad", versions="<1.2.0", reason="bad"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (one("reason: x"), "2: denials[0]: name one of digest, commit, signer and component (here: none)"),
        (
            one(f"digest: {DIGEST}", f"commit: {COMMIT}", "reason: x"),
            "2: denials[0]: name one of digest, commit, signer and component (here: digest, commit)",
        ),
        (one("digest: sha256:abc", "reason: x"), "3: denials[0].digest: not a sha256 digest: 'sha256:abc'"),
        (
            one("commit: 0a1b2c3", "reason: x"),
            "3: denials[0].commit: not a whole commit: '0a1b2c3'; write all 40 (or 64) lower-case hex digits",
        ),
        (
            one("signer: ci@*", "reason: x"),
            (
                "3: denials[0].signer: a signer is named exactly, without `*`: a subject alternative name, or a key's "
                "fingerprint"
            ),
        ),
        (
            one("component: left-pad", "reason: x"),
            "3: denials[0].component: 'left-pad' is no package URL; write it like pkg:npm/left-pad",
        ),
        (
            one("component: pkg:npm/left-pad", 'versions: "<1.2.0, >1"', "reason: x"),
            "4: denials[0].versions: '<1.2.0, >1' is no version range; write it like >=1.0.0|<1.2.3",
        ),
        (
            one(f"digest: {DIGEST}", 'versions: "<1"', "reason: x"),
            "4: denials[0].versions: belong to a component, and this is a digest",
        ),
        (one(f"digest: {DIGEST}"), "2: denials[0].reason is missing: why; people read it wherever the denial stops"),
        (
            one(f"digest: {DIGEST}", 'reason: "a\\nb"'),
            "4: denials[0].reason: must be one line of readable characters",
        ),
        (
            one(f"digest: {DIGEST}", "reason: x", "since: yesterday"),
            "5: denials[0].since: is no time; write it like 2026-01-31T12:00:00Z (it is 'yesterday')",
        ),
        (
            one(f"digest: {DIGEST}", "reason: x", "since: 2026-01-31T12:00:00"),
            "5: denials[0].since: has no time zone; write it like 2026-01-31T12:00:00Z (it is '2026-01-31T12:00:00')",
        ),
        (
            one(f"digest: {DIGEST}", "reson: x"),
            (
                "4: unknown key denials[0].reson; did you mean reason? (allowed: by, commit, component, digest, id, "
                "reason, signer, since, versions)"
            ),
        ),
        (
            f"denials:\n  - {{id: denial-1, digest: '{DIGEST}', reason: x}}\n",
            "2: denials[0].id: begins with denial-, as those of the command do; name it otherwise",
        ),
        (
            f"denials:\n  - {{id: a, digest: '{DIGEST}', reason: x}}\n  - {{id: a, commit: {COMMIT}, reason: x}}\n",
            "3: denials[1].id: a is the id of denials[0] too; rename one",
        ),
        ("denied: []", "1: unknown key denied; did you mean denials? (allowed: denials)"),
    ],
)
def test_a_mistake_is_named_with_file_line_key_and_remedy(config: Directory, text: str, said: str) -> None:
    config.write("deny.yaml", text)
    (problem, *more) = config.problems()
    assert problem.startswith(f"deny.yaml:{said}"), problem
    assert all("is missing" in other for other in more)
