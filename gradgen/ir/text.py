"""The compact form: a program as short lines, for tests and for people who debug a pass.

Not Python, and not read back.
"""

from __future__ import annotations

from gradgen.ir.nodes import (
    Accumulate,
    Assign,
    At,
    Atom,
    Block,
    Call,
    Effect,
    For,
    Function,
    If,
    Index,
    Load,
    Open,
    Save,
    Slice,
    Statement,
    Store,
    While,
)


def show(function: Function, types: bool = False) -> str:
    """
    >>> from gradgen.ir import FLOAT, Assign, Block, Function, Var
    >>> x, y = Var("x", 0, FLOAT), Var("y", 1, FLOAT)
    >>> print(show(Function("f", (x,), Block((Assign(y, "mul", (x, x)),), (y,)))))
    f(x.0):
      y.1 = mul x.0 x.0
      yield y.1
    """
    params = ", ".join(f"{p}: {p.type}" if types else str(p) for p in function.params)
    return "\n".join([f"{function.name}({params}):", *_block(function.body, "  ")])


def show_statement(statement: Statement) -> str:
    """The statement itself, without the blocks inside it."""
    return _statement(statement, "")[0]


def _block(block: Block, indent: str) -> list[str]:
    lines = [line for statement in block.statements for line in _statement(statement, indent)]
    return [*lines, f"{indent}yield {_atoms(block.yields)}".rstrip()]


def _atoms(atoms: tuple[Atom, ...]) -> str:
    return " ".join(map(str, atoms))


def _carried(loop: For | While) -> str:
    return ", ".join(f"{c}={i}" for c, i in zip(loop.carried, loop.inits, strict=True))


def show_index(index: Index, operands: tuple[Atom, ...]) -> str:
    def part(entry) -> str:
        match entry:
            case At():
                return str(operands[entry.operand])
            case Slice():
                return ":".join(
                    "" if e is None else part(e) for e in (entry.start, entry.stop, entry.step)
                ).removesuffix(":")
        return "..." if entry is Ellipsis else str(entry)

    return ", ".join(map(part, index))


def _statement(s: Statement, indent: str) -> list[str]:
    deeper = indent + "  "
    match s:
        case Assign(op="getitem"):
            index = show_index(s.param("index"), s.args[1:])
            return [f"{indent}{s.target} = {s.args[0]}[{index}]"]
        case Assign():
            params = "".join(f" {k}={v}" for k, v in s.params)
            return [f"{indent}{s.target} = {s.op} {_atoms(s.args)}{params}".rstrip()]
        case Accumulate():
            return [f"{indent}{s.target} = {s.prior} += {s.value}"]
        case Store():
            sign = "=" if s.mode == "set" else "+="
            return [f"{indent}{s.target} = {s.array} with [{show_index(s.index, s.operands)}] {sign} {s.value}"]
        case If(recompute=True):
            return [f"{indent}{_atoms(s.results)} = recompute:", *_block(s.then, deeper)]
        case If():
            head = f"{indent}{_atoms(s.results)} = if {s.test}:" if s.results else f"{indent}if {s.test}:"
            return [head, *_block(s.then, deeper), f"{indent}else:", *_block(s.orelse, deeper)]
        case For() | While():
            return _loop(s, indent)
        case Open():
            return [f"{indent}open {s.slot}"]
        case Save():
            return [f"{indent}save {s.value} in {s.slot}"]
        case Load():
            return [f"{indent}{s.target} = load {s.slot}"]
        case Effect():
            return [f"{indent}{s.kind}"]
        case Call():
            return [f"{indent}{_atoms(s.targets)} = call {s.function} {_atoms(s.args)}"]


def _loop(s: For | While, indent: str) -> list[str]:
    results = _atoms(s.results + ((s.trips,) if s.trips else ()))
    head = f"{indent}{results} = " if results else indent
    deeper = indent + "  "
    leave = [f"{deeper}leave {s.leave}"] if s.leave is not None else []
    if isinstance(s, For):
        bounds = f"{s.start}:{s.stop}:{s.step}"
        levels = f" in {s.levels} levels" if s.levels > 1 else ""
        kind = "parallel for" if s.parallel else "for"
        return [f"{head}{kind} {s.index} in {bounds}{levels} with {_carried(s)}:", *_block(s.body, deeper), *leave]
    test = _block(s.test, deeper)
    return [f"{head}while with {_carried(s)}:", *test, f"{indent}do:", *_block(s.body, deeper), *leave]
