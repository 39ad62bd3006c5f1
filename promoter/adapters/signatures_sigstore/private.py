"""What is used of sigstore-python beside its public interface: here, and nowhere else.

Its public interface verifies whole bundles of a few forms only, and reads the trusted root anew for each. Here three of
its steps are called by themselves: the proof of inclusion, the checkpoint, and the proof that a certificate was logged.
They are looked at when this module is imported, so that a release of sigstore that moved them stops the bot at its
start, not in a verdict. That the whole accepts what these steps accept is tested (docs/decisions/0006).
"""

import inspect
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any, Final

from cryptography import x509
from sigstore.errors import Error, VerificationError
from sigstore.models import TransparencyLogEntry
from sigstore_models.rekor.v1 import TransparencyLogEntry as EntryModel

try:
    from sigstore._internal.merkle import verify_merkle_inclusion
    from sigstore._internal.rekor.checkpoint import verify_checkpoint
    from sigstore._internal.sct import verify_sct
    from sigstore._internal.trust import CTKeyring, Keyring, RekorKeyring
except ImportError as moved:
    raise ImportError(
        f"sigstore {version('sigstore')} has moved what is used of it ({moved}); it was tested with 4.5: install that"
    ) from moved

__all__ = ["Keyring", "check_signatures", "has_checkpoint", "is_included", "is_logged", "is_signed_by_log"]

TESTED: Final = "4.5"

_USED: Final[tuple[tuple[Callable[..., Any], tuple[str, ...]], ...]] = (
    (verify_merkle_inclusion, ("entry",)),
    (verify_checkpoint, ("rekor_keyring", "entry")),
    (verify_sct, ("cert", "chain", "ct_keyring")),
    (Keyring.__init__, ("self", "public_keys")),
    (Keyring.verify, ("self", "key_id", "signature", "data")),
)


def check_signatures(used: Sequence[tuple[Callable[..., Any], tuple[str, ...]]] = _USED) -> None:
    """Raise ImportError, which names the versions, where a function takes other arguments than when it was tested."""
    for function, parameters in used:
        found = tuple(inspect.signature(function).parameters)
        if found != parameters:
            raise ImportError(
                f"sigstore {version('sigstore')} has changed {function.__qualname__}: it takes {', '.join(found)}, "
                f"where {', '.join(parameters)} was tested with {TESTED}: install that"
            )


check_signatures()


def is_included(entry: EntryModel) -> bool:
    """Tell whether the entry's proof leads from its body to the root hash that it states."""
    try:
        verify_merkle_inclusion(TransparencyLogEntry(entry))
    except (Error, ValueError):
        return False
    return True


def has_checkpoint(entry: EntryModel, keyring: Keyring) -> bool:
    """Tell whether one of the keys signed a checkpoint of the root hash that the entry's proof states."""
    try:
        verify_checkpoint(RekorKeyring(keyring), TransparencyLogEntry(entry))
    except (Error, ValueError):
        return False
    return True


def is_signed_by_log(log_id: bytes, signature: bytes, data: bytes, keyring: Keyring) -> bool:
    """Tell whether one of a log's keys signed these bytes: the one with this id, where there is one."""
    try:
        keyring.verify(key_id=log_id, signature=signature, data=data)  # type: ignore[arg-type]  # KeyID is bytes
    except VerificationError:
        return False
    return True


def is_logged(leaf: x509.Certificate, chain: list[x509.Certificate], keyring: Keyring) -> bool:
    """Tell whether the log with this key vouches for the certificate; `chain` is what issued it, bottom up."""
    try:
        verify_sct(leaf, chain, CTKeyring(keyring))
    except (Error, ValueError):
        return False
    return True
