"""Coverage-guided fuzzing of the table's targets: `make fuzz`, or by hand.

    python -m tests.fuzz [--seconds 10] [--folder build/fuzz] [NAME ...]   fuzz these targets, or all, one on each core
    python -m tests.fuzz --again FILE NAME                                 feed one file, as a found crash names it

A crash is an input that a parser answers with an exception that it does not document, or not within ten seconds. It is
kept under `crashes/` in the folder; once mended it belongs into tests/fuzz/cases/NAME/. What widened the coverage is
kept under `corpus/` and is where the next run begins.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.targets import TARGETS

_STARTING = 120  # seconds that a target's process may take beside its time
_INPUTS = re.compile(rb"stat::number_of_executed_units: *([0-9]+)")


def main() -> int:
    """Fuzz, or feed one file; 1 where something was found."""
    asked = _arguments()
    by_name = {target.name: target for target in TARGETS}
    if unknown := set(asked.names) - by_name.keys():
        sys.exit(f"no target {', '.join(sorted(unknown))}; there are: {', '.join(sorted(by_name))}")
    if asked.again:
        print("read" if by_name[asked.names[0]].accepts(asked.again.read_bytes()) else "refused, as documented")
        return 0
    names = asked.names or list(by_name)
    with ThreadPoolExecutor(os.cpu_count()) as cores:
        clean = cores.map(lambda name: _is_clean(name, asked.folder, asked.seconds), names)
        found = [name for name, is_clean in zip(names, clean, strict=True) if not is_clean]
    print(f"fuzz: {len(names)} targets, {len(found)} with crashes {' '.join(found)}".rstrip())
    return int(bool(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seconds", type=int, default=10, help="for each target")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--again", type=Path, metavar="FILE", help="feed this file to the one target named")
    asked = parser.parse_args()
    if asked.again and len(asked.names) != 1:
        parser.error("name one target")
    return asked


def _is_clean(name: str, folder: Path, seconds: int) -> bool:
    """Fuzz one target in a process of its own, which libFuzzer ends; tell whether nothing was found."""
    command = [sys.executable, "-m", "tests.fuzz.guided", name, str(folder), str(seconds)]
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds + _STARTING, check=False
    )
    inputs = _INPUTS.search(ended.stdout)
    if ended.returncode == 0 and inputs:
        print(f"{name}: {int(inputs[1])} inputs, no crash", flush=True)
        return True
    print(f"{name}: CRASHED", "\n".join(ended.stdout.decode(errors="replace").splitlines()[-40:]), sep="\n")
    for crash in sorted((folder / "crashes").glob(f"{name}-*")):
        print(f"once more: {sys.executable} -m tests.fuzz --again {crash} {name}", flush=True)
    return False


if __name__ == "__main__":
    sys.exit(main())
