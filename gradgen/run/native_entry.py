"""The machine code by which Python calls a compiled function: it recognises the arguments, calls, makes the result.

Numba's own takes what its dispatcher has looked at, and makes an array in five times NumPy's time. This one compares
class, dtype, rank, layout and sizes itself, a few instructions each. What does not fit it hands on to what comes next.
What it compares with is data, its `owner`, so that code from disk serves any process.

Does not look at keywords, nor at whether arguments share memory.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.callwrapper import PyCallWrapper
from numba.np.arrayobj import get_itemsize, make_array, populate_array
from numba.np.numpy_support import as_dtype

from gradgen.run.entries import HEAD, WORD, entry_name

BYTE, FLAG, INT = ir.IntType(8), ir.IntType(32), ir.IntType(64)
POINTER = BYTE.as_pointer()
# Where CPython and NumPy keep things, in bytes.
CLASS, ITEMS, MEMINFO = HEAD - WORD, tuple.__basicsize__, HEAD
DATA, RANK, SHAPE, STRIDES, BASE, DTYPE, FLAGS = (HEAD + k * WORD for k in range(7))
PLAIN = 0x1 | 0x100 | 0x400  # `flags.carray`: contiguous, aligned, writeable
# The owner's items: what is called with other arguments; for each axis of an array, and then for each whole number, two
# bounds, the number of the first one of its name, and how much larger than that it is; the class of what owns memory of
# Numba's; for each argument its class and its dtype.
NEXT, BOUNDS, MEMORY, ARGUMENTS = range(4)


class NativeEntry(PyCallWrapper):
    """Writes the entry of `func`, which is declared in `module`."""

    def build(self) -> None:
        object_type = self.context.get_argument_type(types.pyobject)
        kind = ir.FunctionType(object_type, [object_type, object_type.as_pointer(), INT, object_type])
        function = ir.Function(self.module, kind, entry_name(self.fndesc))
        self.builder = builder = ir.IRBuilder(function.append_basic_block("entry"))
        self.api = self.context.get_python_api(builder)
        self.owner, args, count, keywords = function.args
        self.other = function.append_basic_block("other")
        with builder.goto_block(self.other):
            call = self._python_function("PyObject_Vectorcall", kind)
            builder.ret(builder.call(call, [self._owned(NEXT), args, count, keywords]))
        argtypes = self.fndesc.argtypes
        self._require("==", count, INT(len(argtypes)))
        self._require("==", keywords, keywords.type(None))
        self.sizes: list[Any] = []  # of axes, and then whole numbers
        self.bounds = self._load(self._owned(BOUNDS), DATA, POINTER)
        given = [builder.load(builder.gep(args, [INT(k)])) for k in range(len(argtypes))]
        for k, (one, argtype) in enumerate(zip(given, argtypes, strict=True)):
            self._require("==", self._load(one, CLASS, POINTER), self._owned(ARGUMENTS + 2 * k))
            if isinstance(argtype, types.Array):
                self._require("==", self._load(one, DTYPE, POINTER), self._owned(ARGUMENTS + 2 * k + 1))
                self._recognise(one, argtype.ndim)
        native = [self._native(*pair) for pair in zip(given, argtypes, strict=True)]
        self.sizes += [one for one, argtype in zip(native, argtypes, strict=True) if argtype == types.int64]
        self._require_equal()
        self._call(native)

    def _recognise(self, array: Any, rank: int) -> None:
        self._require("==", self._load(array, RANK, FLAG), FLAG(rank))
        self._require("==", self.builder.and_(self._load(array, FLAGS, FLAG), FLAG(PLAIN)), FLAG(PLAIN))
        shape = self._load(array, SHAPE, POINTER)
        for axis in range(rank):
            size = self._load(shape, WORD * axis, INT)
            low, high = (self._bound(len(self.sizes), k) for k in range(2))
            self._require(">=", size, low)
            self._require("<=", size, high)
            # Among small sizes 1 is none.
            one, only = (self.builder.icmp_signed("==", size, INT(1)) for size in (size, high))
            self._require("==", one, only)
            self.sizes.append(size)

    def _require_equal(self) -> None:
        """Sizes, and whole numbers, of one name are as large as the first of it says."""
        kept = self.builder.alloca(INT, size=len(self.sizes) or 1)
        for k, size in enumerate(self.sizes):
            self.builder.store(size, self.builder.gep(kept, [INT(k)]))
        for k, size in enumerate(self.sizes):
            first = self.builder.load(self.builder.gep(kept, [self._bound(k, 2)]))
            self._require("==", size, self.builder.add(first, self._bound(k, 3)))

    def _bound(self, number: int, which: int) -> Any:
        return self._load(self.bounds, WORD * (4 * number + which), INT)

    def _native(self, given: Any, argtype: Any) -> Any:
        if isinstance(argtype, types.Array):
            return self._array(given, argtype)
        native = self.api.to_native_value(argtype, given)
        with self.builder.if_then(native.is_error, likely=False):
            self.builder.ret(self.api.get_null_object())
        return native.value

    def _array(self, given: Any, argtype: types.Array) -> Any:
        """The caller holds the array while the function runs."""
        shape, strides = (self._load(given, at, POINTER) for at in (SHAPE, STRIDES))
        made = make_array(argtype)(self.context, self.builder)
        element = self.context.get_data_type(argtype.dtype).as_pointer()
        populate_array(
            made,
            data=self.builder.bitcast(self._load(given, DATA, POINTER), element),
            shape=[self._load(shape, WORD * axis, INT) for axis in range(argtype.ndim)],
            strides=[self._load(strides, WORD * axis, INT) for axis in range(argtype.ndim)],
            itemsize=INT(get_itemsize(self.context, argtype)),
            meminfo=None,
            parent=given,
        )
        return made._getvalue()

    def _call(self, given: list[Any]) -> None:
        builder, api, convention = self.builder, self.api, self.context.call_conv
        restype, argtypes = self.fndesc.restype, self.fndesc.argtypes
        self.manager = self.get_env(api, builder)
        state = api.save_thread() if self.release_gil else None
        status, made = convention.call_function(builder, self.func, restype, argtypes, given, attrs=("noinline",))
        if state is not None:
            api.restore_thread(state)
        with builder.if_then(status.is_ok, likely=True):
            with builder.if_then(status.is_none):
                api.return_none()
            builder.ret(self._boxed(self._simplified_return_type(), made))
        convention.raise_error(builder, api, status)
        builder.ret(api.get_null_object())

    def _boxed(self, kind: Any, value: Any) -> Any:
        """The object for a value, whose memory it takes over; null where there is none."""
        if isinstance(kind, types.Tuple | types.UniTuple):
            return self._tuple(list(kind), value)
        if isinstance(kind, types.Array) and kind.mutable and kind.ndim:
            return self._new_array(kind, value)
        return self.api.from_native_return(kind, value, self.manager)

    def _tuple(self, kinds: list[Any], value: Any) -> Any:
        builder, api = self.builder, self.api
        items = [self._boxed(kind, builder.extract_value(value, k)) for k, kind in enumerate(kinds)]
        made = api.tuple_new(len(items))
        whole = ir.Constant(ir.IntType(1), 1)
        for k, item in enumerate(items):
            whole = builder.and_(whole, builder.icmp_unsigned("!=", item, item.type(None)))
            api.tuple_setitem(made, k, item)
        with builder.if_then(builder.not_(whole), likely=False):
            api.decref(made)
            builder.ret(api.get_null_object())
        return made

    def _new_array(self, kind: types.Array, value: Any) -> Any:
        """An array of NumPy's whose base owns the memory; of an argument's memory, the argument does."""
        builder, api = self.builder, self.api
        native = make_array(kind)(self.context, builder, value=value)
        parent = builder.bitcast(native.parent, api.pyobj)
        base = builder.alloca(api.pyobj)
        builder.store(parent, base)
        own = builder.icmp_unsigned("!=", native.meminfo, native.meminfo.type(None))
        with builder.if_else(own, likely=True) as (owned, borrowed):
            with owned:
                new = self._python_function("_PyObject_New", ir.FunctionType(api.pyobj, [POINTER]))
                memory = builder.call(new, [self._owned(MEMORY)])
                self._return_null_for(memory)
                self._store(native.meminfo, memory, MEMINFO)
                builder.store(memory, base)
            with borrowed:
                api.incref(parent)
        made = self._of_numpy(kind, native)
        self._return_null_for(made, builder.load(base))
        self._store(builder.load(base), made, BASE)
        return made

    def _of_numpy(self, kind: types.Array, native: Any) -> Any:
        builder, first = self.builder, [FLAG(0), FLAG(0)]
        shape, strides = (builder.gep(native._get_ptr_by_name(name), first) for name in ("shape", "strides"))
        if kind.layout == "C":
            strides = strides.type(None)
        args = [FLAG(kind.ndim), shape, strides, builder.bitcast(native.data, POINTER)]
        args += [FLAG(as_dtype(kind.dtype).num), FLAG(0)]
        function = ir.FunctionType(self.api.pyobj, [one.type for one in args])
        return builder.call(self._python_function("numba_ndarray_new", function), args)

    def _return_null_for(self, made: Any, *held: Any) -> None:
        with self.builder.if_then(self.builder.icmp_unsigned("==", made, made.type(None)), likely=False):
            for one in held:
                self.api.decref(one)
            self.builder.ret(self.api.get_null_object())

    def _require(self, comparison: str, one: Any, other: Any) -> None:
        fits = self.builder.append_basic_block("fits")
        self.builder.cbranch(self.builder.icmp_signed(comparison, one, other), fits, self.other)
        self.builder.position_at_end(fits)

    def _owned(self, index: int) -> Any:
        return self._load(self.owner, ITEMS + WORD * index, POINTER)

    def _place(self, base: Any, offset: int, kind: Any) -> Any:
        place = self.builder.gep(self.builder.bitcast(base, POINTER), [INT(offset)])
        return self.builder.bitcast(place, kind.as_pointer())

    def _load(self, base: Any, offset: int, kind: Any) -> Any:
        return self.builder.load(self._place(base, offset, kind))

    def _store(self, value: Any, base: Any, offset: int) -> None:
        self.builder.store(value, self._place(base, offset, value.type))

    def _python_function(self, name: str, kind: ir.FunctionType) -> Any:
        return self.api._get_function(kind, name)
