"""From an operation to the Python expression that computes it.

The user's own spelling is kept where there is one ("np.exp", ".sum", "max"); elsewhere operators are
written as operators, functions of Python numbers with `math`, everything else with NumPy. Only
expressions are made here; statements, and updates in place, are `body`'s.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from gradgen.errors import InternalError
from gradgen.ir import (
    Array,
    Assign,
    At,
    Atom,
    Const,
    If,
    Index,
    ListOf,
    Scalar,
    Slice,
    Undefined,
    Var,
    is_bool,
    is_complex,
)
from gradgen.rules.complex_numbers import of_complex
from gradgen.rules.table import RULES, Rule
from gradgen.write.fold import Folds
from gradgen.write.helpers import HELPERS
from gradgen.write.tree import attribute, call, constant, name, negated, number, subscript, tuple_

BINARY: dict[str, type[ast.operator]] = {
    "add": ast.Add, "sub": ast.Sub, "mul": ast.Mult, "div": ast.Div, "floordiv": ast.FloorDiv, "mod": ast.Mod,
    "pow": ast.Pow, "matmul": ast.MatMult, "left_shift": ast.LShift, "right_shift": ast.RShift,
    "bitwise_and": ast.BitAnd, "bitwise_or": ast.BitOr, "bitwise_xor": ast.BitXor,
}  # fmt: skip
UNARY: dict[str, type[ast.unaryop]] = {"neg": ast.USub, "pos": ast.UAdd, "not": ast.Not, "invert": ast.Invert}
COMPARE: dict[str, type[ast.cmpop]] = {
    "lt": ast.Lt, "le": ast.LtE, "gt": ast.Gt, "ge": ast.GtE, "eq": ast.Eq, "ne": ast.NotEq,
}  # fmt: skip
BOOLEAN: dict[str, type[ast.boolop]] = {"and": ast.And, "or": ast.Or}
DEFAULTS = {
    "axis": None, "keepdims": False, "ddof": 0, "endpoint": True, "k": 0, "axes": None, "dtype": None,
    "method": "linear", "offset": 0, "axis1": 0, "axis2": 1, "UPLO": "L", "full_matrices": True, "ord": None,
}  # fmt: skip
HIDDEN = ("text", "weak", "element", "like", "distinct", "plain")  # params that are not arguments of the call
PLAIN = ("float64", "int64", "bool")  # dtypes of which NumPy makes arrays by itself


class Speller:
    """Makes expressions, and notes which modules, builtins and helper functions they name."""

    def __init__(
        self, names: Mapping[Var, str], folds: Folds, style: str = "python", modules: Mapping[str, str] | None = None
    ):
        self.names, self.folds, self.style = names, folds, style
        self.modules = modules or {}
        self.imports: set[str] = set()
        self.builtins: set[str] = set()
        self.helpers: set[str] = set()

    # Atoms

    def atom(self, atom: Atom) -> ast.expr:
        match atom:
            case Const():
                return self.const(atom)
            case Undefined():
                return constant(None)
        made = self.folds.folded.get(atom)
        if made is None:
            return name(self.names[atom])
        return self.conditional(made) if isinstance(made, If) else self.operation(made)

    def const(self, atom: Const) -> ast.expr:
        if atom.spelling:
            return self.dotted(atom.spelling)
        if atom.value is None:
            return constant(None)
        type = atom.type
        value = number(atom.value) if not isinstance(atom.value, bool) else constant(atom.value)
        named = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
        self.imports |= named & {"math"}
        self.builtins |= named & {"complex"}
        if isinstance(type, Scalar) and not type.weak and type.dtype not in PLAIN:
            return call(self.dotted(f"np.{type.dtype}"), [value])
        return value

    def dotted(self, text: str) -> ast.expr:
        """`np.linalg.norm`, and the import that it needs."""
        root, *parts = text.split(".")
        if not parts:
            self.builtins.add(root)
            return name(root)
        if root == "scipy":
            root, *parts = parts
            module = f"scipy.{root}"
        else:
            module = root if root in ("np", "math", "cmath") else ".".join([root, *parts[:-1]])
        self.imports.add(module)
        made: ast.expr = name(self.modules.get(root, root))
        for part in parts:
            made = attribute(made, part)
        return made

    def function(self, text: str, *args: ast.expr, **keywords: ast.expr) -> ast.Call:
        return call(self.dotted(text), args, **keywords)

    def helper(self, text: str, *args: ast.expr) -> ast.Call:
        self.helpers.add(text)
        return call(name(text), args)

    # Operations

    def conditional(self, s: If) -> ast.expr:
        return self.choice(s.test, s.then.yields[0], s.orelse.yields[0])

    def choice(self, test: Atom, yes: Atom, no: Atom) -> ast.expr:
        return ast.IfExp(self.atom(test), self.atom(yes), self.atom(no))

    def operation(self, s: Assign) -> ast.expr:
        """The expression on the right side of an assignment."""
        params = dict(s.params)
        if "text" in params:
            return self.template(params["text"], s.args, s.target)
        return self.apply(s.op, tuple(map(self.atom, s.args)), s.args, params, s.spelling, s.target)

    def template(self, template: Any, args: tuple[Atom, ...], target: Var | None = None) -> ast.expr:
        """A recognised composite, as the user wrote it: nested (op, spelling, arguments[, params]).

        `target`: what the whole becomes; of its parts no types are known.
        """
        if isinstance(template, int):
            return self.atom(args[template])
        if not isinstance(template, tuple):
            return self.atom(template)
        op, spelling, inner, *params = template
        return self.apply(op, tuple(self.template(part, args) for part in inner), (), dict(*params), spelling, target)

    def apply(
        self,
        op: str,
        args: tuple[ast.expr, ...],
        atoms: tuple[Atom, ...],
        params: dict[str, Any],
        spelling: str,
        target: Var | None,
    ) -> ast.expr:
        special = SPECIAL.get(op)
        if special is not None:
            made = special(_Use(self, op, args, atoms, params, spelling, target))
            if made is not None:
                return made
        if not spelling or spelling == op:
            made = self.operator(op, args)
            if made is not None:
                return made
        return self.called(op, args, params, spelling, target)

    def operator(self, op: str, args: tuple[ast.expr, ...]) -> ast.expr | None:
        if op in BINARY and len(args) == 2:
            return ast.BinOp(args[0], BINARY[op](), args[1])
        if op == "not":
            return negated(args[0])
        if op in UNARY:
            return ast.UnaryOp(UNARY[op](), args[0])
        if op in COMPARE:
            return ast.Compare(args[0], [COMPARE[op]()], [args[1]])
        if op in BOOLEAN:
            parts = [
                part
                for arg in args
                for part in (arg.values if isinstance(arg, ast.BoolOp) and isinstance(arg.op, BOOLEAN[op]) else [arg])
            ]
            return ast.BoolOp(BOOLEAN[op](), parts)
        return None

    def called(
        self, op: str, args: tuple[ast.expr, ...], params: dict[str, Any], spelling: str, target: Var | None
    ) -> ast.expr:
        keywords = {
            key: self.parameter(key, value)
            for key, value in params.items()
            if key not in HIDDEN and (key not in DEFAULTS or value != DEFAULTS[key])
        }
        if spelling.startswith("."):
            return call(attribute(args[0], spelling[1:]), args[1:], **keywords)
        rule = RULES.get(op)
        type = None if target is None else target.type
        number = type if isinstance(type, Scalar) and type.weak else None
        of_array = not isinstance(type, Scalar)
        text = spelling or _default(rule, number is not None, of_array) or f"np.{op}"
        if not spelling and type is not None and is_complex(type):
            text = of_complex(text)
        if text in HELPERS:
            return self.helper(text, *args)
        made: ast.expr = self.function(text, *args, **keywords)
        if number is not None and not spelling and text.startswith("np."):
            made = self.function(_PYTHON[number.dtype], made)
        return made

    def parameter(self, key: str, value: Any) -> ast.expr:
        if key == "dtype":
            return self.dtype(value)
        return constant(value)

    def dtype(self, dtype: str) -> ast.expr:
        return self.dotted("np.bool_" if dtype == "bool" else f"np.{dtype}")

    # Indices

    def index(self, index: Index, operands: tuple[ast.expr, ...]) -> ast.expr:
        parts = [self.index_entry(entry, operands) for entry in index]
        return parts[0] if len(parts) == 1 else tuple_(parts)

    def index_value(self, index: ast.expr) -> ast.expr:
        """An index as a value that can be passed on, with slices as calls."""
        match index:
            case ast.Tuple(elts=parts):
                return tuple_(map(self.index_value, parts))
            case ast.Slice(lower=None, step=None):
                return self.function("slice", index.upper or constant(None))
            case ast.Slice():
                bounds = [part or constant(None) for part in (index.lower, index.upper, index.step)]
                return self.function("slice", *(bounds if index.step else bounds[:2]))
        return index

    def index_entry(self, entry: Any, operands: tuple[ast.expr, ...]) -> ast.expr:
        match entry:
            case At(operand=k):
                return operands[k]
            case Slice():
                bounds = (entry.start, entry.stop, entry.step)
                return ast.Slice(*(None if part is None else self.index_entry(part, operands) for part in bounds))
        return constant(entry)


def _default(rule: Rule | None, of_number: bool, of_array: bool) -> str:
    """How the table spells an operation on Python numbers, NumPy scalars or arrays; "" where it does not."""
    if rule is None:
        return ""
    if of_array:
        return rule.spelling
    return (rule.scalar_spelling or rule.spelling) if of_number else (rule.spelling or rule.scalar_spelling)


_PYTHON = {"float64": "float", "int64": "int", "bool": "bool", "complex128": "complex"}


class _Use:
    """One use of an operation, for the functions of SPECIAL."""

    def __init__(
        self, speller: Speller, op: str, args: tuple[ast.expr, ...], atoms: tuple[Atom, ...], params, spelling, target
    ):
        self.speller, self.op, self.args, self.atoms = speller, op, args, atoms
        self.params, self.spelling, self.target = params, spelling, target

    def type(self, k: int):
        return self.atoms[k].type if k < len(self.atoms) else None

    def is_scalar(self) -> bool:
        return self.target is not None and isinstance(self.target.type, Scalar)

    def call(self, text: str, *args: ast.expr, **keywords: ast.expr) -> ast.expr:
        return self.speller.function(text, *args, **keywords)


SPECIAL: dict[str, Callable[[_Use], ast.expr | None]] = {}


def special(*ops: str):
    """A decorator: how these operations are written; None where they are written as any other."""

    def enter(function: Callable[[_Use], ast.expr | None]):
        for op in ops:
            SPECIAL[op] = function
        return function

    return enter


@special("identity")
def _identity(use: _Use) -> ast.expr:
    return use.args[0]


@special("copy")
def _copy(use: _Use) -> ast.expr | None:
    if use.spelling in ("", ".copy") or (use.spelling.startswith(".") and isinstance(use.type(0), ListOf)):
        return call(attribute(use.args[0], "copy"))
    return None


@special("real", "imag")
def _part(use: _Use) -> ast.expr | None:
    return None if use.spelling.startswith("np.") else attribute(use.args[0], use.op)


@special("conj")
def _conj(use: _Use) -> ast.expr | None:
    """Python's numbers have `.conjugate()` only."""
    if use.spelling or not (use.is_scalar() and use.target.type.weak):
        return None
    return call(attribute(use.args[0], "conjugate"))


