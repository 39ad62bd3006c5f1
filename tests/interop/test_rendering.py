"""What kustomize and helm make of edited files: the image that would run is the promoted digest, in every shape.

The edit is the program's own; the rendering is that of the tools which deploy.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from promoter.config import load
from promoter.core.candidate import Candidate, digest_of, parse_repository
from promoter.core.checks.subject import Phase
from promoter.core.edit import edit
from promoter.core.environment import Service
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.target import Target, TargetKind, ValuesShape
from promoter.core.verdict import Verdict, VerifiedDigest, verified
from tests.interop.toolbox import ROOT, Toolbox

pytestmark = pytest.mark.interop

CHART = Path(__file__).parent / "charts" / "app"
IMAGE = parse_repository("registry.example/acme/shop")
OLD, NEW = digest_of(b"the running image"), digest_of(b"the promoted image")
RELEASE = "1.10"  # a number to YAML: rendered as 1.1 where nobody quotes it
PROMOTED = f"{IMAGE}:{RELEASE}@{NEW}"

MANIFEST = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: shop}}
spec:
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}}}
    spec:
      initContainers:
        - {{name: migrate, image: "{IMAGE}:1.9@{OLD}"}}   # the same release prepares its database
      containers:
        - name: shop
          image: {IMAGE}:1.9@{OLD}
"""
UNPINNED = MANIFEST.replace(f"{IMAGE}:1.9@{OLD}", str(IMAGE))
KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [deployment.yaml]
images:
  - name: registry.example/acme/shop   # promoted by pull request
    newTag: "1.9"
"""


def _verified() -> VerifiedDigest:
    findings = (Finding("signed", Mode.ENFORCE, Outcome.PASS, "signed by the release workflow"),)
    at = datetime(2026, 3, 4, tzinfo=UTC)
    return verified(Verdict(Candidate("shop", RELEASE, NEW), "prod", Phase.PROPOSE, at, digest_of(b"policy"), findings))


def _edited(text: str, target: Target) -> str:
    return edit(text.encode(), target, IMAGE, _verified()).raw.decode()


def _images(rendered: str) -> list[str]:
    pods = (document["spec"]["template"]["spec"] for document in yaml.safe_load_all(rendered) if document)
    return [one["image"] for pod in pods for one in (*pod.get("initContainers", ()), *pod["containers"])]


@pytest.mark.parametrize("digest", ["", f"    digest: {OLD}\n"], ids=["tag only", "tag and digest"])
def test_kustomize_renders_the_promoted_digest(digest: str, home: Path, toolbox: Toolbox) -> None:
    target = Target(path="kustomization.yaml", kind=TargetKind.KUSTOMIZE, name=str(IMAGE))
    (home / "kustomization.yaml").write_text(_edited(KUSTOMIZATION + digest, target))
    (home / "deployment.yaml").write_text(UNPINNED)
    assert _images(toolbox.run("kustomize", "build", str(home))) == [PROMOTED, PROMOTED]


def test_kustomize_passes_an_edited_manifest_on_unchanged(home: Path, toolbox: Toolbox) -> None:
    target = Target(path="deployment.yaml", kind=TargetKind.MANIFEST)
    (home / "kustomization.yaml").write_text("resources: [deployment.yaml]\n")
    (home / "deployment.yaml").write_text(_edited(MANIFEST, target))
    assert _images(toolbox.run("kustomize", "build", str(home))) == [PROMOTED, PROMOTED]


VALUES = {
    "tag and digest": (
        f"image:\n  tag: 1.9.0 # running\n  digest: {OLD}\n",
        Target(path="values.yaml", kind=TargetKind.HELM_VALUES, at=("image",), shape=ValuesShape.TAG_AND_DIGEST),
    ),
    "tag without a digest yet": (
        "image:\n  tag: 1.9.0\n",
        Target(path="values.yaml", kind=TargetKind.HELM_VALUES, at=("image",), shape=ValuesShape.TAG_AND_DIGEST),
    ),
    "registry apart, digest behind the tag": (
        f"split: {{registry: registry.example, repository: acme/shop, tag: 1.9.0@{OLD}}}\n",
        Target(path="values.yaml", kind=TargetKind.HELM_VALUES, at=("split",), shape=ValuesShape.TAG),
    ),
    "whole image": (
        f"whole:\n  image: '{IMAGE}:1.9.0@{OLD}'\n",
        Target(path="values.yaml", kind=TargetKind.HELM_VALUES, at=("whole", "image"), shape=ValuesShape.IMAGE),
    ),
}


@pytest.mark.parametrize("shape", sorted(VALUES))
def test_helm_renders_the_promoted_digest(shape: str, home: Path, toolbox: Toolbox) -> None:
    text, target = VALUES[shape]
    (home / "values.yaml").write_text(_edited(text, target))
    rendered = toolbox.run("helm", "template", "shop", str(CHART), "--values", str(home / "values.yaml"))
    assert _images(rendered) == [PROMOTED]


def test_helm_renders_the_promoted_digest_from_the_values_of_a_flux_release(home: Path, toolbox: Toolbox) -> None:
    release = f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: shop, namespace: shop}}
spec:
  interval: 10m
  chartRef: {{kind: OCIRepository, name: app}}
  values:
    image: &shop
      tag: 1.9.0
      digest: {OLD}
"""
    target = Target(
        path="release.yaml",
        kind=TargetKind.FLUX_HELM_RELEASE,
        at=("image",),
        shape=ValuesShape.TAG_AND_DIGEST,
        name="shop",
    )
    values = yaml.safe_load(_edited(release, target))["spec"]["values"]
    (home / "values.yaml").write_text(yaml.safe_dump(values))
    rendered = toolbox.run("helm", "template", "shop", str(CHART), "--values", str(home / "values.yaml"))
    assert _images(rendered) == [PROMOTED]


EXAMPLE = load(ROOT / "config", {})
PLACES = [
    pytest.param(service, target, id=f"{environment}-{service.name}")
    for service in EXAMPLE.services.values()
    for environment, targets in service.targets.items()
    for target in targets
]


@pytest.mark.parametrize(("service", "target"), PLACES)
def test_every_place_of_the_example_environments_renders_the_promoted_digest(
    service: Service, target: Target, home: Path, toolbox: Toolbox
) -> None:
    shutil.copytree(ROOT / "environments", home / "environments")
    file = home / target.path
    file.write_bytes(edit(file.read_bytes(), target, service.image, _verified()).raw)
    assert _images(_rendered(file, target, toolbox)) == [f"{service.image}:{RELEASE}@{NEW}"]


def _rendered(file: Path, target: Target, toolbox: Toolbox) -> str:
    if target.kind is TargetKind.HELM_VALUES:
        return toolbox.run("helm", "template", "app", str(CHART), "--values", str(file))
    if target.kind is TargetKind.MANIFEST:
        (file.parent / "kustomization.yaml").write_text(f"resources: [{file.name}]\n")
    return toolbox.run("kustomize", "build", str(file.parent))
