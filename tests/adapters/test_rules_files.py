"""Rules kept on disk: whole or not at all, and found out where somebody changed them."""

from pathlib import Path

import pytest

from promoter.adapters.rules_files import KeptRules
from promoter.core.bundle import Bundle, BundleFile
from promoter.core.candidate import digest_of
from promoter.core.ruleset import RawFile
from promoter.ports import InForce, OutsideError
from promoter.transport.git_names import RefusedName

FILES = (RawFile("policies/prod.yaml", b"a: 1\r\n"), RawFile("services/cart.yaml", b"b: 2\n"))
BODY = Bundle(tuple(BundleFile(file.path, digest_of(file.raw)) for file in FILES), ()).body
DIGEST = digest_of(BODY)


@pytest.fixture
def kept(tmp_path: Path) -> KeptRules:
    return KeptRules(tmp_path / "rules")


def test_what_is_kept_is_found_as_it_was(kept: KeptRules, tmp_path: Path) -> None:
    assert kept.find(DIGEST) is None
    place = kept.keep(FILES, BODY)
    assert kept.find(DIGEST) == (place, BODY)
    assert {file.path: (place / file.path).read_bytes() for file in FILES} == {file.path: file.raw for file in FILES}
    assert kept.keep(FILES, BODY) == place
    assert [path.name for path in (tmp_path / "rules").iterdir()] == [DIGEST.removeprefix("sha256:")]


@pytest.mark.parametrize("what", ["changed", "gone", "more", "list"])
def test_what_somebody_changed_counts_as_none_and_is_kept_anew(kept: KeptRules, what: str) -> None:
    place = kept.keep(FILES, BODY)
    path = place / "policies" / "prod.yaml"
    match what:
        case "changed":
            path.write_bytes(b"a: 2\n")
        case "gone":
            path.unlink()
        case "more":
            path.with_name("dev.yaml").write_bytes(b"")
        case _:
            (place / ".bundle.json").write_bytes(b"{}")
    assert kept.find(DIGEST) is None
    assert kept.keep(FILES, BODY) == place
    assert kept.find(DIGEST) == (place, BODY)


def test_a_draft_ends_with_the_look_at_it(kept: KeptRules) -> None:
    with kept.drafted(FILES) as folder:
        assert (folder / "services" / "cart.yaml").read_bytes() == b"b: 2\n"
    assert not folder.exists()


@pytest.mark.parametrize("path", ["../x.yaml", "/etc/x.yaml", "a//b.yaml", ".git/config.yaml"])
def test_no_file_is_written_outside_its_folder(kept: KeptRules, path: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedName), kept.drafted((RawFile(path, b""),)):
        pytest.fail("it was written")
    assert list((tmp_path / "rules").iterdir()) == []


def test_what_is_in_force_is_said_and_read(kept: KeptRules, tmp_path: Path) -> None:
    assert kept.in_force() is None
    kept.put_in_force(InForce(DIGEST, "1" * 40))
    kept.put_in_force(InForce(DIGEST, "1" * 40, "2" * 40))
    assert kept.in_force() == InForce(DIGEST, "1" * 40, "2" * 40)
    (tmp_path / "rules" / "in-force.json").write_bytes(b"{")
    with pytest.raises(OutsideError, match=r"in-force\.json cannot be read; remove it, and start the bot"):
        kept.in_force()


def test_a_place_that_cannot_be_used_is_the_worlds_fault(tmp_path: Path) -> None:
    (tmp_path / "rules").touch()
    kept = KeptRules(tmp_path / "rules")
    assert kept.find(DIGEST) is None
    with pytest.raises(OutsideError, match="cannot be used"):
        kept.keep(FILES, BODY)
