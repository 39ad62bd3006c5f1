"""One target under atheris, guided by the coverage of the package: `python -m tests.fuzz.guided NAME FOLDER SECONDS`.

libFuzzer ends the process, with another code than 0 where it found a crash.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["promoter"], enable_loader_override=False):
    from tests.fuzz.target import FuzzTarget
    from tests.fuzz.targets import TARGETS

_SLOWEST = 10  # seconds that one input may take
_MEMORY = 4096  # MiB
_LONGEST = 1 << 16  # bytes of an input


def main() -> None:
    """Fuzz until the time is over or something is found."""
    name, folder, seconds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    target = next(target for target in TARGETS if target.name == name)
    corpus, crashes, words = folder / "corpus" / name, folder / "crashes", folder / f"{name}.dict"
    for made in (corpus, crashes):
        made.mkdir(parents=True, exist_ok=True)
    _write_seeds(target, corpus)
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    options = (
        *(f"-max_total_time={seconds}", f"-timeout={_SLOWEST}", f"-rss_limit_mb={_MEMORY}", f"-max_len={_LONGEST}"),
        *(f"-dict={words}", f"-artifact_prefix={crashes}/{name}-", "-verbosity=0", "-print_final_stats=1"),
    )
    atheris.Setup([sys.argv[0], *options, str(corpus)], target.accepts)
    atheris.Fuzz()


def _write_seeds(target: FuzzTarget, corpus: Path) -> None:
    for number, seed in enumerate((*target.seeds, *(case.read_bytes() for case in target.cases()))):
        (corpus / f"seed-{number}").write_bytes(seed)


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main()