@special("cast")
def _cast(use: _Use) -> ast.expr:
    x, dtype = use.args[0], use.params["dtype"]
    if dtype == "bool" and use.is_scalar() and use.type(0) == use.target.type:
        return x
    if use.spelling in ("float", "int", "bool", "complex") or use.spelling.startswith("math."):
        return use.call(use.spelling, x)
    if use.spelling in ("np.asarray", "np.array"):
        return use.call(use.spelling, x, dtype=use.speller.dtype(dtype))
    if isinstance(use.type(0), Array):
        return call(attribute(x, "astype"), [use.speller.dtype(dtype)])
    weak = use.params.get("weak") or (use.target is not None and getattr(use.target.type, "weak", False))
    if use.speller.style == "jit" and is_bool(use.type(0)) and weak and dtype == "float64":
        return ast.IfExp(x, constant(1.0), constant(0.0))  # Numba's `float` takes numbers
    return use.call(_PYTHON[dtype], x) if weak else call(use.speller.dtype(dtype), [x])


@special("where")
def _where(use: _Use) -> ast.expr | None:
    if not use.is_scalar() or use.spelling:
        return None
    return ast.IfExp(*use.args)


@special("maximum", "minimum")
def _extreme(use: _Use) -> ast.expr | None:
    if use.is_scalar() and use.target.type.weak and not use.spelling:
        return use.call("max" if use.op == "maximum" else "min", *use.args)
    return None


