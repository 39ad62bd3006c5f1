"""Hypothesis strategies for YAML files around a pin, built as text: nothing of the editor is used to make them.

A generated file is a template in which marks stand for the pin's values; filling the marks in gives the file before and
after the edit, so that the expected bytes are known without editing.
"""

import re
from dataclasses import dataclass

from hypothesis import strategies as st

from promoter.core.candidate import Digest
from promoter.core.target import Target
from tests.core.edit.pinned import KUSTOMIZE, MANIFEST, OCI, RELEASE_PAIR, TAG, TAG_AND_DIGEST, WHOLE

NAME = "registry.example/team/app"
BREAKS = ("\n", "\r\n", "\r", "\x85", "\u2028", "\u2029")
_TAG, _DIGEST, _BOTH, _MISSING = "\ue000", "\ue001", "\ue002", "\ue003"

_characters = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp"), exclude_characters="\ufeff"
)
words = st.text(_characters, min_size=1, max_size=8)
comments = st.one_of(st.just(""), words.map(lambda text: f" # {text}"), st.sampled_from(["\t#", "   "]))
lines_between = st.lists(st.one_of(st.just(""), words.map(lambda text: f"# {text}"), st.just("  ")), max_size=2).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)
releases = st.from_regex(r"\Av[0-9]{1,3}(\.[0-9]{1,3}){0,2}(-[a-z]{1,5})?\Z")
digests = st.text("0123456789abcdef", min_size=64, max_size=64).map(lambda text: Digest(f"sha256:{text}"))


@dataclass(frozen=True, slots=True)
class Template:
    """A file with marks in it, its target, its line break and its byte order mark."""

    target: Target
    text: str
    newline: str
    bom: bytes

    @property
    def lacks_digest(self) -> bool:
        """True where the file holds no digest until the edit inserts one."""
        return _MISSING in self.text or (_BOTH in self.text and _DIGEST not in self.text)

    def pinned(self, release: str, digest: Digest) -> bytes:
        """Give the file with a whole pin."""
        text = self.text.replace(_BOTH, f"{release}@{digest}").replace(_MISSING, digest)
        return self._bytes(text.replace(_TAG, release).replace(_DIGEST, digest))

    def tagged(self, release: str) -> bytes:
        """Give the file with a tag and, where it lacks one, without the digest."""
        text = re.sub(f"[^\n]*{_MISSING}[^\n]*\n", "", self.text.replace(_BOTH, release).replace(_TAG, release))
        return self._bytes(text.replace(_DIGEST, ""))

    def _bytes(self, text: str) -> bytes:
        return self.bom + text.replace("\n", self.newline).encode()


@st.composite
def _filler(draw: st.DrawFn, start: int) -> str:
    """A few entries of a mapping at the root, of every kind that YAML has, that say nothing of an image."""
    word = draw(words).replace("'", "''")
    kinds = st.sampled_from(
        [
            "plain text",
            f"'{word}'",
            '"\\u00e9\\t\\"x\\" \\U0001F680"',
            "{a: [1, 'b' , {c: d}], \"e\":f , }",
            f"[ x, '{word}' ]",
            "|\n  tag: v1 # no comment\n\n  more\n",
            ">-\n   folded\n   text\n",
            "!!str 12",
            "&anchor{n} {{x: y}}\nagain{n}: *anchor{n}",
            '"two\n  lines"',
            "",
            "\n- 1\n-   - 2\n    - x: 3\n",
        ]
    )
    entries = [
        f"{draw(lines_between)}k{n}:{' ' if value else ''}{value.replace('{n}', str(n)).replace('{{', '{')}\n"
        for n, value in enumerate(draw(st.lists(kinds, max_size=3)), start)
    ]
    return "".join(entries).replace("}}", "}")


