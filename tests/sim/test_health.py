"""A release soaks while its cluster says that it is healthy, and what comes after waits for that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from promoter.adapters.cluster_argocd import ArgoCluster
from promoter.adapters.cluster_flux import FluxCluster, FluxObject
from promoter.core.eligibility import Eligibility
from promoter.core.record import RuntimeSeen
from promoter.core.runtime import FluxKind, Health, HealthSource
from promoter.core.standing import Standing
from promoter.local.cluster import LocalCluster, argo_application, argo_path, flux_kustomization, flux_path
from promoter.ports import Cluster
from promoter.transport.json_get import JsonClient
from tests.sim.layout import Plan
from tests.sim.town import Town

HEALTH = "health: {source: argocd, url: https://cluster.example, namespace: argocd}"
DEV = f"dev: {{soak: 2m, merge: automatic, {HEALTH}}}"
IMAGE = "registry.acme.example/shop/cart:1.0.0@"
SOAKING = (Eligibility.ELIGIBLE, Standing.PROMOTED)
SETTLED = (Eligibility.ELIGIBLE, Standing.SETTLED)
PLAN = Plan(environments=(DEV, "staging: {after: [dev], approvals: 1}"))


class Watched:
    """A town whose dev environment is watched by a cluster."""

    def __init__(self, town: Town, cluster: LocalCluster) -> None:
        self.town = town
        self.cluster = cluster

    def say(self, health: str, digest: str, revision: str = "") -> None:
        """Let Argo CD say how the image with this digest is doing."""
        document = argo_application(health, f"{IMAGE}{digest}", revision=revision)
        self.cluster.state.objects[argo_path("argocd", "cart")] = document

    def pass_time(self, by: timedelta) -> None:
        """Look again after some time."""
        self.town.clock.move(by)
        self.town.run()

    @property
    def why(self) -> tuple[str, ...]:
        """Why the release does not go on to staging."""
        return self.town.spot("staging", "1.0.0").why


@contextmanager
def watched(town: Town, tmp_path: Path, make: Callable[[JsonClient], Cluster]) -> Iterator[Watched]:
    token = tmp_path / "cluster-token"
    token.write_text("cluster-token")
    with LocalCluster() as cluster:
        client = JsonClient(cluster.url, token)
        town.rewire(lambda outside: replace(outside, clusters={"dev": make(client)}))
        yield Watched(town, cluster)


Founded = Callable[[Plan], Town]


@pytest.fixture
def argo(founded: Founded, tmp_path: Path) -> Iterator[Watched]:
    with watched(founded(PLAN), tmp_path, lambda client: ArgoCluster(client, "argocd", "{service}")) as found:
        yield found


def test_a_soak_begins_when_the_cluster_says_healthy_and_begins_anew_after_it_was_ill(argo: Watched) -> None:
    digest = argo.town.release("1.0.0")
    argo.town.run(3)
    assert argo.why == ("its health in dev is not known now",)

    argo.say("Progressing", digest)
    argo.pass_time(timedelta(minutes=5))
    assert (argo.town.state("dev", "1.0.0"), argo.why) == (SOAKING, ("is progressing in dev (2 of 3 pods are ready)",))

    argo.say("Healthy", digest)
    argo.town.run()
    argo.say("Degraded", digest)
    argo.pass_time(timedelta(minutes=5))
    argo.say("Healthy", digest)
    argo.town.run()
    assert argo.town.state("dev", "1.0.0") == SOAKING
    assert argo.why[0].startswith("soaks in dev until 20")

    argo.pass_time(timedelta(minutes=2))
    assert argo.town.state("dev", "1.0.0") == SETTLED
    assert not argo.why


def test_what_settled_and_is_ill_later_goes_no_further(argo: Watched) -> None:
    digest = argo.town.release("1.0.0")
    argo.town.run(2)
    argo.say("Healthy", digest)
    argo.town.run(2)
    argo.pass_time(timedelta(minutes=2))
    assert argo.town.state("staging", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)

    argo.say("Degraded", digest)
    argo.town.run()

    assert argo.town.state("dev", "1.0.0")[1] is Standing.SETTLED
    assert argo.town.state("staging", "1.0.0") == (Eligibility.WAITING, Standing.PROPOSED)
    assert argo.why == ("is degraded in dev (2 of 3 pods are ready)",)


@pytest.mark.slow
def test_a_cluster_that_runs_another_image_is_not_about_this_release(argo: Watched) -> None:
    argo.town.release("1.0.0")
    argo.town.run(2)
    argo.say("Healthy", "sha256:" + "ab" * 32)
    argo.pass_time(timedelta(minutes=5))

    assert argo.town.state("dev", "1.0.0") == SOAKING
    assert argo.why == ("dev is not seen to run it yet: it runs sha256:abababababab",)


@pytest.mark.slow
def test_deployments_are_written_down_with_object_and_time_once_for_each_change(argo: Watched) -> None:
    digest = argo.town.release("1.0.0")
    argo.town.run(2)
    for health in ("Progressing", "Progressing", "Healthy", "Healthy"):
        argo.say(health, digest)
        argo.town.run()

    seen = [entry for entry in argo.town.entries() if isinstance(entry, RuntimeSeen)]
    assert [(entry.health, entry.digests, entry.identity) for entry in seen] == [
        (Health.PROGRESSING, (digest,), "Application argocd/cart (uid 3f1a)"),
        (Health.HEALTHY, (digest,), "Application argocd/cart (uid 3f1a)"),
    ]
    assert all(entry.observed and entry.source is HealthSource.ARGOCD for entry in seen)


@pytest.mark.slow
def test_a_cluster_that_does_not_answer_is_told_once_and_nothing_settles_meanwhile(argo: Watched) -> None:
    digest = argo.town.release("1.0.0")
    argo.town.run(2)
    argo.say("Healthy", digest)
    argo.town.run()
    argo.cluster.state.token = "renewed"
    argo.pass_time(timedelta(minutes=5))
    argo.town.run()

    assert argo.town.state("dev", "1.0.0") == SOAKING
    assert argo.town.history().failing == {"health dev": "outside.unauthorized"}
    kinds = [entry.kind for entry in argo.town.entries() if entry.kind == "outside-failed"]
    assert len(kinds) == 2  # before its first answer, and now


@pytest.mark.slow
def test_a_source_without_images_is_about_the_commit_that_it_applied(founded: Founded, tmp_path: Path) -> None:
    place = FluxObject(FluxKind.KUSTOMIZATION, "flux", "{service}")
    with watched(founded(PLAN), tmp_path, lambda client: FluxCluster(client, place)) as found:
        before = found.town.outside.environments.refresh()
        found.cluster.state.objects[flux_path("flux", "cart")] = flux_kustomization("True", f"main@sha1:{before}")
        found.town.release("1.0.0")
        found.town.run(3)
        assert found.why[0].startswith(f"is progressing in dev (it has applied {before[:12]}, which does not hold")

        after = found.town.outside.environments.refresh()
        found.cluster.state.objects[flux_path("flux", "cart")] = flux_kustomization("True", f"main@sha1:{after}")
        found.town.run()
        found.pass_time(timedelta(minutes=2))
        assert found.town.state("dev", "1.0.0") == SETTLED


def test_what_is_reported_counts_like_what_is_asked_for(founded: Founded) -> None:
    plan = replace(PLAN, environments=("dev: {merge: automatic, health: {source: reported}}",))
    town = founded(plan)
    digest = town.release("1.0.0")
    town.run(2)
    assert town.state("dev", "1.0.0") == SOAKING
    entry = RuntimeSeen(
        at=town.clock.now(),
        service="cart",
        environment="dev",
        health=Health.HEALTHY,
        source=HealthSource.REPORTED,
        digests=(digest,),
        identity="deployment/shop/cart",
        actor="pipeline",
    )
    town.store.journal.write("cart", lambda _: (entry,))
    town.run()

    assert town.state("dev", "1.0.0") == SETTLED
    assert len([one for one in town.entries() if isinstance(one, RuntimeSeen)]) == 1
