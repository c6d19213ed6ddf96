"""Known composites as one operation: `1 / (1 + exp(-x))` is a gate with the local gradient (1 - s) * s.

A gate is recognised when its last operation has just been made, from unnamed intermediates that nobody
else refers to. Its statement keeps the user's text: the parameter `text` is a tree over the gate's
operands, in which a node is (op, spelling, args, params) and a leaf the number of an operand or a `Const`.
So the writer prints what the user wrote, and a backend that wants another form goes by the operation's name.

>>> from gradgen.ir import FLOAT
>>> from gradgen.stage.session import Session
>>> session = Session()
>>> x = session.builder.var("x", FLOAT)
>>> e = session.emit("exp", session.emit("neg", x), spelling="math.exp")
>>> s = recognise(session, session.emit("div", 1.0, session.emit("add", 1, e)))
>>> statement = session.builder.definitions[s.version]
>>> statement.op, [str(arg) for arg in statement.args]
('sigmoid', ['x.0'])
>>> print(statement.param("text")[0], [str(part) for part in statement.param("text")[2][1][2]][:1])
div ['1']
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradgen.ir import Assign, Atom, Const, Var, is_complex
from gradgen.rules.table import RULES
from gradgen.stage.session import Session


def recognise(session: Session, result: Any) -> Any:
    """The gate that ends in `result`, in place of its parts; else `result`."""
    if not isinstance(result, Var):
        return result
    last = session.builder.definitions.get(result.version)
    for gate, patterns in _GATES.get(last.op if isinstance(last, Assign) else "", {}).items():
        if gate not in RULES:
            continue
        for pattern in patterns:
            match = _Match(session)
            if pattern(match, result) and match.removable(result):
                return _replaced(session, gate, result, match)
    return result


class _Match:
    """One attempt: the operand found for `x`, and the intermediates that the gate would take in."""

    def __init__(self, session: Session):
        self.session = session
        self.operand: Atom | None = None
        self.parts: dict[int, Assign] = {}

    def op(self, atom: Atom, *ops: str) -> tuple[Atom, ...]:
        """The arguments of the operation that made `atom`, if it is one of `ops` and private to the gate; else ()."""
        made = self.session.builder.definitions.get(atom.version) if isinstance(atom, Var) else None
        if not isinstance(made, Assign) or made.op not in ops:
            return ()
        self.parts[made.target.version] = made
        return made.args

    def bind(self, atom: Atom) -> bool:
        """The gate's operand is `atom`: any value, but the same one wherever the pattern asks for it."""
        if self.operand is None:
            self.operand = atom
        return self.operand == atom

    def removable(self, result: Var) -> bool:
        """Whether the parts are the latest statements, unnamed, and referred to by nobody else."""
        statements = self.session.builder.statements
        latest = {s.target.version for s in statements[len(statements) - len(self.parts) :] if isinstance(s, Assign)}
        private = all(
            not part.target.name and part.target.version not in self.session.escaped for part in self.parts.values()
        )
        return private and latest == set(self.parts)


def _is(atom: Atom, number: float) -> bool:
    return isinstance(atom, Const) and not isinstance(atom.value, bool) and atom.value == number


def _exp_of_minus(match: _Match, atom: Atom) -> bool:
    args = match.op(atom, "exp")
    inner = match.op(args[0], "neg") if args else ()
    return bool(inner) and match.bind(inner[0])


def _exp(match: _Match, atom: Atom) -> bool:
    args = match.op(atom, "exp")
    return bool(args) and match.bind(args[0])


def _one_plus(match: _Match, atom: Atom, other: Callable[[_Match, Atom], bool]) -> bool:
    args = match.op(atom, "add")
    return bool(args) and any(_is(one, 1) and other(match, rest) for one, rest in (args, args[::-1]))


def _logistic(match: _Match, result: Atom) -> bool:
    """1 / (1 + exp(-x))"""
    args = match.op(result, "div")
    return bool(args) and _is(args[0], 1) and _one_plus(match, args[1], _exp_of_minus)


def _logistic_power(match: _Match, result: Atom) -> bool:
    """(1 + exp(-x)) ** -1"""
    args = match.op(result, "pow")
    return bool(args) and _is(args[1], -1) and _one_plus(match, args[0], _exp_of_minus)


def _logistic_reciprocal(match: _Match, result: Atom) -> bool:
    args = match.op(result, "reciprocal")
    return bool(args) and _one_plus(match, args[0], _exp_of_minus)


def _logistic_of_exp(match: _Match, result: Atom) -> bool:
    """exp(x) / (1 + exp(x))"""
    args = match.op(result, "div")
    return bool(args) and _exp(match, args[0]) and _one_plus(match, args[1], _exp)


def _softplus(match: _Match, result: Atom) -> bool:
    """log(1 + exp(x))"""
    args = match.op(result, "log")
    return bool(args) and _one_plus(match, args[0], _exp)


def _softplus_log1p(match: _Match, result: Atom) -> bool:
    args = match.op(result, "log1p")
    return bool(args) and _exp(match, args[0])


def _relu(match: _Match, result: Atom) -> bool:
    args = match.op(result, "maximum")
    return bool(args) and any(
        _is(zero, 0) and not isinstance(x, Const) and match.bind(x) for zero, x in (args, args[::-1])
    )


def _square_of_size(match: _Match, result: Atom) -> bool:
    """abs(z) ** 2 of a complex number"""
    args = match.op(result, "pow", "square")
    inner = match.op(args[0], "abs") if args and (len(args) == 1 or _is(args[1], 2)) else ()
    return bool(inner) and is_complex(inner[0].type) and match.bind(inner[0])


_GATES: dict[str, dict[str, tuple[Callable[[_Match, Atom], bool], ...]]] = {
    "div": {"sigmoid": (_logistic, _logistic_of_exp)},
    "pow": {"sigmoid": (_logistic_power,), "abs2": (_square_of_size,)},
    "square": {"abs2": (_square_of_size,)},
    "reciprocal": {"sigmoid": (_logistic_reciprocal,)},
    "log": {"softplus": (_softplus,)},
    "log1p": {"softplus": (_softplus_log1p,)},
    "maximum": {"relu": (_relu,)},
}


def _replaced(session: Session, gate: str, result: Var, match: _Match) -> Var:
    assert match.operand is not None
    text = _text(match, result)
    del session.builder.statements[len(session.builder.statements) - len(match.parts) :]
    made = Assign(result, gate, (match.operand,), (("text", text),), "", session.builder.origin)
    session.builder.append(made)
    return result


def _text(match: _Match, atom: Atom) -> Any:
    if isinstance(atom, Var) and atom.version in match.parts:
        made = match.parts[atom.version]
        return made.op, made.spelling, tuple(_text(match, arg) for arg in made.args), made.params
    return 0 if atom == match.operand else atom