@st.composite
def _pair(draw: st.DrawFn, pad: str, tag_key: str) -> str:
    """Tag and digest in block style, in any order; or a tag alone, with the line that is going to be inserted."""
    quote, space = draw(st.sampled_from(["", "'", '"'])), draw(st.sampled_from([" ", "   ", "\t"]))
    tag = f"{pad}{tag_key}:{space}{quote}{_TAG}{quote}{draw(comments)}\n"
    digest = f"{pad}digest:{space}{quote}{_DIGEST}{quote}{draw(comments)}\n"
    if draw(st.booleans()):
        first, second = draw(st.permutations([tag, digest]))
        return first + draw(lines_between) + second
    return f"{tag}{pad}digest: {quote}{_MISSING}{quote}\n"


@st.composite
def _both(draw: st.DrawFn) -> str:
    quote = draw(st.sampled_from(["", "'", '"']))
    return f"{quote}{{}}{_BOTH}{quote}"


@st.composite
def templates(draw: st.DrawFn) -> Template:
    """A file of one of the shapes, with other entries, comments and blank lines around and inside."""
    pad = " " * draw(st.integers(1, 6))
    target, block, apart = draw(st.sampled_from(_SHAPES))
    text = draw(lines_between) + draw(_filler(0))
    if apart:
        text = f"# one\n---{draw(comments)}\n{text}---\n"
    text += draw(block(pad)) + draw(lines_between)
    text += f"---\n{draw(_filler(10))}...\n" if apart else draw(_filler(10))
    newline, bom = draw(st.sampled_from(BREAKS)), draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return Template(target, text, newline, bom)


@st.composite
def _kustomize(draw: st.DrawFn, pad: str) -> str:
    below = f"{pad}  "
    head = f"images:{draw(comments)}\n{draw(lines_between)}{pad}- name: {NAME}{draw(comments)}\n"
    return head + draw(lines_between) + draw(_pair(below, "newTag")) + f"{below}unknown: x\n"


@st.composite
def _manifest(draw: st.DrawFn, pad: str) -> str:
    one, two = (draw(_both()).format(f"{NAME}:") for _ in range(2))
    head = f"kind: Deployment\nspec:\n{pad}template:\n{pad}  spec:\n{pad}    containers:\n"
    first = f"{pad}    - name: x{draw(comments)}\n{pad}      image:  {one}{draw(comments)}\n"
    return f"{head}{first}{draw(lines_between)}{pad}    - image: {two}{draw(comments)}\n{pad}      name: y\n"


@st.composite
def _values_pair(draw: st.DrawFn, pad: str) -> str:
    return f"image:{draw(comments)}\n{pad}repository: {NAME}\n" + draw(_pair(pad, "tag")) + f"{pad}pullPolicy: Always\n"


@st.composite
def _values_tag(draw: st.DrawFn, pad: str) -> str:
    return f"image:\n{pad}registry: registry.example\n{pad}tag: {draw(_both()).format('')}{draw(comments)}\n"


@st.composite
def _values_image(draw: st.DrawFn, pad: str) -> str:
    return f"image:{pad}{draw(_both()).format(NAME + ':')}{draw(comments)}\n"


@st.composite
def _release(draw: st.DrawFn, pad: str) -> str:
    head = f"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n{pad}values:{draw(comments)}\n"
    return f"{head}{pad} image:\n" + draw(_pair(f"{pad}   ", "tag"))


@st.composite
def _oci(draw: st.DrawFn, pad: str) -> str:
    head = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n"
    head += f"spec:\n{pad}url: oci://{NAME}{draw(comments)}\n{pad}ref:\n"
    return head + draw(_pair(f"{pad}  ", "tag"))


_SHAPES = (
    (KUSTOMIZE, _kustomize, False),
    (MANIFEST, _manifest, True),
    (TAG_AND_DIGEST, _values_pair, False),
    (TAG, _values_tag, False),
    (WHOLE, _values_image, False),
    (RELEASE_PAIR, _release, True),
    (OCI, _oci, True),
)
