"""What every `ports.Cluster` says of what runs, whatever it asks; each implementation runs it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import pytest

from promoter.core.candidate import Repository, digest_of
from promoter.core.codes import Code
from promoter.core.runtime import Health
from promoter.local.cluster import LocalCluster
from promoter.ports import Cluster, OutsideError, Running

DIGEST = digest_of(b"cart 1.4.0")
ABOUT = Running("staging", "cart", Repository("registry.example", "shop/cart"), "1.4.0", DIGEST)


class ClusterContract(ABC):
    """Subclassed by every implementation's tests."""

    @pytest.fixture
    def cluster(self) -> Iterator[LocalCluster]:
        with LocalCluster() as running:
            yield running

    @abstractmethod
    def opened(self, cluster: LocalCluster) -> Cluster:
        """Give the adapter under test."""

    @abstractmethod
    def show(self, cluster: LocalCluster, health: Health) -> None:
        """Let the cluster say so of what is asked about."""

    @pytest.mark.parametrize("health", [Health.HEALTHY, Health.DEGRADED])
    def test_it_tells_what_is_healthy_from_what_is_ill(self, cluster: LocalCluster, health: Health) -> None:
        self.show(cluster, health)

        runtime = self.opened(cluster).runtime(ABOUT)

        assert (runtime.health, bool(runtime.identity)) == (health, True)
        assert bool(runtime.detail) is (health is Health.DEGRADED)

    def test_a_refused_credential_is_an_outside_error_without_the_secret(self, cluster: LocalCluster) -> None:
        cluster.state.token = "another"

        with pytest.raises(OutsideError) as caught:
            self.opened(cluster).runtime(ABOUT)

        assert caught.value.code is Code.OUTSIDE_UNAUTHORIZED
        assert "cluster-token" not in str(caught.value)

    def test_a_cluster_that_is_gone_is_an_outside_error(self, cluster: LocalCluster) -> None:
        opened = self.opened(cluster)
        with LocalCluster() as gone:
            elsewhere = self.opened(gone)

        with pytest.raises(OutsideError) as caught:
            elsewhere.runtime(ABOUT)

        assert caught.value.code is Code.OUTSIDE_UNREACHABLE
        assert opened is not elsewhere