@special("sign")
def _sign(use: _Use) -> ast.expr | None:
    if not (use.is_scalar() and use.target.type.weak) or use.spelling or not isinstance(use.args[0], ast.Name):
        return None
    zero = number(0)
    above, below = (ast.Compare(use.args[0], [op()], [zero]) for op in (ast.Gt, ast.Lt))
    return ast.BinOp(above, ast.Sub(), below)


@special("int_floor", "int_ceil", "int_trunc", "int_round")
def _integral(use: _Use) -> ast.expr:
    plain = "round" if use.op == "int_round" else f"math.{use.op.removeprefix('int_')}"
    return use.call(use.spelling or plain, use.args[0])


@special("round")
def _round(use: _Use) -> ast.expr:
    number_ = use.is_scalar() and use.target.type.weak
    args = use.args[:1] if len(use.args) > 1 and _is(use.args[1], 0) and not number_ else use.args
    if use.spelling.startswith("."):
        return call(attribute(args[0], "round"), args[1:])
    return use.call(use.spelling or ("round" if number_ else "np.round"), *args)


@special("sigmoid", "softplus", "relu")
def _gate(use: _Use) -> ast.expr:
    """A gate that no user's text spells: one that a rule made."""
    x, one = use.args[0], number(1)
    if use.op == "relu":
        return use.speller.apply("maximum", (x, number(0)), use.atoms, {}, "", use.target)
    inner = ast.UnaryOp(ast.USub(), x) if use.op == "sigmoid" else x
    total = ast.BinOp(one, ast.Add(), use.speller.apply("exp", (inner,), use.atoms, {}, "", use.target))
    if use.op == "sigmoid":
        return ast.BinOp(one, ast.Div(), total)
    return use.speller.apply("log", (total,), use.atoms, {}, "", use.target)


