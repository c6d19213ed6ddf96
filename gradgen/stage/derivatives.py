"""Calls of decorated functions: the derivative is a program itself, and is put in place of the call."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir import FLOAT, Atom, Function, Program, Var, dims_of
from gradgen.ir.instantiate import instantiate
from gradgen.ir.interface import Input, Path, Root, Staged, leaves, map_tree
from gradgen.ir.walk import free_variables, substitute
from gradgen.stage.inline import callee_of
from gradgen.stage.merge import without_extent
from gradgen.stage.rulecalls import known_argument
from gradgen.stage.separate import calls, stage_apart
from gradgen.stage.session import Frame, Session, place
from gradgen.stage.trees import assemble, flatten
from gradgen.stage.values import Closure, DictObject, Group, Known


def call_derivative(frame: Frame, derivative: Known, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """`derivative(*args, **keywords)` for an object that knows itself as a program (`__gradgen_staged__`)."""
    session, value = frame.session, derivative.value
    arguments = _bound(session, value.primal, args, keywords)
    atoms: list[Atom] = []
    trees = {name: _type_tree(session, argument, atoms) for name, argument in arguments.items()}
    staged: Staged = value.__gradgen_staged__(trees)
    return put_in(session, staged, atoms, derivative.path)


def is_differentiation(function: Any) -> bool:
    """Whether a function is `grad` or `value_and_grad` itself."""
    return getattr(function, "__module__", "") == "gradgen.api" and inspect.isfunction(function)


def differentiate(frame: Frame, function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Known:
    """`grad(f, ...)` called inside a function: it is called now, for the object that it gives."""
    session = frame.session

    def known(value: Any) -> Any:
        return (
            Inner(session, value)
            if isinstance(value, Closure)
            else known_argument(session, value, "an argument of grad")
        )

    return Known(function(*map(known, args), **{name: known(value) for name, value in keywords.items()}))


class Inner:
    """A function defined in the text being staged, as an object that can be differentiated."""

    def __init__(self, session: Session, closure: Closure):
        self.session, self.closure = session, closure
        self.callee = callee_of(session, closure)
        self.__name__ = closure.name
        self.__signature__ = _signature(closure)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{self.__name__} is known while it is staged only")

    def __gradgen_staged__(self, trees: dict[str, Any]) -> Staged:
        """The function for arguments of these types; what it reads from around it are inputs."""
        types = [type for tree in trees.values() for type in leaves(tree)]
        names = [name for name, tree in trees.items() for _ in leaves(tree)]
        body = stage_apart(self.session, self.callee, trees, types, names)
        if any(calls(body.block)):
            raise _of_recursion()
        outer = [var for var in free_variables(body.block) if var not in body.params]
        own = {var: self.session.builder.var(var.name, var.type) for var in outer}
        function = Function(self.__name__, (*body.params, *own.values()), substitute(body.block, dict(own)))
        inputs = [Input(Path(Root("argument", name))) for name in names]
        inputs += [Input(Path(Root("staged", var.name, var))) for var in outer]
        result = map_tree(lambda atom: own.get(atom, atom) if isinstance(atom, Var) else atom, body.result)
        return Staged(Program((function,)), tuple(inputs), (), result, ())


def _signature(closure: Closure) -> inspect.Signature:
    """The parameters of a nested function; a default stands as the value that it is while staged."""
    node, kind = closure.node.args, inspect.Parameter
    rows = [
        *((a, kind.POSITIONAL_ONLY) for a in node.posonlyargs),
        *((a, kind.POSITIONAL_OR_KEYWORD) for a in node.args),
        *((a, kind.VAR_POSITIONAL) for a in [node.vararg] if a),
        *((a, kind.KEYWORD_ONLY) for a in node.kwonlyargs),
        *((a, kind.VAR_KEYWORD) for a in [node.kwarg] if a),
    ]
    return inspect.Signature([kind(a.arg, of, default=closure.defaults.get(a.arg, kind.empty)) for a, of in rows])


def _bound(session: Session, function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
    from gradgen.stage.calls import capture_default

    signature = inspect.signature(function)
    try:
        bound = signature.bind(*args, **keywords)
    except TypeError as error:
        raise UnsupportedType(f"`{getattr(function, '__name__', 'the function')}`: {error}") from None
    found: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            found[name] = Group(bound.arguments.get(name, ()))
        elif parameter.kind is parameter.VAR_KEYWORD:
            named = bound.arguments.get(name, {})
            found[name] = session.new(DictObject(tuple(named), tuple(named.values())))
        elif name in bound.arguments:
            found[name] = bound.arguments[name]
        else:
            inner = isinstance(function, Inner)
            found[name] = parameter.default if inner else capture_default(session, name, parameter.default)
    return found


def _type_tree(session: Session, value: Any, atoms: list[Atom]) -> Any:
    return map_tree(lambda atom: without_extent(atom.type), flatten(session, value, atoms))


def put_in(session: Session, staged: Staged, atoms: list[Atom], path: Path | None) -> Any:
    """The statements of a program for these arguments, and its result as a value."""
    entry = staged.program.entry
    if len(staged.program.functions) > 1:
        raise _of_recursion()
    given: list[Atom] = []
    for k, one in enumerate(staged.inputs):
        given.append(
            _converted(session, atoms[k], entry.params[k])
            if k < len(atoms)
            else _input(session, one.path, entry.params[k])
        )
    session.guards.update({(place(guard.path), guard.kind): guard for guard in staged.guards})
    made, results = instantiate(entry, given, session.builder.var, session.builder.slot)
    origin = session.builder.origin
    for statement in made:
        session.builder.append(statement if getattr(statement, "origin", None) else _placed(statement, origin))
    return assemble(session, staged.result, iter(results))


def _of_recursion() -> UnsupportedSyntax:
    return UnsupportedSyntax("the gradient of a recursive function inside another function", way_out="a loop")


def _placed(statement: Any, origin: Any) -> Any:
    return replace(statement, origin=origin) if hasattr(statement, "origin") else statement


def _converted(session: Session, atom: Atom, param: Var) -> Atom:
    """An int where the gradient takes a float."""
    if param.type == FLOAT and getattr(atom.type, "dtype", "") == "int64" and getattr(atom.type, "weak", False):
        return session.emit("cast", atom, dtype="float64", weak=True)
    return atom


def _input(session: Session, path: Path, param: Var) -> Atom:
    """An input of the inner program: one of this one too."""
    if path.root.kind == "staged":
        atom: Atom = path.root.scope
        return atom
    for var, known in zip(session.params, session.inputs, strict=True):
        if place(known.path) == place(path):
            return var
    if not session.named_sizes().isdisjoint(dim.symbol for dim in dims_of(param.type) if dim.symbol):
        raise UnsupportedSyntax(
            f"`{param.name}` is the name of two arrays here", way_out="another name for one of them"
        )
    return session.param(param.name, param.type, path)
