"""`for part in prange(parts): f_part(part, ...)` of a compiled text, on several threads.

Numba, given `parallel=True`, would compile the loop's body with a compiler of its own, take long for it, and lose
errors. Here the loop becomes one call, `on_threads(parts, f_part, ...)`: the function is compiled as any other of the
text, and Numba's threads (of its threading layer, as many as `numba.get_num_threads()` says) each take the next part
until none is left. If parts fail, one of their errors is raised when all threads have ended.

One call at a time has the threads. Another, from a thread of the user's, takes all parts itself, as does a process that
was forked: not every threading layer bears the one, and GNU's OpenMP ends the other. The results are the same.

Does not know what parts there are, nor whether they may run side by side: the text says so.
"""

from __future__ import annotations

import ast
import ctypes
import functools
import os
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.callconv import Status
from numba.core.typing.templates import signature
from numba.extending import intrinsic
from numba.np.ufunc.parallel import _launch_threads

from gradgen.run import blas_threads

INT, BYTE, CODE = ir.IntType(64), ir.IntType(8), ir.IntType(32)
POINTER = BYTE.as_pointer()
BUSY = "gradgen_threads_busy"
_taken = ctypes.c_int64(0)  # 1 while a call has the threads
KERNEL = ir.FunctionType(ir.VoidType(), [POINTER.as_pointer(), INT.as_pointer(), INT.as_pointer(), POINTER])


def with_threads(tree: ast.Module) -> ast.Module:
    """The text with each parallel loop as a call of `on_threads`; lines stay where they are.

    >>> text = "def f(n, x):\\n    for part in prange(n):\\n        g(part, x)\\n\\ndef g(part, x):\\n    x[part] = 1"
    >>> print(ast.unparse(with_threads(ast.parse(text))))
    def f(n, x):
        on_threads(n, g, (x,))
    <BLANKLINE>
    def g(part, x):
        x[part] = 1
    """
    loops = _Loops()
    changed = ast.fix_missing_locations(loops.visit(tree))
    products = _multiplying(tree, part_functions(tree))
    for call in loops.calls:
        match call:
            case ast.Call(func=ast.Name() as start, args=[_, ast.Name(part), _]) if part in products:
                start.id = "on_threads_with_products"
    return changed


def part_functions(tree: ast.Module) -> set[str]:
    """The functions that are called for parts.

    >>> part_functions(ast.parse("on_threads(n, g, (x,))"))
    {'g'}
    """
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(start), args=[_, ast.Name(name), _]) if start in CALLS:
                found.add(name)
    return found


def _multiplying(tree: ast.Module, names: set[str]) -> set[str]:
    """Those of the functions `names` that multiply matrices or call functions that do.

    >>> text = "def f(x):\\n    g(x)\\ndef g(x):\\n    return np.dot(x, x)\\ndef h(x):\\n    return np.exp(x)"
    >>> sorted(_multiplying(ast.parse(text), {"f", "h"}))
    ['f']
    """
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    def does(name: str, above: frozenset[str]) -> bool:
        inside = list(ast.walk(functions[name]))
        if any(isinstance(node, ast.Attribute) and node.attr in ("dot", "linalg") for node in inside):
            return True
        called = {node.id for node in inside if isinstance(node, ast.Name)} & functions.keys() - above - {name}
        return any(does(one, above | {name}) for one in called)

    return {name for name in names if does(name, frozenset())}


class _Loops(ast.NodeTransformer):
    def __init__(self) -> None:
        self.calls: list[ast.Call] = []

    def visit_For(self, node: ast.For) -> ast.AST:
        match node:
            case ast.For(
                iter=ast.Call(func=ast.Name("prange"), args=[parts]), body=[ast.Expr(ast.Call(func=part, args=args))]
            ):
                given = ast.Tuple(args[1:], ast.Load())
                call = ast.Call(ast.Name("on_threads", ast.Load()), [parts, part, given], [])
                self.calls.append(call)
                return ast.copy_location(ast.Expr(call), node)
        return self.generic_visit(node)


@intrinsic
def on_threads(typing: Any, parts: Any, function: Any, given: Any) -> Any:
    """Call `function(part, *given)` for each part of `range(parts)`."""
    return _signature(typing, function, given), functools.partial(_emit, _start)


@intrinsic
def on_threads_with_products(typing: Any, parts: Any, function: Any, given: Any) -> Any:
    """The same, where the function multiplies matrices."""
    return _signature(typing, function, given), functools.partial(_emit, _start_with_products)


CALLS = {"on_threads": on_threads, "on_threads_with_products": on_threads_with_products}


def _signature(typing: Any, function: Any, given: Any) -> Any:
    plain = types.Tuple(tuple(map(types.unliteral, given)))
    function.get_call_type(typing, (types.int64, *plain), {})  # compiles it
    return signature(types.none, types.int64, function, plain)


