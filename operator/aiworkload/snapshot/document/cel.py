# SPDX-License-Identifier: Apache-2.0
"""The part of CEL that our CustomResourceDefinitions are written in, evaluated over plain JSON values.

A file has no API server to hold it to the rules that stand between fields. They are CEL in the models, so they are
read here as they stand there, and cannot drift apart. Known: literals, lists, fields, `has`, `all`, `exists`, `size`,
`startsWith`, `matches`, `isQuantity`, `type(x) == int`, `in`, comparisons, `+`, `!`, `&&`, `||` and `? :`. Anything
else is an error when a rule is read, and a test reads every rule there is.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aiworkload.api.base import QUANTITY

Value = Any
"""A JSON value; a rule is true or false."""
Scope = Mapping[str, Value]
"""Variables by name: `self`, and those of `all` and `exists`."""
Expression = Callable[[Scope], Value]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>r?'[^']*')|(?P<number>-?[0-9]+)|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<sign>\|\||&&|[=!<>]=|[!<>+?:.,()\[\]]))"""
)
_COMPARISONS: Final[Mapping[str, Callable[[Value, Value], bool]]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "in": lambda one, other: one in other,
}


def _starts_with(text: str, start: str) -> bool:
    return text.startswith(start)


def _matches(text: str, pattern: str) -> bool:
    return re.search(pattern, text) is not None


_METHODS: Final[Mapping[str, Callable[..., Value]]] = {
    "size": len,
    "startsWith": _starts_with,
    "matches": _matches,
}
_FUNCTIONS: Final[Mapping[str, Callable[[Value], Value]]] = {
    "isQuantity": lambda text: re.fullmatch(QUANTITY, text) is not None,
    "type": lambda value: "int" if isinstance(value, int) else "string",
    "size": len,
}
_QUANTIFIERS: Final = {"all": all, "exists": any}


class UnknownCel(Exception):
    """A rule uses more of CEL than is known here: a fault of this module, never of a file."""


def compiled(rule: str) -> Expression:
    """A rule as a function of its variables.

    Raises:
        UnknownCel: it uses more than is known here.
    """
    parser = _Parser(_tokens(rule))
    expression = parser.choice()
    parser.expect("")
    return expression


def _tokens(rule: str) -> list[str]:
    found: list[str] = []
    at = 0
    rule = rule.rstrip()
    while at < len(rule):
        match = _TOKEN.match(rule, at)
        if match is None:
            raise UnknownCel(f"'{rule[at:]}' in the rule {rule}")
        found.append(match.group().strip())
        at = match.end()
    return found


class _Parser:
    """Recursive descent, loosest binding first."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._next
        self._at += 1
        return token

    def _taken(self, token: str) -> bool:
        if self._next != token:
            return False
        self._at += 1
        return True

    def expect(self, token: str) -> None:
        """The next token is this one; empty: there is none."""
        if self._take() != token:
            raise UnknownCel(f"'{token or 'the end'}' is missing in {' '.join(self._tokens)}")

    def choice(self) -> Expression:
        """`a ? b : c`."""
        condition = self._either()
        if not self._taken("?"):
            return condition
        yes = self.choice()
        self.expect(":")
        no = self.choice()
        return lambda scope: yes(scope) if condition(scope) else no(scope)

    def _either(self) -> Expression:
        parts = [self._both()]
        while self._taken("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda scope: any(part(scope) for part in parts)

    def _both(self) -> Expression:
        parts = [self._compared()]
        while self._taken("&&"):
            parts.append(self._compared())
        return parts[0] if len(parts) == 1 else lambda scope: all(part(scope) for part in parts)

    def _compared(self) -> Expression:
        left = self._sum()
        if self._next not in _COMPARISONS:
            return left
        compare = _COMPARISONS[self._take()]
        right = self._sum()
        return lambda scope: compare(left(scope), right(scope))

    def _sum(self) -> Expression:
        parts = [self._negated()]
        while self._taken("+"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else lambda scope: sum(part(scope) for part in parts)

    def _negated(self) -> Expression:
        if not self._taken("!"):
            return self._chained()
        inner = self._negated()
        return lambda scope: not inner(scope)

    def _chained(self) -> Expression:
        found = self._atom()
        while self._taken("."):
            name = self._take()
            found = self._called(found, name) if self._taken("(") else _field(found, name)
        return found

    def _called(self, of: Expression, name: str) -> Expression:
        if name in _QUANTIFIERS:
            return self._quantified(of, name)
        if name not in _METHODS:
            raise UnknownCel(f"the method '{name}'")
        method, arguments = _METHODS[name], self._arguments(")")
        return lambda scope: method(of(scope), *(argument(scope) for argument in arguments))

    def _quantified(self, of: Expression, name: str) -> Expression:
        every, variable = _QUANTIFIERS[name], self._take()
        self.expect(",")
        inner = self.choice()
        self.expect(")")
        return lambda scope: every(inner({**scope, variable: one}) for one in of(scope))

    def _arguments(self, end: str) -> list[Expression]:
        found: list[Expression] = []
        while not self._taken(end):
            found.append(self.choice())
            if self._next != end:
                self.expect(",")
        return found

    def _atom(self) -> Expression:
        token = self._take()
        if token == "(":  # noqa: S105 - a bracket
            inner = self.choice()
            self.expect(")")
            return inner
        if token == "[":  # noqa: S105 - a bracket
            entries = self._arguments("]")
            return lambda scope: [entry(scope) for entry in entries]
        if token == "has":  # noqa: S105 - CEL's word
            return self._has()
        if token in _FUNCTIONS and self._taken("("):
            [argument], function = self._arguments(")"), _FUNCTIONS[token]
            return lambda scope: function(argument(scope))
        return _literal(token)

    def _has(self) -> Expression:
        self.expect("(")
        *owner, name = self._path()
        return lambda scope: name in _walk(scope, owner)

    def _path(self) -> list[str]:
        names = [self._take()]
        while self._taken("."):
            names.append(self._take())
        self.expect(")")
        return names


def _field(of: Expression, name: str) -> Expression:
    return lambda scope: of(scope)[name]


def _walk(scope: Scope, names: Sequence[str]) -> Mapping[str, Value]:
    found: Mapping[str, Value] = scope
    for name in names:
        found = found[name]
    return found


def _literal(token: str) -> Expression:
    if token.startswith(("'", "r'")):
        text = token.removeprefix("r")[1:-1]
        return lambda _: text
    if token.lstrip("-").isdigit():
        number = int(token)
        return lambda _: number
    if token in {"true", "false"}:
        return lambda _: token == "true"  # noqa: S105 - CEL's word
    if token in {"int", "string"}:
        return lambda _: token
    if not token.isidentifier():
        raise UnknownCel(f"'{token}'")
    return lambda scope: scope[token]
