"""A TUF repository in a directory: one key for every role, valid for a day."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]
from tuf.api.metadata import (  # type: ignore[attr-defined]
    Metadata,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import digest_of


def publish(directory: Path, targets: Mapping[str, bytes]) -> Path:
    """Write a repository of these targets; gives its first root.json."""
    expires = SystemClock().now() + timedelta(days=1)
    signer = CryptoSigner.generate_ecdsa()
    root, listed = Root(expires=expires), Targets(expires=expires)
    for role in ("root", "timestamp", "snapshot", "targets"):
        root.add_key(signer.public_key, role)
    for name, data in targets.items():
        listed.targets[name] = TargetFile.from_data(name, data, ["sha256"])
        path = directory / "targets" / f"{digest_of(data).removeprefix('sha256:')}.{name}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    files: list[tuple[str, Metadata[Any]]] = [
        ("1.root.json", Metadata(root)),
        ("timestamp.json", Metadata(Timestamp(expires=expires))),
        ("1.snapshot.json", Metadata(Snapshot(expires=expires))),
        ("1.targets.json", Metadata(listed)),
    ]
    for file, metadata in files:
        metadata.sign(signer)
        metadata.to_file(str(directory / file))
    return directory / "1.root.json"