@special("array")
def _array(use: _Use) -> ast.expr:
    """The items, in row-major order, as nested displays."""
    parts = list(use.args)
    shape = use.params["shape"]
    for size in reversed(shape):
        parts = [ast.List(parts[k : k + size], ast.Load()) for k in range(0, len(parts), size)] if size else []
    return use.call("np.array", parts[0] if parts else constant([]))


@special("fsum")
def _fsum(use: _Use) -> ast.expr:
    return use.call("math.fsum", ast.List(list(use.args), ast.Load()))


@special("head")
def _head(use: _Use) -> ast.expr:
    return subscript(use.args[0], ast.Slice(None, use.args[1], None))


@special("tail")
def _tail(use: _Use) -> ast.expr:
    return subscript(use.args[0], ast.Slice(use.args[1], None, None))


@special("getitem")
def _getitem(use: _Use) -> ast.expr:
    return subscript(use.args[0], use.speller.index(use.params["index"], use.args[1:]))


@special("argsort", "argpartition")
def _order(use: _Use) -> ast.expr | None:
    """Along the last axis none is named."""
    last = getattr(use.type(0), "ndim", 0) - 1
    if use.params["axis"] != last:
        return None
    params = {key: value for key, value in use.params.items() if key != "axis"}
    return use.speller.called(use.op, use.args, params, use.spelling, use.target)


@special("cummax", "cummin")
def _running(use: _Use) -> ast.expr:
    axis = {"axis": constant(use.params["axis"])} if use.params["axis"] else {}
    return use.call("np.maximum.accumulate" if use.op == "cummax" else "np.minimum.accumulate", use.args[0], **axis)


@special("bincount")
def _bincount(use: _Use) -> ast.expr:
    places, *weights, least = use.args
    given = {"weights": weights[0]} if weights else {}
    return use.call("np.bincount", places, **given, **({} if _is(least, 0) else {"minlength": least}))


@special("nonzero")
def _nonzero(use: _Use) -> ast.expr:
    if getattr(use.type(0), "ndim", 0) == 1:
        return use.call("np.flatnonzero", use.args[0])
    return subscript(use.call("np.nonzero", use.args[0]), constant(use.params["axis"]))


@special("unique_index", "unique_inverse", "unique_counts")
def _unique(use: _Use) -> ast.expr:
    return subscript(use.call("np.unique", use.args[0], **{f"return_{use.op[7:]}": constant(True)}), constant(1))


@special("choose")
def _choose(use: _Use) -> ast.expr:
    return use.call("np.choose", use.args[0], tuple_(use.args[1:]))


@special("median", "quantile")
def _of_row(use: _Use) -> ast.expr | None:
    """Along the only axis none is named."""
    if getattr(use.type(0), "ndim", 0) != 1:
        return None
    return use.speller.called(use.op, use.args, {**use.params, "axis": None}, use.spelling, use.target)


