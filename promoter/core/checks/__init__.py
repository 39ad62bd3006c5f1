"""The closed table of checks: nothing registers itself by being imported.

A new check is one module, one row here and one file of vectors.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from promoter.core.checks.agreement import AGREEMENT
from promoter.core.checks.approval import APPROVAL
from promoter.core.checks.artifact import ARTIFACT
from promoter.core.checks.artifact_age import AGE
from promoter.core.checks.attestation import ATTESTATION
from promoter.core.checks.check import Check
from promoter.core.checks.components import COMPONENTS
from promoter.core.checks.denylist import DENYLIST
from promoter.core.checks.expression import EXPRESSION
from promoter.core.checks.licences import LICENCES
from promoter.core.checks.log import LOG
from promoter.core.checks.order import ORDER
from promoter.core.checks.provenance import PROVENANCE
from promoter.core.checks.release import RELEASE
from promoter.core.checks.reproduced import REPRODUCED
from promoter.core.checks.review import REVIEW
from promoter.core.checks.rules import RULES
from promoter.core.checks.sast import SAST
from promoter.core.checks.sbom import SBOM
from promoter.core.checks.scai import SCAI
from promoter.core.checks.scan import SCAN
from promoter.core.checks.signature import SIGNATURE
from promoter.core.checks.source_branch import SOURCE_BRANCH
from promoter.core.checks.source_review import SOURCE_REVIEW
from promoter.core.checks.steps import STEPS
from promoter.core.checks.tests import TESTS
from promoter.core.checks.ticket import TICKET
from promoter.core.checks.vsa import VSA
from promoter.core.checks.vulnerabilities import VULNERABILITIES

CHECKS: Final[Mapping[str, Check[Any]]] = MappingProxyType(
    {
        "signature": SIGNATURE,
        "provenance": PROVENANCE,
        "sbom": SBOM,
        "licences": LICENCES,
        "components": COMPONENTS,
        "scan": SCAN,
        "vulnerabilities": VULNERABILITIES,
        "agreement": AGREEMENT,
        "reproduced": REPRODUCED,
        "source-review": SOURCE_REVIEW,
        "tests": TESTS,
        "sast": SAST,
        "review": REVIEW,
        "vsa": VSA,
        "steps": STEPS,
        "release": RELEASE,
        "scai": SCAI,
        "attestation": ATTESTATION,
        "expression": EXPRESSION,
        "denylist": DENYLIST,
        "artifact": ARTIFACT,
        "source-branch": SOURCE_BRANCH,
        "age": AGE,
        "order": ORDER,
        "approval": APPROVAL,
        "ticket": TICKET,
        "rules": RULES,
        "log": LOG,
    }
)
"""Every check by the name that policies call it."""
