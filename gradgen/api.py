"""`grad` and `value_and_grad`, and the objects that they make of a function.

Does not know how a gradient is compiled (`pipeline`), nor how a call finds what was compiled (`run`).
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable
from os import PathLike
from typing import Any, Generic, ParamSpec, TypedDict, TypeVar, Unpack, overload

from gradgen.errors import ArgumentError
from gradgen.infer.select import select
from gradgen.ir.interface import Staged
from gradgen.run.dispatch import Dispatcher
from gradgen.run.options import ErrorModel, Options, chosen
from gradgen.target import Cache, Target
from gradgen.views.source import Source, source
from gradgen.views.standalone import standalone

P = ParamSpec("P")
R = TypeVar("R")

DEFAULT = Options()


class Gradient(Generic[P, R]):
    """A function's gradient, to be called like the function. It is compiled at the first call of each signature."""

    form = "grad"
    primal: Callable[P, R]
    """The undecorated function."""
    __wrapped__: Callable[P, R]
    __name__: str
    __qualname__: str

    def __new__(cls, *args: Any, **kwargs: Any) -> Gradient[P, R]:
        # A class for each object: its `__call__` is a function made for it alone, which saves a step a call.
        own = {"__slots__": (), "__doc__": cls.__doc__, "__module__": __name__}
        return super().__new__(type(cls.__name__, (cls,), own))

    def __init__(
        self,
        function: Callable[P, R],
        argnums: Any = 0,
        *,
        has_aux: bool = False,
        jit: bool = False,
        options: Options = DEFAULT,
        skip: int = 0,
    ):
        _check_function(function, self.form)
        functools.update_wrapper(self, function, updated=())
        self.primal = function
        self._argnums, self._has_aux, self._skip = argnums, has_aux, skip
        self._jit, self._options = jit, options
        name = getattr(function, "__name__", None) or type(function).__name__
        parameters = _signature(function)
        selection = select(argnums, parameters, name, skip)
        self._target = Target(function, parameters, selection, has_aux, jit, options, name)
        self._dispatcher = self._made(self.form, self._install)

    def _made(self, form: str, install: Callable[[Callable[..., Any]], None]) -> Dispatcher:
        target = self._target
        compile = functools.partial(target.compile, form)
        return Dispatcher(target.name, target.signature, target.describe, compile, install, target.first_call)

    def _install(self, call: Callable[..., Any]) -> None:
        type(self).__call__ = staticmethod(call)  # type: ignore[method-assign]

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        """The gradient, or the value and the gradient."""
        raise NotImplementedError  # each object's class has its own

    @functools.cached_property
    def value_and_grad(self) -> ValueAndGradient[P, R]:
        """The same for value and gradient together."""
        return self if isinstance(self, ValueAndGradient) else self._with(ValueAndGradient)

    @functools.cached_property
    def grad(self) -> Gradient[P, R]:
        """The same for the gradient alone."""
        return self._with(Gradient) if isinstance(self, ValueAndGradient) else self

    def _with(self, kind: Any, **changes: Any) -> Any:
        same = {"has_aux": self._has_aux, "jit": self._jit, "options": self._options, "skip": self._skip}
        return kind(self.primal, self._argnums, **{**same, **changes})

    @functools.cached_property
    def forward(self) -> Callable[P, tuple[R, Any]]:
        """The function to the value and the cache that `backward` needs."""
        holder: Any = type("forward", (_Callable,), {})()
        self._made("forward", holder.install)
        return holder

    def backward(self, cache: Any, upstream: Any = 1.0) -> Any:
        """The gradients, times `upstream`, from the cache of a call of `forward`."""
        if not isinstance(cache, Cache):
            found = type(cache).__name__
            raise ArgumentError(
                f"backward takes the cache of forward, not {found}", way_out="value, cache = f.forward(...)"
            )
        return cache.backward(cache, upstream)

    def source(self, /, *args: P.args, **kwargs: P.kwargs) -> str:
        """The text of the forward and backward functions.

        For the arguments given; without any for those of the last call, else for what annotations and defaults
        tell, else for Python floats.
        """
        return self._source(*args, **kwargs).text

    @property
    def forward_source(self) -> str:
        """The text of the forward function, for the signature that `source()` shows."""
        return self._source().forward

    @property
    def backward_source(self) -> str:
        """The text of the backward function, for the signature that `source()` shows."""
        return self._source().backward

    def _source(self, /, *args: Any, **kwargs: Any) -> Source:
        return source(self._target, args, kwargs)

    def export(self, path: str | PathLike[str], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Write a module with the forward, backward and value_and_grad functions, which runs without gradgen.

        For the signature that `source(*args, **kwargs)` shows.
        """
        text = standalone(self._target, args, kwargs)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def __gradgen_staged__(self, trees: dict[str, Any]) -> Staged:
        """This derivative as a program, for derivatives of it and for differentiated functions that call it."""
        from gradgen.pipeline import staged_derivative

        return staged_derivative(self.primal, trees, *self._target.derivative(trees), self.form, self._has_aux)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """As a method: positions in argnums then count from the parameter after `self`."""
        return self if instance is None else BoundGradient(self._method, instance)

    @functools.cached_property
    def _method(self) -> Any:
        return self._with(_KINDS[self.form], skip=1)

    def __reduce__(self) -> Any:
        """By name where the name leads here; else made anew from the function and the options."""
        found: Any = sys.modules.get(self.__module__)
        for part in self.__qualname__.split("."):
            found = getattr(found, part, None)
        if found is self:
            return self.__qualname__
        options = (self._argnums, self._has_aux, self._jit, self._options, self._skip)
        return _remade, (self.form, self.primal, *options)

    def __repr__(self) -> str:
        options = f"argnums={'...' if self._argnums is Ellipsis else repr(self._argnums)}"
        options += ", has_aux=True" * self._has_aux + ", jit=True" * self._jit
        options += ", " * bool(self._options.tag) + self._options.tag
        return f"<{self.form} of {self.__module__}.{self.__qualname__}, {options}>"


class ValueAndGradient(Gradient[P, R]):
    """A function's value and gradient, to be called like the function."""

    form = "value_and_grad"

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> tuple[R, Any]:
        """The value and the gradient."""
        raise NotImplementedError  # each object's class has its own


_KINDS: dict[str, Any] = {kind.form: kind for kind in (Gradient, ValueAndGradient)}


class BoundGradient:
    """A decorated method of an instance."""

    def __init__(self, gradient: Gradient[..., Any], instance: Any):
        self.__func__, self.__self__ = gradient, instance
        self.__wrapped__ = types.MethodType(gradient.primal, instance)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self.__func__(self.__self__, *args, **kwargs)

    @property
    def primal(self) -> Callable[..., Any]:
        return self.__wrapped__

    @property
    def value_and_grad(self) -> BoundGradient:
        return BoundGradient(self.__func__.value_and_grad, self.__self__)

    @property
    def grad(self) -> BoundGradient:
        return BoundGradient(self.__func__.grad, self.__self__)

    def forward(self, /, *args: Any, **kwargs: Any) -> Any:
        return self.__func__.forward(self.__self__, *args, **kwargs)

    def backward(self, cache: Any, upstream: Any = 1.0) -> Any:
        return self.__func__.backward(cache, upstream)

    def source(self, /, *args: Any, **kwargs: Any) -> str:
        return self.__func__.source(self.__self__, *args, **kwargs)

    @property
    def forward_source(self) -> str:
        return self.__func__.forward_source

    @property
    def backward_source(self) -> str:
        return self.__func__.backward_source

    def export(self, path: str | PathLike[str], /, *args: Any, **kwargs: Any) -> None:
        self.__func__.export(path, self.__self__, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<{self.__func__!r} of {self.__self__!r}>"


class _Callable:
    """An object whose class is its own, so that a function can be its `__call__`."""

    __call__: Callable[..., Any]

    def install(self, call: Callable[..., Any]) -> None:
        type(self).__call__ = staticmethod(call)  # type: ignore[method-assign]


def _check_function(function: Any, form: str) -> None:
    if isinstance(function, staticmethod | classmethod):
        kind = type(function).__name__
        raise ArgumentError(f"the gradient of a {kind}", way_out=f"put @{kind} above, and @{form} below it")
    if not callable(function):
        raise ArgumentError(f"{form} takes a function, not {function!r}", way_out=f"{form}(f, argnums=...)")


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """The parameters of a function itself, not of one that it names as wrapped; a derivative has its primal's."""
    while isinstance(function, Gradient):
        function = function.primal
    try:
        return inspect.signature(function, follow_wrapped=False)
    except (ValueError, TypeError):
        # A builtin that does not tell: the first call says what is wrong with it.
        return inspect.signature(lambda *args, **kwargs: None)


def _remade(
    form: str, function: Callable[..., Any], argnums: Any, has_aux: bool, jit: bool, options: Options, skip: int
) -> Any:
    return _KINDS[form](function, argnums, has_aux=has_aux, jit=jit, options=options, skip=skip)


class _Compiling(TypedDict, total=False):
    """The options of `grad` that say how the text is compiled."""

    jit: bool
    reassociate: bool
    error_model: ErrorModel
    parallel: bool


@overload
def grad(
    function: Callable[P, R], argnums: Any = 0, *, has_aux: bool = False, **compiling: Unpack[_Compiling]
) -> Gradient[P, R]: ...
@overload
def grad(
    function: None = None, argnums: Any = 0, *, has_aux: bool = False, **compiling: Unpack[_Compiling]
) -> Callable[[Callable[P, R]], Gradient[P, R]]: ...
def grad(
    function: Any = None,
    argnums: Any = 0,
    *,
    has_aux: bool = False,
    jit: bool = False,
    reassociate: bool = True,
    error_model: ErrorModel = "numpy",
    parallel: bool = False,
) -> Any:
    """The gradient of a function that returns a real scalar; a decorator, bare or with options, or a function.

    argnums: what to differentiate: a position or a name, which gives one gradient; a tuple of these, which gives a
        tuple of gradients; `...` for all parameters that hold floats.
    has_aux: the function returns (value, aux), and the call (gradient, aux).
    jit: compile with Numba. The options that follow are of compiled code.
    reassociate: terms of a sum may be added in another order, as `np.sum` does, so that several are added at once,
        products that a loop adds up need not be rounded before, and an exponential of a sum may be a product of such.
    error_model: "numpy": a division by zero gives inf or NaN. "python": it raises ZeroDivisionError, also that of an
        array's element; it is slower.
    parallel: loops whose iterations do not need one another are shared out among threads, where there is enough to do.
        The result is the same from run to run, with any number of threads.

    >>> import numpy as np
    >>> slopes = grad(lambda x: np.sum(x ** 3), jit=True, parallel=True)(np.ones(1_000_000))
    >>> print(slopes.min(), slopes.max())
    3.0 3.0

    The gradient by a complex number z = a + 1j * b is df/da - 1j * df/db, as in JAX:

    >>> grad(lambda z: (z ** 2).real)(3 + 4j)
    (6+8j)
    """
    options = chosen(reassociate, error_model, parallel, jit)
    return _decorated("grad", function, argnums, has_aux, jit, options)


@overload
def value_and_grad(
    function: Callable[P, R], argnums: Any = 0, *, has_aux: bool = False, **compiling: Unpack[_Compiling]
) -> ValueAndGradient[P, R]: ...
@overload
def value_and_grad(
    function: None = None, argnums: Any = 0, *, has_aux: bool = False, **compiling: Unpack[_Compiling]
) -> Callable[[Callable[P, R]], ValueAndGradient[P, R]]: ...
def value_and_grad(
    function: Any = None,
    argnums: Any = 0,
    *,
    has_aux: bool = False,
    jit: bool = False,
    reassociate: bool = True,
    error_model: ErrorModel = "numpy",
    parallel: bool = False,
) -> Any:
    """As `grad`, for the value together with the gradient: (value, gradient), or ((value, aux), gradient)."""
    options = chosen(reassociate, error_model, parallel, jit)
    return _decorated("value_and_grad", function, argnums, has_aux, jit, options)


def _decorated(form: str, function: Any, argnums: Any, has_aux: bool, jit: bool, options: Options) -> Any:
    def decorate(function: Any) -> Any:
        return _KINDS[form](function, argnums, has_aux=has_aux, jit=jit, options=options)

    return decorate if function is None else decorate(function)
