"""How many lines an edit changes, on 200 files of a hard and of a plain fixture: exactly those of the changed scalars.

Hard: four spaces of indentation, a header with `---`, aligned comments, blank lines, comments between entries, CRLF in
every fifth file. Plain: two spaces, a few comments and blank lines. Each file changes its tag and its digest; a second
run on the same files without a digest inserts one line.
"""

import difflib
import time
from collections.abc import Callable

import pytest

from promoter.core.candidate import Digest, parse_repository
from promoter.core.edit import edit
from promoter.core.target import EditRefused, Target, TargetKind
from promoter.core.verdict import VerifiedDigest

FILES = 200
OLD, NEW = Digest("sha256:" + "0" * 64), Digest("sha256:" + "f" * 64)
TARGET = Target(path="kustomization.yaml", kind=TargetKind.KUSTOMIZE)


def hard(n: int) -> str:
    """A kustomization in a hand of its own."""
    text = f"""\
# Service {n}: owned by team-{n % 7} \u00e9\U0001f680
# Do not reorder.
---
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

resources:
    - ../base          # shared


    - "ingress.yaml"   # own

images:

    # the proxy is promoted elsewhere
    - name:   registry.example/team/proxy   # not ours
      newTag: "1.{n}"                       # not ours either

    - name:   registry.example/team/app-{n}     # {{"$imagepolicy": "flux-system:app"}}
      newTag: v1.{n}.0                          # the release
      digest: {OLD}   # its bytes

replicas:
    - {{name: app, count: 2}}

"""
    return text.replace("\n", "\r\n") if n % 5 == 0 else text


def plain(n: int) -> str:
    """A kustomization as most people write it."""
    return f"""\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../base

# pinned by the promoter
images:
  - name: registry.example/team/app-{n}
    newTag: v1.{n}.0 # release
    digest: {OLD}

namespace: app-{n}
"""


def without_digest(fixture: Callable[[int], str]) -> Callable[[int], str]:
    """The same files before anything was pinned by digest."""
    return lambda n: "".join(line for line in fixture(n).splitlines(keepends=True) if "digest:" not in line)


def diff_lines(before: str, after: str) -> int:
    """Count the lines that a diff shows as removed or added."""
    lines = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return sum(line.startswith(("- ", "+ ")) for line in lines)


@pytest.mark.bench
@pytest.mark.parametrize(
    ("name", "fixture", "expected"),
    [
        ("hard, tag and digest", hard, 4),
        ("plain, tag and digest", plain, 4),
        ("hard, digest missing", without_digest(hard), 3),
        ("plain, digest missing", without_digest(plain), 3),
    ],
)
def test_an_edit_changes_the_lines_of_its_scalars_alone(
    name: str, fixture: Callable[[int], str], expected: int, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, refused = [], 0
    started = time.monotonic()
    for n in range(FILES):
        before = fixture(n)
        image = parse_repository(f"registry.example/team/app-{n}")
        try:
            after = edit(before.encode(), TARGET, image, VerifiedDigest(NEW, f"v1.{n}.1")).raw.decode()
        except EditRefused:
            refused += 1
            continue
        counts.append((before, after))
    spent = time.monotonic() - started
    lines = [diff_lines(before, after) for before, after in counts]
    with capsys.disabled():
        print(  # noqa: T201 - a benchmark's figures
            f"\n{name}: {FILES} files, {min(lines)} to {max(lines)} diff lines a file (aim {expected}), "
            f"{refused} refused, {spent * 1000:.0f} ms"
        )
    assert refused == 0
    assert lines == [expected] * FILES
