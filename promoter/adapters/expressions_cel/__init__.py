"""Expressions of policies in CEL, each evaluated in a process of its own that can be ended."""

from promoter.adapters.expressions_cel.expressions import CelExpressions

__all__ = ["CelExpressions"]
