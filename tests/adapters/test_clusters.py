"""Argo CD, Flux and Prometheus say what runs: the contract, and what is each one's own."""

from pathlib import Path

import pytest

from promoter.adapters.cluster_argocd import ArgoCluster
from promoter.adapters.cluster_flux import FluxCluster, FluxObject
from promoter.adapters.cluster_prometheus import PrometheusCluster
from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.core.runtime import FluxKind, Health, Runtime
from promoter.local.cluster import (
    LocalCluster,
    argo_application,
    argo_path,
    flux_kustomization,
    flux_path,
)
from promoter.ports import Cluster, OutsideError
from promoter.transport.json_get import JsonClient
from tests.adapters.cluster_contract import ABOUT, DIGEST, ClusterContract

IMAGE = f"registry.example/shop/cart:1.4.0@{DIGEST}"
REVISION = "a" * 40
QUERY = 'min(up{job="{service}", digest="{digest}"})'
ASKED = QUERY.replace("{service}", "cart").replace("{digest}", DIGEST)


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("cluster-token\n")
    return path


class TestArgo(ClusterContract):
    """Argo CD's Application."""

    @pytest.fixture(autouse=True)
    def _token(self, token: Path) -> None:
        self.token = token

    def opened(self, cluster: LocalCluster) -> Cluster:
        return ArgoCluster(JsonClient(cluster.url, self.token), "argocd", "{service}-{environment}")

    def show(self, cluster: LocalCluster, health: Health) -> None:
        word = {Health.HEALTHY: "Healthy", Health.DEGRADED: "Degraded"}[health]
        cluster.state.objects[argo_path("argocd", "cart-staging")] = argo_application(word, IMAGE)

    def read(self, cluster: LocalCluster, *images: str, health: str = "Healthy", sync: str = "Synced") -> Runtime:
        document = argo_application(health, *images, revision=REVISION, sync=sync)
        cluster.state.objects[argo_path("argocd", "cart-staging")] = document
        return self.opened(cluster).runtime(ABOUT)

    def test_it_names_the_digests_of_the_services_own_image_alone(self, cluster: LocalCluster) -> None:
        other = f"registry.example/shop/sidecar@{digest_of(b'sidecar')}"

        runtime = self.read(cluster, IMAGE, other, "registry.example/shop/cart:1.4.0", "${NOT_AN_IMAGE}")

        assert runtime.digests == (DIGEST,)
        assert (runtime.revision, runtime.identity) == (REVISION, "Application argocd/cart-staging (uid 3f1a)")
        assert runtime.at is not None

    @pytest.mark.parametrize(
        ("health", "sync", "expected"),
        [
            ("Healthy", "Synced", Health.HEALTHY),
            ("Healthy", "OutOfSync", Health.PROGRESSING),
            ("Progressing", "Synced", Health.PROGRESSING),
            ("Suspended", "Synced", Health.PROGRESSING),
            ("Missing", "OutOfSync", Health.DEGRADED),
            ("Unknown", "Synced", Health.UNKNOWN),
            ("A new word", "Synced", Health.UNKNOWN),
        ],
    )
    def test_only_healthy_and_synchronised_is_healthy(
        self, cluster: LocalCluster, health: str, sync: str, expected: Health
    ) -> None:
        assert self.read(cluster, IMAGE, health=health, sync=sync).health is expected

    def test_an_application_that_is_not_there_is_named(self, cluster: LocalCluster) -> None:
        with pytest.raises(OutsideError) as caught:
            self.opened(cluster).runtime(ABOUT)

        assert caught.value.code is Code.OUTSIDE_NOT_FOUND
        assert "Argo CD application argocd/cart-staging" in caught.value.detail

    def test_an_answer_of_another_shape_is_a_bad_answer(self, cluster: LocalCluster) -> None:
        cluster.state.objects[argo_path("argocd", "cart-staging")] = {"status": ["no", "object"]}

        with pytest.raises(OutsideError) as caught:
            self.opened(cluster).runtime(ABOUT)

        assert caught.value.code is Code.OUTSIDE_BAD_ANSWER


