"""`ports.Expressions` over common-expression-language (CEL), in one process for each question."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from promoter.ports import Evaluated

SECONDS: Final = 5.0
"""How long one question may take, the start of its process included."""

_WORKER: Final = Path(__file__).with_name("worker.py")
_ANSWER_CAP: Final = 4096


class CelExpressions:
    """Asks a worker that knows nothing but the question: no variables of the environment, no files, no network names.

    A worker that does not answer in time is killed, and so is what it started.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    def fault(self, expression: str) -> str:
        answer = self._ask(json.dumps({"expression": expression}).encode())
        return str(answer.get("trouble", ""))

    def evaluate(self, expression: str, facts: bytes) -> Evaluated:
        question = b'{"expression":%s,"facts":%s}' % (json.dumps(expression).encode(), facts)
        answer = self._ask(question)
        value = answer.get("value")
        if isinstance(value, bool):
            return Evaluated(value)
        return Evaluated(None, str(answer.get("trouble", "the evaluator gave no answer")))

    def _ask(self, question: bytes) -> dict[str, object]:
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(_WORKER)],
                input=question,
                capture_output=True,
                timeout=self._seconds,
                env={},
                cwd="/",
                start_new_session=True,  # a signal to the bot is none to it
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"trouble": f"it was ended after {self._seconds:g} s without an answer"}
        except OSError as error:
            return {"trouble": f"the evaluator could not be started: {error.strerror}"}
        return _read(done)


def _read(done: subprocess.CompletedProcess[bytes]) -> dict[str, object]:
    """Give the worker's answer; one that died, for want of memory for instance, gave none."""
    if done.returncode == 0 and len(done.stdout) <= _ANSWER_CAP:
        answer = json.loads(done.stdout)
        if isinstance(answer, dict):
            return answer
    return {"trouble": f"the evaluator broke off (exit {done.returncode}): out of memory, or a bug in it"}
