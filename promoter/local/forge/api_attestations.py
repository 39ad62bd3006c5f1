"""The endpoints of the attestation store.

As GitHub's since REST version 2026-03-10, the list says where each bundle is; `inline` lists the bundles themselves, as
older versions do.
"""

from dataclasses import dataclass

from promoter.local.forge.attestations import StoredAttestation
from promoter.local.forge.documents import Addresses, Document
from promoter.local.forge.exchange import ApiAnswer, ApiRequest, page_of
from promoter.local.forge.refusal import RefusedError, invalid, not_found
from promoter.local.forge.repository import HostedRepository


@dataclass(frozen=True, slots=True)
class AttestationApi:
    """The endpoints of one repository's attestations."""

    repository: HostedRepository
    at: Addresses
    inline: bool

    def create(self, request: ApiRequest) -> ApiAnswer:
        """POST attestations, as actions/attest does."""
        request.writer()
        bundle = request.body.get("bundle") if isinstance(request.body, dict) else None
        if not isinstance(bundle, dict):
            raise invalid("bundle is missing or no object")
        return ApiAnswer({"id": self.repository.attestations.add(bundle).id}, 201)

    def list_about(self, request: ApiRequest, digest: str) -> ApiAnswer:
        """GET attestations/{subject_digest}, paged by a cursor; 404 when there are none."""
        found, after = self.repository.attestations.about(digest), request.query.get("after", "0")
        if not found:
            raise not_found()
        if not after.isdecimal():
            raise RefusedError(400, "Invalid cursor")
        size = page_of(request.query).size
        left = [stored for stored in found if stored.id > int(after)]
        page, more = left[:size], left[size:]
        url = f"{self.at.api}{request.path}?per_page={size}"
        link = f'<{url}&after={page[-1].id}>; rel="next"' if more else ""
        return ApiAnswer({"attestations": [self._document(stored) for stored in page]}, link=link)

    def _document(self, stored: StoredAttestation) -> Document:
        document: Document = {"repository_id": self.repository.id, "initiator": "user"}
        if self.inline:
            return {**document, "bundle": stored.bundle}
        return {**document, "bundle_url": self.at.stored_bundle(self.repository.full_name, stored.id, stored.secret)}
