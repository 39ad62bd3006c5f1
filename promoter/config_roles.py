"""Refuses one person in two roles, as far as files tell it: in two lists, or in a list and as a signer of a policy."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from promoter.config_files import RolesFile
from promoter.core.hands import is_same_person
from promoter.core.identity import SignerRule
from promoter.strict_yaml import Document, read_document


def shared_hands(document: Document, roles: RolesFile) -> Iterator[str]:
    """Find logins that stand in both lists, with file and line."""
    for index, login in enumerate(roles.break_glass):
        if any(is_same_person(login, other) for other in roles.deployers):
            where = f"{document.at(('roles', 'break_glass', index))}: roles.break_glass[{index}]"
            yield f"{where}: {login} is among the deployers too; one person has one role, so take it off one list"


def signing_hands(folder: Path, roles: RolesFile, signers: Mapping[str, Mapping[str, SignerRule]]) -> Iterator[str]:
    """Find signers who are persons of a list: who signs does not approve what was signed.

    The signers are by the name of the policy or class in the folder that has them, and their own.
    """
    listed = (*roles.deployers, *roles.break_glass)
    for file, rules in sorted(signers.items()):
        for name, rule in rules.items():
            same = next((login for login in listed if "@" in rule.san and is_same_person(rule.san, login)), None)
            if same:
                path = folder / f"{file}.yaml"
                where = f"{read_document(path).at(('signers', name, 'san'))}: signers.{name}.san"
                yield f"{where}: {rule.san} is {same} of roles; who signs has no other role, so take it off one of them"
