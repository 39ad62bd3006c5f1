"""The signing authority on loopback: Fulcio v2, Rekor v1 and v2, and RFC 3161 timestamps under one address.

It speaks the protocols that sigstore-python and cosign speak; it checks tokens, proofs of possession and signatures,
and issues to every identity for which it minted a token itself. It is for one machine: no TLS, nothing is kept.
"""

import base64
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key

from promoter.core.evidence import Signer
from promoter.local.authority.certificates import Leaf
from promoter.local.authority.instance import CLIENT_TRUST_TYPE, Instance, make_instance
from promoter.local.authority.rekor import accept_v1, accept_v2
from promoter.local.authority.tokens import Identified
from promoter.ports import Clock

_HOST = "127.0.0.1"
_MAX_REQUEST = 64 * 1024 * 1024


class Authority:
    """A running signing authority; use it as a context manager or start and stop it.

    `directory` holds trusted_root.json and signing_config.json once it is started; a stopped one is not started again.
    """

    def __init__(self, clock: Clock, directory: Path) -> None:
        self.directory = directory
        self.instance: Instance = make_instance(clock.now(), _HOST)
        self._clock = clock
        self._server = _Server((_HOST, 0), _Handler)
        self._server.authority = self
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """The address of every service, without a slash at its end."""
        return f"http://{_HOST}:{self._server.server_port}"

    @property
    def trusted_root(self) -> Path:
        """The file that verifiers read."""
        return self.directory / "trusted_root.json"

    @property
    def signing_config(self) -> Path:
        """The file that signers read."""
        return self.directory / "signing_config.json"

    def start(self) -> None:
        """Write the two files and listen."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.trusted_root.write_bytes(self.instance.trusted_root(self.url))
        self.signing_config.write_bytes(self.instance.signing_config(self.url))
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and release the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def token(self, signer: Signer) -> str:
        """Mint an identity token that gets a certificate for exactly this identity, issuer and claims."""
        return self.instance.tokens.mint(signer, self._clock.now())

    def client_trust_config(self) -> str:
        """Give trusted root and signing configuration in one document, as sigstore-python's signers take it."""
        root, config = self.instance.trusted_root(self.url), self.instance.signing_config(self.url)
        return json.dumps(
            {"mediaType": CLIENT_TRUST_TYPE, "trustedRoot": json.loads(root), "signingConfig": json.loads(config)}
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def issue(self, token: str, request: bytes) -> bytes:
        """Answer Fulcio's signingCert: the certificate and its chain in PEM; raises ValueError for a bad request."""
        now = self._clock.now()
        identified = self.instance.tokens.read(token, now)
        key = _proven_key(json.loads(request), identified)
        leaf = self.instance.authority.issue(Leaf(key, identified.signer, now, (self.instance.certificate_log,)))
        chain = [each.public_bytes(Encoding.PEM).decode() for each in (leaf, *self.instance.authority.chain)]
        return json.dumps({"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}}).encode()

    def log_v1(self, request: bytes) -> tuple[bytes, str]:
        """Answer Rekor v1's log/entries: the entry, and the uuid that the ETag header names."""
        entry = accept_v1(self.instance.rekor_v1, request, self._clock.now())
        return entry.v1_answer(), entry.uuid

    def log_v2(self, request: bytes) -> bytes:
        """Answer Rekor v2's log/entries."""
        return accept_v2(self.instance.rekor_v2, request).bundle_form()

    def stamp(self, request: bytes) -> bytes:
        """Answer an RFC 3161 request."""
        return self.instance.timestamps.answer(request, self._clock.now())


def _proven_key(request: object, identified: Identified) -> ec.EllipticCurvePublicKey:
    """Give the public key whose possession the request proves: by a CSR, or by a signature over the subject."""
    match request:
        case {"certificateSigningRequest": str() as encoded}:
            asked = x509.load_pem_x509_csr(base64.b64decode(encoded))
            if not asked.is_signature_valid:
                raise ValueError("the CSR does not prove possession of its key")
            key: object = asked.public_key()
        case {"publicKeyRequest": {"publicKey": {"content": str() as pem}, "proofOfPossession": str() as proof}}:
            key = load_pem_public_key(pem.encode())
            _check_possession(key, base64.b64decode(proof), identified.subject)
        case _:
            raise ValueError("neither a certificateSigningRequest nor a publicKeyRequest")
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("only ECDSA keys are certified")  # noqa: TRY004 - the request's value is wrong
    return key


def _check_possession(key: object, proof: bytes, subject: str) -> None:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return
    try:
        key.verify(proof, subject.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise ValueError("the proof of possession does not verify") from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    authority: Authority


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece: otherwise its body waits for the acknowledgement of its head
    server: _Server

    def do_POST(self) -> None:
        body = self._body()
        routes: dict[str, Callable[[bytes], None]] = {
            "/api/v2/signingCert": self._issue,
            "/api/v1/log/entries": self._log_v1,
            "/api/v2/log/entries": self._log_v2,
            "/api/v1/timestamp": self._stamp,
        }
        route = routes.get(self.path)
        if route is None:
            self._answer(404, b'{"message": "no such service"}')
            return
        try:
            route(body)
        except (ValueError, KeyError, TypeError) as error:
            self._answer(400, json.dumps({"code": 3, "message": str(error)}).encode())

    def _issue(self, body: bytes) -> None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            self._answer(401, b'{"message": "an identity token is needed"}')
            return
        self._answer(200, self.server.authority.issue(token, body))

    def _log_v1(self, body: bytes) -> None:
        answer, uuid = self.server.authority.log_v1(body)
        self._answer(201, answer, ETag=uuid, Location=f"/api/v1/log/entries/{uuid}")

    def _log_v2(self, body: bytes) -> None:
        self._answer(201, self.server.authority.log_v2(body))

    def _stamp(self, body: bytes) -> None:
        self._answer(201, self.server.authority.stamp(body), **{"Content-Type": "application/timestamp-reply"})

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length", "0"))
        return self.rfile.read(min(length, _MAX_REQUEST))

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the library gives it
        """Say nothing: what was signed stands in the logs."""
