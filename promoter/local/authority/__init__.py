"""The signing authority of a world on one machine: a Sigstore instance with fresh keys, on the real protocols."""

from promoter.local.authority.server import Authority

__all__ = ["Authority"]
