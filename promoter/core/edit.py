"""Pins a verified digest in a file by replacing the bytes of the pin and no others.

Rule 1: only a `VerifiedDigest` can be written.
Rule 2: every byte outside the pins is copied; the new file is read again and must say exactly what the old one said,
but for the pins.
Rule 3: what cannot be done exactly is refused with its reason, and the file stays as it is.
"""

from dataclasses import dataclass, field

from promoter.core.candidate import Digest, Repository, is_tag
from promoter.core.codes import Code
from promoter.core.pins import Pin
from promoter.core.sites import find_sites
from promoter.core.splice import Splice, site_splices, splice
from promoter.core.target import EditRefused, Target
from promoter.core.verdict import VerifiedDigest
from promoter.core.yaml_marks import compose


@dataclass(frozen=True, slots=True)
class Change:
    """One value that was written: where (`images[0].newTag`), on which line of the old file (from 1), and the values.

    `before` is None where the value was missing and has been inserted.
    """

    where: str
    line: int
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A file after an edit; without changes its bytes are those that went in."""

    raw: bytes = field(repr=False)
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Conformity:
    """Whether a file became what the editor makes of it, and why not: one sentence, empty where it did."""

    holds: bool
    why: str = ""

    def __bool__(self) -> bool:
        """True where it holds."""
        return self.holds


def read_pins(raw: bytes, target: Target, image: Repository) -> tuple[Pin, ...]:
    """Read what a target pins, at least one pin; raises EditRefused where that cannot be known exactly."""
    return tuple(site.pin for site in find_sites(compose(raw, target.path), target, image))


def edit(raw: bytes, target: Target, image: Repository, verified: VerifiedDigest) -> Edited:
    """Pin a verified digest in one target of a file; raises EditRefused and then nothing has changed."""
    return _rewrite(raw, target, image, verified.release, verified.digest)


def edit_all(raw: bytes, targets: tuple[Target, ...], image: Repository, verified: VerifiedDigest) -> Edited:
    """Pin a verified digest in every target that one file holds; raises EditRefused and then nothing has changed."""
    changes: tuple[Change, ...] = ()
    for target in targets:
        edited = edit(raw, target, image, verified)
        raw, changes = edited.raw, changes + edited.changes
    return Edited(raw, changes)


def pins_only(
    before: bytes, after: bytes, targets: tuple[Target, ...], image: Repository, release: str, digest: Digest
) -> Conformity:
    """Tell whether a file's bytes differ from older ones by this pin in these targets alone.

    `targets` are all of one file. The bytes must be those that the editor makes of the older ones: then no comment, key
    or blank is different either. It writes nothing, so that it asks for no `VerifiedDigest`; it never raises.
    """
    expected = before
    try:
        for target in targets:
            expected = _rewrite(expected, target, image, release, digest).raw
    except EditRefused as refused:
        return Conformity(False, f"the edit would be refused: {refused}")
    if not targets or expected == after:
        return Conformity(bool(targets), "" if targets else "no target was named")
    line = _first_difference(expected, after)
    return Conformity(False, f"{targets[0].path}:{line}: differs from what pinning {release}@{digest} writes")


def _rewrite(raw: bytes, target: Target, image: Repository, release: str, digest: Digest) -> Edited:
    if not is_tag(release):
        detail = f"the release {release[:100]!r} is no tag"
        raise EditRefused(Code.EDIT_NOT_A_TAG, target.path, 0, detail, "promote a release that is named by a tag")
    stream = compose(raw, target.path)
    sites = find_sites(stream, target, image)
    splices = tuple(one for site in sites for one in site_splices(stream, site, release, digest))
    if not splices:
        return Edited(raw, ())
    after = splice(stream, splices)
    _check_pins(tuple(site.pin for site in find_sites(after, target, image)), len(sites), target, release, digest)
    return Edited(after.raw(), tuple(_change(one) for one in splices))


def _check_pins(pins: tuple[Pin, ...], count: int, target: Target, release: str, digest: Digest) -> None:
    """Refuse a result in which the pins, looked for again, are not the ones that were meant."""
    wrong = [pin for pin in pins if pin.digest != digest or pin.tag not in {release, ""}]
    if wrong or len(pins) != count:
        line = wrong[0].line if wrong else 0
        detail = "the edited file does not pin what was meant"
        raise EditRefused(Code.EDIT_NOT_EXACT, target.path, line, detail, "write the pin as plain `key: value` lines")


def _change(one: Splice) -> Change:
    return Change(one.where, one.line, one.before, one.after)


def _first_difference(expected: bytes, after: bytes) -> int:
    """Give the line, from 1, of the first byte that differs."""
    pairs = zip(expected, after, strict=False)
    at = next((index for index, (one, other) in enumerate(pairs) if one != other), min(len(expected), len(after)))
    return after.count(b"\n", 0, at) + 1
