"""NPBench's kernels differentiated by DaCe, where it is installed: the sum of the outputs by all arrays.

Its automatic differentiation is in its development version, https://github.com/spcl/dace, and in no release that
PyPI has. It differentiates the suite's own form for DaCe, without its transformations for speed but those that come by
themselves, keeps all that it needs (its default), and is told by no test whether it is right: `npbench_times.py` prints
how far it is from gradgen. Scalars have no gradient there.
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.npbench import load, outputs_of, source_of

Call = Callable[..., Any]


def by_dace(suite: Path, info: dict[str, Any], function: Call, arguments: dict[str, Any], argnums: Any) -> Call | None:
    """The gradient by the arguments in `argnums`, None for those that are no arrays. None where there is no DaCe.

    Its first call raises NotImplementedError where DaCe does not differentiate the kernel, or its C++ does not compile.
    """
    path = source_of(suite, info, "dace")
    try:
        import dace
        import dace.autodiff
    except ImportError:
        return None
    if not path.exists():
        return None
    folder = Path(tempfile.mkdtemp())
    dace.Config.set("default_build_folder", value=str(folder))
    numpy_form = load(source_of(suite, info, "numpy"), f"npbench_{info['module_name']}_outputs")
    count, outputs = outputs_of(numpy_form, info, arguments)
    text, names = summed(path.read_text(), info["func_name"], count, outputs)
    if not set(names) <= set(arguments):
        raise NotImplementedError("the form for DaCe has other arguments")
    written = folder / f"summed_{info['module_name']}.py"
    written.write_text(text)
    wanted = [name for k, name in enumerate(arguments) if k in argnums and isinstance(arguments[name], np.ndarray)]
    places = [name for name in arguments if name in names]
    compiled: list[tuple[Call, dict[str, Any], dict[str, Any]]] = []

    def gradient(*given: Any) -> Any:
        if not compiled:
            compiled.append(differentiated(written, {name: arguments[name] for name in places}, wanted, arguments))
        call, adjoints, sizes = compiled[0]
        for name in adjoints:
            adjoints[name][...] = name == "gradient___return"
        call(**{n: value for n, value in zip(arguments, given, strict=True) if n in names}, **adjoints, **sizes)
        return [adjoints.get(f"gradient_{name}") for k, name in enumerate(arguments) if k in argnums]

    return gradient


def differentiated(
    path: Path, given: dict[str, Any], wanted: list[str], arguments: dict[str, Any]
) -> tuple[Call, dict[str, Any], dict[str, Any]]:
    """`summed` of a file, compiled with its gradient; room for adjoints; the sizes that it is to be called with."""
    import dace
    from dace.autodiff import AutoDiffException, add_backward_pass
    from dace.libraries import blas

    if blas.environments.OpenBLAS.is_installed():
        blas.default_implementation = "OpenBLAS"
    refusals = (
        AutoDiffException,
        dace.codegen.exceptions.CompilationError,
        dace.frontend.python.common.DaceSyntaxError,
        dace.sdfg.validation.InvalidSDFGError,
        SyntaxError,
    )
    try:
        graph = load(path, path.stem).summed.to_sdfg(simplify=True)
        add_backward_pass(sdfg=graph, inputs=[name for name in wanted if name in given], outputs=["__return"])
        compiled = graph.compile()
    except refusals as refusal:
        raise NotImplementedError(f"{type(refusal).__name__}: {refusal}") from refusal
    adjoints = {f"gradient_{name}": np.zeros_like(given[name]) for name in wanted if name in given}
    adjoints["gradient___return"] = np.ones(1)
    sizes = {name: value for name, value in arguments.items() if name in graph.free_symbols and name not in given}
    sizes |= dace.frontend.python.parser.infer_symbols_from_datadescriptor(graph, given)
    return compiled, adjoints, sizes


def summed(text: str, kernel: str, count: int, outputs: list[tuple[str, Any]]) -> tuple[str, list[str]]:
    """The suite's text and, behind it, a program `summed` of the kernel's arguments; and their names.

    Symbols that no argument's size tells are handed on.

    >>> text = "@dc.program\\ndef kernel(A: dc.float64[N]):\\n    A += 1\\n"
    >>> print(summed(text, "kernel", 0, [("A", np.zeros(3))])[0])
    @dc.program
    def kernel(A: dc.float64[N]):
        A += 1
    <BLANKLINE>
    <BLANKLINE>
    @dc.program
    def summed(A: dc.float64[N]):
        kernel(A)
        return np.sum(A)
    <BLANKLINE>
    """
    program = next(d for d in ast.parse(text).body if isinstance(d, ast.FunctionDef) and d.name == kernel)
    names = [given.arg for given in program.args.args]
    sizes = {node.id for node in ast.walk(program.args) if isinstance(node, ast.Name)}
    used = [node for s in program.body for node in ast.walk(s) if isinstance(node, ast.Name)]
    own = {node.id for node in used if isinstance(node.ctx, ast.Store)}
    others = {node.id for node in used} & _symbols(text) - sizes - own - set(names)
    passed = [*names, *(f"{name}={name}" for name in sorted(others))]
    results = [f"result_{k}" for k in range(count)]
    made = f"{', '.join(results)} = " if results else ""
    called = [*results, *(name for name, _ in outputs[count:])]
    terms = [
        name if np.ndim(value) == 0 else f"np.sum({name})" for name, (_, value) in zip(called, outputs, strict=True)
    ]
    body = f"    {made}{kernel}({', '.join(passed)})\n    return {' + '.join(terms)}\n"
    return f"{text}\n\n@dc.program\ndef summed({ast.unparse(program.args)}):\n{body}", names


def _symbols(text: str) -> set[str]:
    """What a text binds to symbols of DaCe."""
    bound = (s for s in ast.parse(text).body if isinstance(s, ast.Assign) and "symbol(" in ast.unparse(s.value))
    return {node.id for s in bound for target in s.targets for node in ast.walk(target) if isinstance(node, ast.Name)}
