"""Real cosign as the signer, in every way that it knows: by key or keyless, in each layout, with a log or without."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from promoter.core.evidence import Layout, Mechanism, Signer
from promoter.core.identity import Logging, SignerRule
from promoter.local.authority import Authority
from promoter.local.authority.keys import KeyKind, SigningKey, make_key
from promoter.local.authority.sealing import LogKind
from tests.interop.releases import PLAIN_HTTP, RELEASER
from tests.interop.toolbox import Toolbox

_KEYED = {True: Mechanism.KEYED_BUNDLE, False: Mechanism.KEYED_COSIGN}
_KEYLESS = {True: Mechanism.KEYLESS_BUNDLE, False: Mechanism.KEYLESS_COSIGN}
_MAJOR = {LogKind.V1: 1, LogKind.V2: 2}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to sign: with a kind of key (None: keyless), where it is put, in which log, with a timestamp or not."""

    layout: Layout
    kind: KeyKind | None
    log: LogKind | None
    is_stamped: bool = False

    def __str__(self) -> str:
        parts = (
            self.layout.value,
            self.kind.value if self.kind else "keyless",
            f"rekor-{self.log.name.lower()}" if self.log else "no-log",
            *(("stamped",) if self.is_stamped else ()),
        )
        return "-".join(parts)

    @property
    def mechanism(self) -> Mechanism:
        """How whoever verifies it calls this."""
        return (_KEYED if self.kind else _KEYLESS)[self.layout is Layout.BUNDLE]

    @property
    def is_timed(self) -> bool:
        """True where somebody else than the signer says when: Rekor v1, or a timestamp authority."""
        return self.log is LogKind.V1 or self.is_stamped


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs: a key that cosign imported, or the releaser with a token of the authority."""

    key: SigningKey | None
    flags: tuple[str, ...]

    @property
    def signer(self) -> Signer:
        """The signer as evidence names it."""
        return Signer("", "", key=self.key.known.fingerprint) if self.key else RELEASER

    def rule(self, log: Logging = Logging.REQUIRED) -> SignerRule:
        """Give the rule that names this signer in a policy."""
        if self.key:
            return SignerRule(key=self.key.known.pem, log=log)
        return SignerRule(issuer=RELEASER.issuer, san=RELEASER.san, claims=RELEASER.claims, log=log)


@dataclass(frozen=True, slots=True)
class Cosign:
    """cosign with one authority; a key is imported once, for cosign hashes its password for half a second."""

    toolbox: Toolbox
    authority: Authority
    home: Path
    keys: dict[str, Identity] = field(default_factory=dict)

    def identity(self, way: Way) -> Identity:
        """Give who signs in this way."""
        return self.key(way.kind) if way.kind else self._keyless()

    def key(self, kind: KeyKind, name: str = "") -> Identity:
        """Give the key of a kind and name, in cosign's own form."""
        name = name or kind.value
        if name not in self.keys:
            made, pem = make_key(kind), self.home / f"{name}.pem"
            pem.write_bytes(made.private_pem)
            to = ("--key", str(pem), "-o", str(self.home / name))
            self.toolbox.run("cosign", "import-key-pair", "--yes", *to)
            self.keys[name] = Identity(made, ("--key", str(self.home / f"{name}.key")))
        return self.keys[name]

    def sign(self, way: Way, image: str, by: Identity | None = None, *more: str) -> None:
        """Sign an image that is named by its digest; `more` are further flags."""
        self._run("sign", way, by, *more, image)

    def attest(self, way: Way, image: str, kind: str, predicate: object, by: Identity | None = None) -> None:
        """Attest a predicate, by cosign's name for its type."""
        path = self.home / "predicate.json"
        path.write_text(json.dumps(predicate))
        self._run("attest", way, by, "--type", kind, "--predicate", str(path), image)

    def verify(self, by: Identity, image: str, *more: str) -> str:
        """Verify as whoever trusts that signer; with a type among `more`, an attestation. Raises ToolError."""
        who: tuple[str, ...] = ("--certificate-identity", RELEASER.san, "--certificate-oidc-issuer", RELEASER.issuer)
        if by.key:
            path = self.home / "verify.pub"
            path.write_bytes(by.key.public_pem)
            who = ("--key", str(path))
        trust = ("--trusted-root", str(self.authority.trusted_root))
        verb = "verify-attestation" if "--type" in more else "verify"
        return self.toolbox.run("cosign", verb, *PLAIN_HTTP, *trust, *who, *more, image)

    def _run(self, verb: str, way: Way, by: Identity | None, *rest: str) -> None:
        how = self._bundled(way) if way.layout is Layout.BUNDLE else self._legacy(way)
        is_experimental = way.layout is Layout.COSIGN_REFERRER
        toolbox = replace(self.toolbox, variables={"COSIGN_EXPERIMENTAL": "1"}) if is_experimental else self.toolbox
        flags = (by or self.identity(way)).flags
        toolbox.run("cosign", verb, *PLAIN_HTTP, "--yes", *how, *flags, *rest)

    def _legacy(self, way: Way) -> tuple[str, ...]:
        url = self.authority.url
        return (
            "--new-bundle-format=false",
            "--use-signing-config=false",
            *(("--rekor-url", url) if way.log else ("--tlog-upload=false",)),
            *(("--timestamp-server-url", f"{url}/api/v1/timestamp") if way.is_stamped else ()),
            *(("--registry-referrers-mode", "oci-1-1") if way.layout is Layout.COSIGN_REFERRER else ()),
            *(() if way.kind else ("--fulcio-url", url, "--trusted-root", str(self.authority.trusted_root))),
        )

    def _bundled(self, way: Way) -> tuple[str, ...]:
        """Name the services in a signing configuration: the authority's, but for those that the way does without."""
        services = json.loads(self.authority.signing_config.read_bytes())
        logs = services["rekorTlogUrls"]
        services["rekorTlogUrls"] = [each for each in logs if way.log and each["majorApiVersion"] == _MAJOR[way.log]]
        services["tsaUrls"] = services["tsaUrls"] if way.is_stamped else []
        path = self.home / f"{way}.json"
        path.write_text(json.dumps(services))
        return ("--signing-config", str(path), "--trusted-root", str(self.authority.trusted_root))

    def _keyless(self) -> Identity:
        # As a file: cosign 3.1.3 takes only RS256 tokens for tokens, and any other text for a path.
        token = self.home / "identity-token"
        token.write_text(self.authority.token(RELEASER))
        return Identity(None, ("--identity-token", str(token)))
