"""The constructs of Python that are refused, each with its name and what to write instead. One table."""

from __future__ import annotations

import ast

from gradgen.errors import Position, UnsupportedSyntax

REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Yield: ("`yield` makes a generator, which has no gradient", "collect the values in a list and return it"),
    ast.YieldFrom: (
        "`yield from` makes a generator, which has no gradient",
        "collect the values in a list and return it",
    ),
    ast.Await: ("`await` cannot be differentiated", "write a plain function"),
    ast.AsyncFunctionDef: ("an `async` function cannot be differentiated", "write a plain function"),
    ast.AsyncFor: ("`async for` cannot be differentiated", "write a plain `for`"),
    ast.AsyncWith: ("`async with` cannot be differentiated", "leave it out of the differentiated function"),
    ast.Try: (
        "`try` has no gradient: which branch runs is not known beforehand",
        "test the condition with `if` before it can fail",
    ),
    ast.TryStar: (
        "`try` has no gradient: which branch runs is not known beforehand",
        "test the condition with `if` before it can fail",
    ),
    ast.With: (
        "`with` is supported for `np.errstate(...)` only",
        "enter the context outside of the differentiated function",
    ),
    ast.Global: ("assigning to a global from a differentiated function is a side effect", "return the value"),
    ast.Nonlocal: (
        "assigning to a variable from outside of the differentiated function is a side effect",
        "return the value",
    ),
    ast.ClassDef: ("a class cannot be defined inside a differentiated function", "define it outside"),
    ast.Set: ("sets have no order in which a gradient could run", "use a list or a tuple"),
    ast.SetComp: ("sets have no order in which a gradient could run", "use a list comprehension"),
}

REFUSED_CALLS: dict[str, tuple[str, str]] = {
    "eval": ("`eval` runs text that is not there to be read", "write the expression out"),
    "exec": ("`exec` runs text that is not there to be read", "write the statements out"),
    "compile": ("`compile` makes code that is not there to be read", "write the statements out"),
    "globals": ("`globals()` cannot be differentiated through", "name the variables"),
    "locals": ("`locals()` cannot be differentiated through", "name the variables"),
    "vars": ("`vars()` cannot be differentiated through", "name the attributes"),
    "setattr": ("`setattr` is a side effect", "return the value"),
    "delattr": ("`delattr` is a side effect", "leave it out of the differentiated function"),
    "super": ("`super()` inside a differentiated function", "name the base class: `Base.method(self, ...)`"),
    "open": ("`open` is a side effect", "read the file outside and pass the data in"),
    "input": ("`input` is a side effect", "pass the value in as an argument"),
}


def refusal(node: ast.AST, position: Position) -> UnsupportedSyntax | None:
    """The error for a refused node, or None.

    >>> print(refusal(ast.parse("with f: pass").body[0], Position("m.py", 1, 0)).way_out)
    enter the context outside of the differentiated function
    """
    entry = REFUSED.get(type(node))
    return UnsupportedSyntax(entry[0], position, entry[1]) if entry else None
