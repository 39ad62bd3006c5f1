"""No reader of bytes or text goes without a target: a new one fails here until the table has its row."""

import ast
from pathlib import Path

import promoter
from tests.fuzz.targets import TARGETS

PACKAGE = Path(promoter.__file__).parent
READERS = ("read_", "parse", "load_", "locate_", "compose", "claimed_", "open_note", "decompress")
PLAIN = {
    "config_bundle.read_bundle": "names and bytes of the operator's files, none of which is parsed",
    "config_cases.read_cases": "files of the operator's, through strict_yaml.read_document",
    "config_classes.read_classes": "files of the operator's, through strict_yaml.read_document",
    "config_demands.read_demands": "files of the operator's, through strict_yaml.read_document",
    "config_fragments.read_fragments": "files of the operator's, through strict_yaml.read_document",
    "config_policies.read_policy_rules": "a file of the operator's, through strict_yaml.read_document",
    "config_rules.read_rules": "values that strict_yaml.read_document has read",
    "presets.__init__.read_preset": "a file of the program's own",
    "config.load_machine": "the operator's own file",
    "config_bundle.parse_bundle": "what a person types, or a digest of ours",
    "config_denials.read_denials": "a file of the operator's, through strict_yaml.read_document",
    "config_exceptions.read_exception_file": "a file of the operator's, through strict_yaml.read_document",
    "config_exceptions.read_exceptions": "the same, several",
    "config_freezes.read_freezes": "a file of the operator's, through strict_yaml.read_document",
    "config_graph.read_graph": "a file of the operator's, through strict_yaml.read_document",
    "config_graph.read_machine": "values that strict_yaml.read_document has read",
    "config_shapes.read_by": "makes a type of a reader",
    "core.component_range.read_component_range": "what an operator writes; its parts are read by core.predicates",
    "core.signed_exceptions.read_statements": "hands predicates to core.signed_exceptions.read_exception",
    "lives.read_body": "the bot's own bytes, kept under their digest",
    "shelf.read_in_force": "the bot's own bytes, kept under their digest",
    "verification.read_decision": "the bot's own bytes, kept under their digest",
    "web.listener.parse_address": "what a person types",
    "config_policies.read_policy": "the bot's own bytes, kept under their digest",
    "config_policies.read_policy_file": "a file of the operator's, through strict_yaml.read_document",
    "core.checks.selection.read_accepted": "hands predicates to the readers that have targets",
    "core.predicates.cyclonedx.read_cyclonedx": "a part of core.predicates.sbom.read_sbom",
    "core.predicates.cyclonedx.read_tools": "a part of core.predicates.sbom.read_sbom",
    "core.predicates.cyclonedx_findings.read_cyclonedx_scan": "a part of core.predicates.scan.read_scan",
    "core.predicates.cyclonedx_findings.read_cyclonedx_vex": "a part of core.predicates.vex_documents.read_vex",
    "core.predicates.purl.read_purl": "gives None for what is none; a part of core.predicates.vex_documents.read_vex",
    "core.predicates.sarif_scan.read_sarif_scan": "a part of core.predicates.scan.read_scan",
    "core.predicates.spdx.read_spdx": "a part of core.predicates.sbom.read_sbom",
    "core.predicates.spdx3.read_spdx3": "a part of core.predicates.sbom.read_sbom",
    "core.predicates.vex.read_openvex": "a part of core.predicates.vex_documents.read_vex",
    "core.predicates.grype.read_grype": "a part of core.predicates.scan.read_scan",
    "core.predicates.trivy.read_trivy": "a part of core.predicates.scan.read_scan",
    "adapters.signatures_sigstore.keys.load_key": "a policy's own key, which config_keys.check_key has read",
    "adapters.signatures_sigstore.keys.load_keys": "the same, several",
    "config_errors.parse": "values that strict_yaml.read_document has read",
    "transport.git_porcelain.read_log": "git's own framing, which no field can forge",
    "transport.git_tree.read_tree": "git's own framing, which no name can forge",
    "verification.parse_reference": "what a person types",
}
"""Readers without a target of their own, and why."""


def readers() -> set[str]:
    """Name every public function of the package that reads, outside of the local world and the command line."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        module = path.relative_to(PACKAGE).with_suffix("").parts
        if module[0] not in {"local", "cli"}:
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef) and node.name.startswith(READERS):
                    found.add(".".join((*module, node.name)))
    return found


def test_every_reader_has_a_target_or_a_reason() -> None:
    covered = {name for target in TARGETS for name in target.covers}
    assert readers() == covered | PLAIN.keys()
    assert not covered & PLAIN.keys()


def test_the_names_of_targets_are_their_own() -> None:
    assert len({target.name for target in TARGETS}) == len(TARGETS)


def test_every_kept_case_belongs_to_a_target() -> None:
    kept = {path for path in (Path(__file__).parent / "cases").rglob("*") if path.is_file()}
    assert kept == {case for target in TARGETS for case in target.cases()}