@special("take_along_axis")
def _take_along_axis(use: _Use) -> ast.expr | None:
    return subscript(use.args[0], use.args[1]) if getattr(use.type(0), "ndim", 0) == 1 else None


@special("stays")
def _stays(use: _Use) -> ast.expr:
    index = use.speller.index(use.params["index"], use.args[1:])
    return use.speller.helper("_stays", use.args[0], use.speller.index_value(index))


@special("item")
def _item(use: _Use) -> ast.expr:
    return subscript(use.args[0], constant(use.params["index"]) if "index" in use.params else use.args[1])


@special("length")
def _length(use: _Use) -> ast.expr:
    return use.call("len", use.args[0])


@special("size")
def _size(use: _Use) -> ast.expr:
    if use.spelling == "len" and use.params["axis"] == 0:
        return use.call("len", use.args[0])
    return subscript(attribute(use.args[0], "shape"), number(use.params["axis"]))


@special("count")
def _count(use: _Use) -> ast.expr:
    return attribute(use.args[0], "size")


@special("list")
def _list(use: _Use) -> ast.expr:
    return ast.List(list(use.args), ast.Load())


@special("asarray")
def _asarray(use: _Use) -> ast.expr:
    return use.call(use.spelling or "np.array", use.args[0])


@special("tolist")
def _tolist(use: _Use) -> ast.expr:
    rows = use.target is not None and isinstance(use.target.type, ListOf) and isinstance(use.target.type.element, Array)
    return use.call("list", use.args[0]) if rows else call(attribute(use.args[0], "tolist"))


def _sizes(sizes: tuple[ast.expr, ...]) -> ast.expr:
    """`n`, `(m, n)`, or `x.shape` where the sizes are all of x's."""
    arrays = {ast.dump(array): array for array in map(_whose_size, sizes) if array is not None}
    if len(sizes) > 1 and len(arrays) == 1:
        (array,) = arrays.values()
        if [_axis_of(size) for size in sizes] == list(range(len(sizes))):
            return subscript(attribute(array, "shape"), ast.Slice(None, number(len(sizes)), None))
    return sizes[0] if len(sizes) == 1 else tuple_(sizes)


def _whose_size(size: ast.expr) -> ast.expr | None:
    match size:
        case ast.Subscript(value=ast.Attribute(value=array, attr="shape"), slice=ast.Constant()):
            return array
    return None


def _axis_of(size: ast.expr) -> int | None:
    match size:
        case ast.Subscript(slice=ast.Constant(value=int() as axis)):
            return axis
    return None


@special("zeros", "ones", "empty", "full")
def _filled(use: _Use) -> ast.expr:
    sizes, value = (use.args[:-1], use.args[-1:]) if use.op == "full" else (use.args, ())
    dtype = use.params.get("dtype") or "float64"
    natural = use.op == "full" and use.atoms and getattr(use.atoms[-1].type, "dtype", None) == dtype
    keywords = {} if natural or (dtype == "float64" and use.op != "full") else {"dtype": use.speller.dtype(dtype)}
    return use.call(f"np.{use.op}", tuple_(()) if not sizes else _sizes(sizes), *value, **keywords)


@special("doubled")
def _doubled(use: _Use) -> ast.expr:
    rows = tuple_((use.args[0], use.speller.function("np.empty_like", use.args[0])))
    return use.speller.function("np.concatenate", rows)


@special("zeros_like", "ones_like", "empty_like", "full_like")
def _filled_like(use: _Use) -> ast.expr | None:
    if isinstance(use.type(0), ListOf):
        return use.speller.helper("_zeros", use.args[0])
    return None


@special("tensordot")
def _tensordot(use: _Use) -> ast.expr:
    axes = use.params["axes"]
    return use.call("np.tensordot", *use.args, **({} if axes == 2 else {"axes": _axes_of(axes)}))


def _axes_of(axes: Any) -> ast.expr:
    """`1`, `(0, 1)` for one axis of each, `([0, 2], [1, 0])` for several."""
    if isinstance(axes, int):
        return constant(axes)
    pair = [axis if isinstance(axis, tuple) else (axis,) for axis in axes]
    if all(len(axis) == 1 for axis in pair):
        return constant(tuple(axis[0] for axis in pair))
    return tuple_([ast.List([constant(a) for a in axis], ast.Load()) for axis in pair])


