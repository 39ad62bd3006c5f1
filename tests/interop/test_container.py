"""The container image builds from the lock file and holds the bot, what it starts, and nothing to build with."""

import re
from collections.abc import Iterator

import pytest

from tests.interop.containers import Container, built_image
from tests.interop.toolbox import ROOT, ToolError

pytestmark = pytest.mark.interop
LOCK = ROOT / ".ci" / "lock" / "runtime.txt"


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    with built_image() as built:
        yield built


def _normal(pin: str) -> str:
    return re.sub(r"\[.*\]", "", pin).lower().replace("_", "-").replace(".", "-")


def test_the_image_runs_the_bot_under_an_init(container: Container) -> None:
    entrypoint = container.configured("{{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}}")
    assert entrypoint == "[tini -- promoter] [run]"
    assert container.run("tini", "--", "promoter", "--help").startswith("Usage: promoter")


def test_the_bot_reads_a_mounted_configuration(container: Container) -> None:
    container.run("promoter", "config", "check", mount=(ROOT / "config", "/etc/promoter"))
    with pytest.raises(ToolError, match="ended with 2"):
        container.run("promoter", "config", "check")


def test_the_bot_runs_as_a_numeric_user_who_owns_nothing_but_the_state(container: Container) -> None:
    assert container.configured("{{.OCIv1.Config.User}}") == "10001:10001"
    assert container.run("id", "-u") == "10001"
    assert container.run("sh", "-c", "touch state && ls") == "state"
    with pytest.raises(ToolError, match="Permission denied"):
        container.run("touch", "/opt/promoter/bin/promoter")


def test_the_state_is_a_volume(container: Container) -> None:
    assert container.configured("{{.OCIv1.Config.Volumes}}") == "map[/var/lib/promoter:{}]"


@pytest.mark.parametrize("program", ["git", "ps", "tini", "promoter"])
def test_the_image_holds_what_the_bot_starts(container: Container, program: str) -> None:
    assert container.run("sh", "-c", f"command -v {program}")


@pytest.mark.parametrize("program", ["cc", "gcc", "make", "pip", "/opt/promoter/bin/pip"])
def test_the_image_holds_nothing_to_build_with(container: Container, program: str) -> None:
    with pytest.raises(ToolError):
        container.run("sh", "-c", f"command -v {program}")


def test_the_installed_packages_are_those_of_the_lock_file_and_the_bot(container: Container) -> None:
    listing = (
        "from importlib.metadata import *; print(*(d.metadata['Name'] + '==' + d.version for d in distributions()))"
    )
    installed = {_normal(pin) for pin in container.run("python", "-c", listing).split()}
    locked = {_normal(pin) for pin in re.findall(r"^([^\s#;]+==[^\s;]+)", LOCK.read_text(), re.MULTILINE)}
    assert {pin for pin in installed - locked if not pin.startswith("promoter==")} == set()
    assert any(pin.startswith("sigstore==") for pin in installed)


def test_the_base_is_pinned_by_digest() -> None:
    base = re.search(r"^ARG BASE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert base
    assert re.fullmatch(r"docker\.io/library/python:3\.11\.\d+-slim-trixie@sha256:[0-9a-f]{64}", base[1])