class TestFlux(ClusterContract):
    """Flux's Kustomization."""

    @pytest.fixture(autouse=True)
    def _token(self, token: Path) -> None:
        self.token = token

    def opened(self, cluster: LocalCluster) -> Cluster:
        place = FluxObject(FluxKind.KUSTOMIZATION, "flux-{environment}", "{service}")
        return FluxCluster(JsonClient(cluster.url, self.token), place)

    def show(self, cluster: LocalCluster, health: Health) -> None:
        word = {Health.HEALTHY: "True", Health.DEGRADED: "False"}[health]
        document = flux_kustomization(word, f"main@sha1:{REVISION}", "HealthCheckFailed")
        cluster.state.objects[flux_path("flux-staging", "cart")] = document

    def test_it_names_the_revision_and_no_image(self, cluster: LocalCluster) -> None:
        self.show(cluster, Health.HEALTHY)

        runtime = self.opened(cluster).runtime(ABOUT)

        assert (runtime.digests, runtime.revision) == ((), f"main@sha1:{REVISION}")
        assert runtime.runs(DIGEST)

    @pytest.mark.parametrize(("word", "reason"), [("Unknown", "Progressing"), ("False", "DependencyNotReady")])
    def test_what_is_still_coming_is_progressing(self, cluster: LocalCluster, word: str, reason: str) -> None:
        cluster.state.objects[flux_path("flux-staging", "cart")] = flux_kustomization(word, REVISION, reason)

        assert self.opened(cluster).runtime(ABOUT).health is Health.PROGRESSING

    def test_a_generation_that_is_not_reconciled_yet_is_not_healthy(self, cluster: LocalCluster) -> None:
        document = flux_kustomization("True", REVISION)
        document["metadata"]["generation"] = 5
        cluster.state.objects[flux_path("flux-staging", "cart")] = document

        assert self.opened(cluster).runtime(ABOUT).health is Health.PROGRESSING

    def test_an_object_without_a_condition_is_unknown(self, cluster: LocalCluster) -> None:
        document = flux_kustomization("True", REVISION)
        document["status"]["conditions"] = []
        cluster.state.objects[flux_path("flux-staging", "cart")] = document

        assert self.opened(cluster).runtime(ABOUT).health is Health.UNKNOWN


class TestPrometheus(ClusterContract):
    """A query of Prometheus."""

    @pytest.fixture(autouse=True)
    def _token(self, token: Path) -> None:
        self.token = token

    def opened(self, cluster: LocalCluster) -> Cluster:
        return PrometheusCluster(JsonClient(cluster.url, self.token), QUERY)

    def show(self, cluster: LocalCluster, health: Health) -> None:
        cluster.state.results[ASKED] = [1.0] if health is Health.HEALTHY else [1.0, 0.0]

    def test_a_query_that_matches_nothing_says_nothing(self, cluster: LocalCluster) -> None:
        runtime = self.opened(cluster).runtime(ABOUT)

        assert (runtime.health, runtime.identity) == (Health.UNKNOWN, "")
        assert cluster.state.asked[-1].replace("+", " ") == f"/api/v1/query?query={ASKED}"

    def test_every_sample_must_be_one(self, cluster: LocalCluster) -> None:
        cluster.state.results[ASKED] = [1.0, 0.98, 1.0]

        assert self.opened(cluster).runtime(ABOUT).detail == "1 of 3 samples are not 1: 0.98"


def test_a_token_file_that_is_gone_is_an_outside_error(tmp_path: Path) -> None:
    with LocalCluster() as cluster:
        client = JsonClient(cluster.url, tmp_path / "gone")
        with pytest.raises(OutsideError) as caught:
            client.get("/", "anything")

    assert caught.value.code is Code.OUTSIDE_UNAUTHORIZED
    assert "the token file cannot be read" in caught.value.detail