@special("einsum")
def _einsum(use: _Use) -> ast.expr:
    return use.call("np.einsum", constant(use.params["subscripts"]), *use.args)


@special("diagonal")
def _diagonal(use: _Use) -> ast.expr | None:
    if use.spelling != "np.diag":
        return None
    offset = use.params.get("offset", 0)
    return use.call("np.diag", use.args[0], **({"k": constant(offset)} if offset else {}))


@special("pad", "pad_index")
def _pad(use: _Use) -> ast.expr:
    """`np.pad(x, 1)`, `np.pad(x, (0, n))`, `np.pad(x, ((1, 1), (0, 0)))`"""
    x, *widths = use.args
    keywords: dict[str, ast.expr] = {}
    if use.op == "pad_index":
        keywords["mode"] = constant(use.params["mode"])
    elif "value" in use.params:
        keywords["constant_values"] = number(use.params["value"])
    pairs = [tuple_(list(pair)) for pair in zip(widths[::2], widths[1::2], strict=True)]
    if len({ast.dump(width) for width in widths}) == 1:
        return use.call("np.pad", x, widths[0], **keywords)
    return use.call(
        "np.pad", x, pairs[0] if len({ast.dump(pair) for pair in pairs}) == 1 else tuple_(pairs), **keywords
    )


@special("convolve", "correlate")
def _convolution(use: _Use) -> ast.expr:
    mode = use.params.get("mode", "full")
    usual = mode == ("full" if use.op == "convolve" else "valid")
    return use.call(f"np.{use.op}", *use.args, **({} if usual else {"mode": constant(mode)}))


@special("generator")
def _generator(use: _Use) -> ast.expr:
    return use.call(use.params["kind"], *use.args)


@special("draw")
def _draw(use: _Use) -> ast.expr:
    """`rng.standard_normal((m, n))`, `rng.integers(low, high, size=n)`; what was drawn before is not named."""
    sizes = use.params["sizes"] or 0
    bounds = use.args[1 + sizes : 1 + sizes + use.params["bounds"]]
    shape = [] if use.params["sizes"] is None else [_sizes(use.args[1 : 1 + sizes]) if sizes else tuple_(())]
    keywords = {"size": shape[0]} if bounds and shape else {}
    return call(attribute(use.args[0], use.params["method"]), [*bounds, *([] if bounds else shape)], **keywords)


@special("eye")
def _eye(use: _Use) -> ast.expr:
    keywords: dict[str, ast.expr] = {}
    if use.params.get("k"):
        keywords["k"] = constant(use.params["k"])
    if use.params.get("dtype") not in (None, "float64"):
        keywords["dtype"] = use.speller.dtype(use.params["dtype"])
    square = len(use.args) == 2 and ast.dump(use.args[0]) == ast.dump(use.args[1])
    return use.call("np.eye", *(use.args[:1] if square else use.args), **keywords)


@special("arange")
def _arange(use: _Use) -> ast.expr:
    start, stop, *step = use.args
    given = [start, stop] if step or not _is(start, 0) else [stop]
    given += [part for part in step if not _is(part, 1)]
    if len(given) == 2 and _is(given[0], 0) and not (step and not _is(step[0], 1)):
        given = given[1:]
    dtype = use.params.get("dtype")
    if dtype is None or dtype in PLAIN:
        return use.call("np.arange", *given)
    return use.call("np.arange", *given, dtype=use.speller.dtype(dtype))


def _is(node: ast.expr, value: int) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == value


@special("reshape")
def _reshape(use: _Use) -> ast.expr:
    sizes = use.args[1:]
    if use.spelling == ".reshape":
        return call(attribute(use.args[0], "reshape"), sizes)
    return use.call(use.spelling or "np.reshape", use.args[0], tuple_(()) if not sizes else _sizes(sizes))


@special("transpose")
def _transpose(use: _Use) -> ast.expr | None:
    axes = use.params.get("axes")
    if axes is None and use.spelling in ("", ".T"):
        return attribute(use.args[0], "T")
    if use.spelling == ".transpose":
        return call(attribute(use.args[0], "transpose"), [] if axes is None else [constant(axis) for axis in axes])
    return use.call("np.transpose", use.args[0], *([] if axes is None else [constant(tuple(axes))]))


