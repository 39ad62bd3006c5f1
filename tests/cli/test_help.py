"""The help of every command: what it does, its options, its exit codes, and examples that are commands."""

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from promoter.cli.main import promoter


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give every command with the words that call it, the group itself first."""
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


EVERY = dict(commands(promoter))


def shown(*words: str) -> str:
    result = CliRunner().invoke(promoter, [*words, "--help"], prog_name="promoter", terminal_width=100)
    assert result.exit_code == 0
    return result.output


def test_every_command_is_listed_with_one_line_and_the_examples_follow() -> None:
    width = max(map(len, promoter.commands))
    lines = "".join(
        f"  {name:<{width}}  {one.get_short_help_str(100)}\n" for name, one in sorted(promoter.commands.items())
    )
    assert shown()[shown().index("Commands:") :] == (
        f"""Commands:
{lines}
  Exit codes: 0 pass, 1 fail, 2 usage or configuration, 3 undecided (the world did not answer: try again).

  Examples:
    promoter demo                                the whole story on this machine
    promoter --config /etc/promoter config check
    promoter --config /etc/promoter run
    promoter explain cart --env prod             why is it not in prod, and whose turn is it?
"""
    )
    assert [name for name, one in promoter.commands.items() if "..." in one.get_short_help_str(68)] == []


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_says_what_it_does_and_every_option_what_it_is_for(path: tuple[str, ...]) -> None:
    command = EVERY[path]
    assert command.help
    assert command.help.split("\n\n")[0].rstrip().endswith((".", "undecided."))
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{' '.join(path)} {parameter.name}"
            assert parameter.help.endswith(".")


@pytest.mark.parametrize("path", [path for path in EVERY if path != ("config",)], ids=" ".join)
def test_every_example_is_a_command_line_that_is_understood(path: tuple[str, ...]) -> None:
    examples = re.findall(r"^ +promoter (.*?)(?:   .*)?$", shown(*path).partition("Example")[2], re.MULTILINE)
    assert examples
    for example in examples:
        words = re.findall(r'"[^"]*"|\S+', example)
        found = next(command for name, command in reversed(EVERY.items()) if is_called(words, name))
        rest = [word for word in words if word not in {*path, "--config", "/etc/promoter"}]
        known = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in rest if word.startswith("-")} <= known | {"--config"}


def is_called(words: list[str], name: tuple[str, ...]) -> bool:
    """Tell whether a command line calls the command of this name."""
    own = [word for word in words if word not in {"--config", "/etc/promoter"}]
    return tuple(own[: len(name)]) == name


def test_an_unknown_command_or_option_is_a_usage_error_with_a_hint() -> None:
    for words, says in (
        (["statsu"], "No such command 'statsu'"),
        (["status", "--jsn"], "No such option"),
        (["verify"], "give a reference and --env, or --decision"),
        (["verify", "cart:1", "--decision", "sha256:x"], "--decision names everything"),
        (["release", "cart"], "Missing argument 'TAG'"),
        (["release", "cart", "1"], "Missing option '--reason'"),
        (["explain", "cart"], "Missing option '--env'"),
    ):
        result = CliRunner().invoke(promoter, words)
        assert (result.exit_code, says in result.stderr) == (2, True), result.stderr


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(promoter, ["--version"], prog_name="promoter").output == "promoter, version 0.1.0\n"
