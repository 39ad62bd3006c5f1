"""What every `ports.Expressions` does; each implementation runs it."""

import json

import pytest

from promoter.ports import Evaluated, Expressions

FACTS = {
    "release": {"service": "cart", "name": "1.8.3", "digest": "sha256:d1"},
    "environment": "prod",
    "service": {"classes": ["client-facing"], "exposure": "internet"},
    "vulnerabilities": [
        {"id": "CVE-2026-1", "severity": "high", "known_exploited": False, "purl": "pkg:pypi/a@1"},
        {"id": "CVE-2026-2", "severity": "critical", "known_exploited": True, "purl": "pkg:deb/debian/b@2"},
    ],
    "sboms": [{"format": "cyclonedx", "components": [{"name": "lib", "licences": ["MIT"]}]}],
}
TRUE = (
    "environment == 'prod'",
    "'client-facing' in service.classes && service.exposure == 'internet'",
    "vulnerabilities.exists(v, v.known_exploited)",
    "vulnerabilities.all(v, v.purl.startsWith('pkg:'))",
    "vulnerabilities.filter(v, v.severity == 'critical').size() == 1",
    "sboms[0].components.exists_one(c, 'MIT' in c.licences)",
    "has(release.name) && !has(release.owner)",
    "release.name.matches('^1[.]8[.][0-9]+$')",
    "size(vulnerabilities) > 1 ? release.service == 'cart' : false",
)
WITHOUT_ANSWER = (
    "release.owner == 'ada'",
    "nothing.there",
    "release.name",
    "1 + 1",
    "'1' + 1 == '11'",
    "release.name ==",
    "vulnerabilities[7].known_exploited",
    "",
)


class ExpressionsContract:
    """Subclassed by every implementation's tests."""

    @pytest.fixture
    def expressions(self) -> Expressions:
        raise NotImplementedError

    def ask(self, expressions: Expressions, expression: str) -> Evaluated:
        return expressions.evaluate(expression, json.dumps(FACTS).encode())

    @pytest.mark.parametrize("expression", TRUE)
    def test_what_holds_is_true_and_its_negation_false(self, expressions: Expressions, expression: str) -> None:
        assert self.ask(expressions, expression) == Evaluated(True)
        assert self.ask(expressions, f"!({expression})") == Evaluated(False)

    @pytest.mark.parametrize("expression", WITHOUT_ANSWER)
    def test_an_error_and_every_other_value_is_no_answer_and_says_why(
        self, expressions: Expressions, expression: str
    ) -> None:
        evaluated = self.ask(expressions, expression)

        assert evaluated.value is None
        assert evaluated.trouble

    def test_it_says_what_is_wrong_with_an_expression_before_it_is_asked(self, expressions: Expressions) -> None:
        assert expressions.fault("release.name == 'x'") == ""
        assert expressions.fault("release.name ==") != ""
        assert "now" in expressions.fault("now() > release.name")
