"""The process that evaluates one expression: a program of its own, with nothing of the bot in it.

The library holds the interpreter's lock while it evaluates and has no limit of its own, so only another process can
end it. What a program could reach is taken away first: memory, processor time, new files and processes.
"""

import json
import resource
import sys

import cel

MEMORY = 512 * 1024 * 1024
SECONDS = 3  # of the processor; the parent ends it sooner by the clock
_TEXT = 500

ALLOWED = frozenset(
    {
        "!_",
        "-_",
        "@in",
        "@not_strictly_false",
        "_!=_",
        "_%_",
        "_&&_",
        "_*_",
        "_+_",
        "_-_",
        "_/_",
        "_<=_",
        "_<_",
        "_==_",
        "_>=_",
        "_>_",
        "_?_:_",
        "_[_]",
        "_||_",
        "bool",
        "contains",
        "double",
        "duration",
        "endsWith",
        "int",
        "matches",
        "max",
        "min",
        "size",
        "startsWith",
        "string",
        "timestamp",
        "type",
        "uint",
    }
)
"""What an expression may call: operators, and functions whose result depends on their arguments alone."""


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))


def _answer(asked: dict[str, object]) -> dict[str, object]:
    try:
        program = cel.compile(str(asked["expression"]))
        if strange := sorted(set(program.functions()) - ALLOWED):
            return {"trouble": f"it calls {', '.join(strange)}, which there is not"}
        if "facts" not in asked:
            return {}
        value = program.execute(asked["facts"])  # type: ignore[arg-type]
    except LookupError as error:
        return {"trouble": f"there is no {error} in the facts"}
    except (ValueError, TypeError, RuntimeError, ArithmeticError, AttributeError) as error:
        return {"trouble": " ".join(str(error).split())[:_TEXT]}
    if not isinstance(value, bool):
        return {"trouble": f"it gave a value of type {type(value).__name__}, not true or false"}
    return {"value": value}


if __name__ == "__main__":
    _limit()
    sys.stdout.write(json.dumps(_answer(json.loads(sys.stdin.buffer.read()))))
