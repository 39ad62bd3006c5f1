"""Writes config/schema/ from the models that read the files: `make docs`. A test holds the files up to date."""

import json
from pathlib import Path
from typing import Final

from promoter.config_schema import SCHEMAS, schema_of

FOLDER: Final = Path(__file__).parents[1] / "config" / "schema"


def schema_text(name: str) -> str:
    """Give the text of a schema's file."""
    return json.dumps(schema_of(name), indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for one in SCHEMAS:
        (FOLDER / f"{one}.json").write_text(schema_text(one), encoding="utf-8")
