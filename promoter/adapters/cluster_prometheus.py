"""`ports.Cluster` over the HTTP API of Prometheus: one instant query, healthy where every sample of its answer is 1.

A query that matches nothing says nothing: neither healthy nor ill.
"""

from typing import Any, Final

from promoter.core.codes import Code
from promoter.core.predicates.body import Body
from promoter.core.runtime import Health, HealthSource, Runtime
from promoter.core.strict_json import Malformed
from promoter.ports import OutsideError, Running
from promoter.transport.json_get import JsonClient
from promoter.transport.placeholders import fill

_SAMPLES: Final = 10_000
_NAMED: Final = 3


class PrometheusCluster:
    """Asks one query, in which the placeholders are filled with names that hold no quotation marks."""

    def __init__(self, client: JsonClient, query: str) -> None:
        self._client = client
        self._query = query

    def runtime(self, about: Running) -> Runtime:
        what = f"Prometheus query for {about.service} in {about.environment}"
        answer = self._client.get("/api/v1/query", what, (("query", fill(self._query, about)),))
        try:
            return _read(answer)
        except Malformed as malformed:
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: {malformed.detail}") from None


def _read(answer: Body) -> Runtime:
    if answer.one_of("status", ("success", "error")) == "error":
        raise answer.refusal("status", f"is error: {answer.short_text('error', 200)}")
    data = answer.required_body("data")
    kind = data.one_of("resultType", ("vector", "scalar"))
    if kind == "scalar":
        values: tuple[float, ...] = (_value(data.values("result", 2), data),)
    else:
        samples = data.bodies("result", _SAMPLES)
        values = tuple(_value(sample.values("value", 2), sample) for sample in samples)
    failing = [value for value in values if value != 1.0]
    state = Health.DEGRADED if failing else Health.HEALTHY if values else Health.UNKNOWN
    named = ", ".join(f"{value:g}" for value in failing[:_NAMED])
    detail = f"{len(failing)} of {len(values)} samples are not 1: {named}" if failing else ""
    return Runtime(
        health=state,
        source=HealthSource.PROMETHEUS,
        identity="" if state is Health.UNKNOWN else "Prometheus query",
        detail=detail or ("" if values else "the query matches nothing"),
    )


def _value(sample: tuple[Any, ...], place: Body) -> float:
    """Read a sample, `[time, "value"]`."""
    if len(sample) != 2 or not isinstance(sample[1], str):
        raise place.refusal("value", "is no sample of a time and a text")
    try:
        return float(sample[1])
    except ValueError:
        raise place.refusal("value", f"is no number: {sample[1][:40]!r}") from None