def _emit(start: Callable[..., None], context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
    parts, _, given = args
    types_ = (types.int64, *sig.args[2])
    compiled = sig.args[1].dispatcher.overloads[types_]
    context.active_code_library.add_linking_library(compiled.library)
    values = cgutils.unpack_tuple(builder, given)
    # What all threads see: how many parts there are and which is the next, an error, and the arguments.
    fields = [INT, INT, CODE, _excinfo(context), *(value.type for value in values)]
    shared = cgutils.alloca_once(builder, ir.LiteralStructType(fields))
    errors = ir.Constant(CODE, 0), ir.Constant(fields[3], None)
    for k, value in enumerate((parts, ir.Constant(INT, 0), *errors, *values)):
        builder.store(value, _field(builder, shared, k))
    kernel = _kernel(context, builder.module, compiled.fndesc, shared.type)
    data = builder.bitcast(shared, POINTER)
    nothing = [ir.Constant(kind, None) for kind in KERNEL.args[:3]]
    with builder.if_then(builder.icmp_signed(">", parts, ir.Constant(INT, 1))):
        busy = _busy(builder.module)
        taken = builder.atomic_rmw("xchg", busy, ir.Constant(INT, 1), "acquire")
        with builder.if_then(builder.not_(builder.trunc(taken, ir.IntType(1)))):
            start(builder, kernel, data)
            builder.store_atomic(ir.Constant(INT, 0), busy, "release", 8)
    builder.call(kernel, [*nothing, data])  # all parts that are left: all or none
    code = builder.load(_field(builder, shared, 2))
    with builder.if_then(builder.icmp_signed("!=", code, errors[0]), likely=False):
        status = dict.fromkeys(Status._fields) | {"code": code, "excinfoptr": builder.load(_field(builder, shared, 3))}
        context.call_conv.return_status_propagate(builder, Status(**status))
    return context.get_dummy_value()


def _busy(module: ir.Module) -> ir.GlobalVariable:
    if BUSY not in module.globals:
        ir.GlobalVariable(module, INT, BUSY)
    return module.globals[BUSY]


def _start_with_products(builder: ir.IRBuilder, kernel: ir.Function, data: Any) -> None:
    """The same, while the library that multiplies matrices has one thread; not at all if it cannot be told."""
    limit = cgutils.get_or_insert_function(builder.module, ir.FunctionType(CODE, [CODE]), blas_threads.LIMIT)
    alone = builder.call(limit, [ir.Constant(CODE, 1)])
    with builder.if_then(builder.trunc(alone, ir.IntType(1))):
        _start(builder, kernel, data)
        builder.call(limit, [ir.Constant(CODE, 0)])


def _start(builder: ir.IRBuilder, kernel: ir.Function, data: Any) -> None:
    """Call the kernel on as many threads as Numba is set to, and wait for all of them."""
    threads = cgutils.get_or_insert_function(builder.module, ir.FunctionType(CODE, []), "get_num_threads")
    run = ir.FunctionType(ir.VoidType(), [POINTER, *KERNEL.args, INT, INT, CODE])
    launch = cgutils.get_or_insert_function(builder.module, run, "numba_parallel_for")
    found = builder.call(threads, [])
    count = cgutils.alloca_once_value(builder, builder.sext(found, INT))
    null = ir.Constant(POINTER.as_pointer(), None)
    steps, zero = ir.Constant(INT.as_pointer(), None), ir.Constant(INT, 0)
    builder.call(launch, [builder.bitcast(kernel, POINTER), null, count, steps, data, zero, zero, found])


def _kernel(context: Any, module: ir.Module, fndesc: Any, shared: ir.Type) -> ir.Function:
    """A function for one thread: it takes the next part until there is none."""
    name = f"{fndesc.mangled_name}.on_threads"
    if name in module.globals:
        return module.globals[name]
    kernel = ir.Function(module, KERNEL, name)
    kernel.linkage = "internal"
    kernel.attributes.add("noinline")  # what arrays are of one call is told LLVM of the part (`distinct_memory`)
    entry, again, work, done = map(kernel.append_basic_block, ("entry", "again", "work", "done"))
    builder = ir.IRBuilder(entry)
    data = builder.bitcast(kernel.args[3], shared)
    parts = builder.load(_field(builder, data, 0))
    values = [builder.load(_field(builder, data, k)) for k in range(4, len(shared.pointee.elements))]
    builder.branch(again)
    builder.position_at_end(again)
    part = builder.atomic_rmw("add", _field(builder, data, 1), ir.Constant(INT, 1), "monotonic")
    builder.cbranch(builder.icmp_signed("<", part, parts), work, done)
    builder.position_at_end(work)
    callee = context.declare_function(module, fndesc)
    status, _ = context.call_conv.call_function(builder, callee, fndesc.restype, fndesc.argtypes, [part, *values])
    with builder.if_then(status.is_error, likely=False):
        builder.store(status.excinfoptr, _field(builder, data, 3))
        builder.store(status.code, _field(builder, data, 2))
        builder.branch(done)
    builder.branch(again)
    builder.position_at_end(done)
    builder.ret_void()
    return kernel


def _field(builder: ir.IRBuilder, struct: Any, k: int) -> Any:
    return builder.gep(struct, [ir.Constant(CODE, 0), ir.Constant(CODE, k)], inbounds=True)


def _excinfo(context: Any) -> ir.Type:
    """The type of a pointer to what describes an exception."""
    return context.call_conv.get_function_type(types.none, ()).args[1].pointee


def start_threads() -> None:
    """Numba's threads, which machine code refers to by name, once for a process."""
    _launch_threads()
    llvm.add_symbol(BUSY, ctypes.addressof(_taken))
    blas_threads.enable()


def _forked() -> None:
    _taken.value = 1  # for ever


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
