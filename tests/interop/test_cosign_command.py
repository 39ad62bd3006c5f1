"""`promoter verify` judges what real cosign signed with a team's keys, under policies written as files."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import Repository
from promoter.core.evidence import Layout, Signer, SignerClaims
from promoter.local.authority.keys import KeyKind
from promoter.local.authority.sealing import LogKind
from promoter.local.pipeline import Recipe
from promoter.local.predicates import Package, Weakness, cyclonedx, provenance, trivy_report
from tests.cli.company import Company, Ran
from tests.interop.cosign_signer import Cosign, Way
from tests.interop.releases import push_image

pytestmark = pytest.mark.interop
