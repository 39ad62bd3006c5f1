"""Signatures and attestations through sigstore-python, offline, with the gaps of that library closed.

`examine` gives facts: who signed, when, and what about which digest. Whether this signer is acceptable for a
requirement is a check in core.
"""

from promoter.adapters.signatures_sigstore.signatures import SigstoreSignatures
from promoter.adapters.signatures_sigstore.trust import UnusableTrustRoot

__all__ = ["SigstoreSignatures", "UnusableTrustRoot"]