@special("squeeze", "expand_dims")
def _axes(use: _Use) -> ast.expr | None:
    axis = use.params.get("axis")
    if isinstance(axis, tuple) and len(axis) == 1 and not use.spelling:
        return use.call(f"np.{use.op}", use.args[0], constant(axis[0]))
    return None


@special("concatenate", "stack")
def _joined(use: _Use) -> ast.expr:
    parts = tuple_(use.args)
    axis = use.params.get("axis", 0)
    if use.spelling in ("np.hstack", "np.vstack"):
        return use.call(use.spelling, parts)
    return use.call(f"np.{use.op}", parts, **({} if axis == 0 else {"axis": constant(axis)}))


@special("broadcast_to")
def _broadcast_to(use: _Use) -> ast.expr:
    return use.call("np.broadcast_to", use.args[0], _sizes(use.args[1:]))


@special("expand")
def _expand(use: _Use) -> ast.expr:
    """g in the full shape of `like`: a number fills an array, an array is viewed."""
    g, like = use.args
    if isinstance(use.type(0), Array):
        return use.call("np.broadcast_to", g, attribute(like, "shape"))
    return use.call("np.full_like", like, g)


@special("spread")
def _spread(use: _Use) -> ast.expr:
    """g of a reduction with the reduced axes back as 1."""
    g, axis = use.args[0], use.params.get("axis")
    have = use.type(0)
    if use.params.get("keepdims") or not isinstance(have, Array):
        return g
    ndim = use.type(1).ndim
    if axis is None:
        return g
    axes = {a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))}
    if len(axes) + have.ndim != ndim:
        raise InternalError(f"spread of {have} over axes {axis} of {use.type(1)}")
    return subscript(g, tuple_([constant(None) if a in axes else ast.Slice() for a in range(ndim)]))


@special("sum_to")
def _sum_to(use: _Use) -> ast.expr:
    return use.speller.helper("_sum_to", use.args[0], attribute(use.args[1], "shape"))


@special("fft", "ifft", "rfft", "irfft")
def _fourier(use: _Use) -> ast.expr:
    """Along one axis `np.fft.fft(x, n, axis=...)`, along several `np.fft.fft2(x, s, axes=...)`."""
    ndim = use.type(0).ndim
    axes, sizes = use.params["axes"], use.args[1:]
    last_two = axes == (ndim - 2, ndim - 1)
    name = use.spelling or f"np.fft.{use.op}" + ("" if len(axes) == 1 else "2" if last_two else "n")
    keywords: dict[str, ast.expr] = {}
    if name == f"np.fft.{use.op}":
        given = list(sizes)
        if axes != (ndim - 1,):
            keywords["axis"] = number(axes[0])
    else:
        given = [_sizes(sizes) if len(sizes) > 1 else tuple_(sizes)] if sizes else []
        usual = last_two if name.endswith("2") else axes == tuple(range(ndim)) and not sizes
        if not usual:
            keywords["axes"] = constant(axes)
    if use.params.get("norm") is not None:
        keywords["norm"] = constant(use.params["norm"])
    return use.call(name, use.args[0], *given, **keywords)


@special("fftshift", "ifftshift")
def _shifted(use: _Use) -> ast.expr:
    axes = use.params["axes"]
    keywords = {} if axes == tuple(range(use.type(0).ndim)) else {"axes": constant(axes[0] if len(axes) == 1 else axes)}
    return use.call(f"np.fft.{use.op}", use.args[0], **keywords)


@special("fftfreq", "rfftfreq")
def _frequencies(use: _Use) -> ast.expr:
    given = use.args[:1] if _is_one(use.args[1]) else use.args
    return use.call(f"np.fft.{use.op}", *given)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value == 1


@special("fit")
def _fit(use: _Use) -> ast.expr:
    return use.speller.helper("_fit", use.args[0], tuple_(use.args[1:]), constant(use.params["axes"]))


@special("lowest_bit")
def _lowest_bit(use: _Use) -> ast.expr:
    return use.speller.helper("_lowest_bit", *use.args)


@special("even_place")
def _even_place(use: _Use) -> ast.expr:
    return use.speller.helper("_place", *use.args)


@special("fourier_rows")
def _fourier_rows(use: _Use) -> ast.expr:
    return use.speller.helper("_fft", *use.args)


@special("cholesky_adjoint", "cholesky_adjoint_by_loops", "dot_by_triangle", "triangle_of_dot")
def _own(use: _Use) -> ast.expr:
    return use.speller.helper(f"_{use.op}", *use.args)
