"""Builds the container image with Debian's buildah, on a base that debootstrap makes.

The base stands for the pinned one of the Dockerfile: Debian with Python 3.11, and the certificate authorities of this
machine, so that the build trusts what the machine trusts. It is made once and kept in the ignored tools folder.
Needs root: both programs make file trees with foreign owners.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.interop.toolbox import BIN, ROOT, MissingToolError, ToolError

_STORE = BIN.parent / "container"
_BASE = "localhost/promoter-test-base:bookworm-1"
_IMAGE = "localhost/promoter:interop"
_PACKAGES = "ca-certificates,python3-minimal,python3-venv,python-is-python3"
_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
_PATIENCE = 600.0  # seconds for one step; the longest, installing the locked packages, takes about 30


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MissingToolError(f"{name} is not installed; run as root: apt-get install --no-install-recommends {name}")
    if os.geteuid() != 0:
        raise MissingToolError(f"{name} builds the container image as root only; run: sudo make interop")
    return found


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=_PATIENCE, check=False)
    if done.returncode != 0:
        told = (done.stdout + done.stderr).decode(errors="replace")
        raise ToolError(f"{' '.join(command)} ended with {done.returncode}:\n{told}")
    return done.stdout.decode()


def _buildah(*arguments: str) -> str:
    store = ("--root", str(_STORE / "storage"), "--runroot", str(_STORE / "run"), "--storage-driver", "vfs")
    return _run(_program("buildah"), *store, *arguments).strip()


def _make_base() -> None:
    if _buildah("images", "--quiet", "--filter", f"reference={_BASE}"):
        return
    tree = _STORE / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    _STORE.mkdir(parents=True, exist_ok=True)
    _run(_program("debootstrap"), "--variant=minbase", f"--include={_PACKAGES}", "bookworm", str(tree))
    shutil.copyfile(_AUTHORITIES, tree / _AUTHORITIES.relative_to("/"))
    with _container("scratch") as container:
        _buildah("copy", "--quiet", container.name, str(tree), "/")
        _buildah("commit", "--quiet", container.name, _BASE)
    shutil.rmtree(tree)


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the built image."""

    name: str

    def run(self, *command: str, mount: tuple[Path, str] | None = None) -> str:
        """Run a command in the container as the image's user and give its output; raises ToolError if it fails.

        `mount` is a directory of this machine and where the command finds it, to be read only.
        """
        volume = ("--volume", f"{mount[0]}:{mount[1]}:ro") if mount else ()
        return _buildah("run", "--isolation", "chroot", *volume, self.name, "--", *command)

    def configured(self, template: str) -> str:
        """Give a part of the image's configuration by a Go template."""
        return _buildah("inspect", "--format", template, self.name)


@contextmanager
def _container(image: str) -> Iterator[Container]:
    container = Container(_buildah("from", "--pull-never", image))
    try:
        yield container
    finally:
        _buildah("rm", container.name)


@contextmanager
def built_image() -> Iterator[Container]:
    """Build the Dockerfile and give a container of the image; both are removed afterwards, the base is kept."""
    _make_base()
    arguments = ("--isolation", "chroot", "--pull-never", "--layers=false", "--build-arg", f"BASE={_BASE}")
    _buildah("build", *arguments, "--tag", _IMAGE, ".")
    try:
        with _container(_IMAGE) as container:
            yield container
    finally:
        _buildah("rmi", "--force", _IMAGE)
