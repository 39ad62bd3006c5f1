"""The files of a configuration folder that are read, and those that nobody reads."""

from pathlib import Path

FILES = ("promoter.yaml", "environments.yaml", "freezes.yaml", "deny.yaml")
FOLDERS = ("services", "policies", "fragments", "classes", "exceptions", "cases")


def files_of(
    directory: Path, problems: list[str], *, may_be_empty: bool = False, beside: frozenset[str] = frozenset()
) -> tuple[Path, ...]:
    """Give the files of a folder; names that begin with a dot are an editor's or a mounted volume's own.

    Files of the kinds in `beside` may stand there, too: other files name them.
    """
    entries = sorted(directory.iterdir()) if directory.is_dir() else []
    shown = [path for path in entries if not path.name.startswith(".")]
    strange = (path for path in shown if path.suffix not in {".yaml", *beside})
    problems += [f"{path}: is not read; only *.yaml files belong here" for path in strange]
    found = tuple(path for path in shown if path.suffix == ".yaml")
    if not found and not may_be_empty:
        problems.append(f"{directory}: holds no *.yaml file; write at least one")
    return found


def strangers(directory: Path) -> list[str]:
    """Refuse YAML files that nobody reads: a freeze or an exception that is written must not be passed over."""
    found = (path for pattern in ("*.y*ml", "*/*.y*ml") for path in sorted(directory.glob(pattern)))
    return [
        f"{path}: is not read; only {', '.join(FILES)} and *.yaml of {', '.join(FOLDERS)} are"
        for path in found
        if not path.relative_to(directory).as_posix().startswith((*(f"{name}/" for name in FOLDERS), "."))
        and path not in {directory / name for name in FILES}
    ]
