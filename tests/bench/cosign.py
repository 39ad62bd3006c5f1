"""cosign's side of the verification benchmark: the four commands that check what one verification here checks."""

import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.exchanges import Scene
from tests.interop.releases import PLAIN_HTTP
from tests.interop.toolbox import Toolbox


@dataclass(frozen=True, slots=True)
class Cosign:
    """The four commands, one after another as a pipeline runs them; the identity is the one that has to have signed."""

    toolbox: Toolbox
    scene: Scene

    def verify(self) -> float:
        """Verify signature, provenance, SBOM and scan; gives the seconds. Raises ToolError where one is refused."""
        began = time.monotonic()
        self._run("verify", self.scene.releaser)
        self._run("verify-attestation", self.scene.releaser, "--type", "slsaprovenance1")
        self._run("verify-attestation", self.scene.releaser, "--type", "cyclonedx")
        self._run("verify-attestation", self.scene.scanner, "--type", "vuln")
        return time.monotonic() - began

    def _run(self, command: str, signer: tuple[str, str], *more: str) -> None:
        identity, issuer = signer
        expected = ("--certificate-identity", identity, "--certificate-oidc-issuer", issuer)
        trust = ("--trusted-root", self.scene.trusted_root, "--use-signed-timestamps")
        self.toolbox.run("cosign", command, *PLAIN_HTTP, *expected, *trust, *more, self.scene.image)


def make_cosign(home: Path, scene: Scene) -> Cosign:
    """Give cosign with a home of its own."""
    home.mkdir()
    return Cosign(Toolbox(home), scene)
