"""What is used of sigstore beside its public interface: in one module, and looked at before it is used."""

from pathlib import Path

import pytest
from sigstore._internal.merkle import verify_merkle_inclusion

from promoter.adapters.signatures_sigstore import private

PACKAGE = Path(private.__file__).parents[2]


def test_no_other_module_imports_what_sigstore_does_not_publish() -> None:
    found = {path.name for path in PACKAGE.rglob("*.py") if "from sigstore._" in path.read_text(encoding="utf-8")}

    assert found == {"private.py"}


def test_what_is_used_is_what_was_tested() -> None:
    private.check_signatures()


def test_a_function_that_takes_something_else_is_refused_with_both_versions() -> None:
    with pytest.raises(ImportError) as told:
        private.check_signatures([(verify_merkle_inclusion, ("entry", "root"))])

    text = str(told.value)
    assert text.startswith("sigstore 4.")
    assert text.endswith("it takes entry, where entry, root was tested with 4.5: install that")
