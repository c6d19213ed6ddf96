"""Our passes leave a function in Numba's representation as Numba's own do, down to names and the places of `del`."""

from __future__ import annotations

import io

import pytest
from numba import float64, int64
from numba.core import compiler, typed_passes
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import register_pass
from numba.core.registry import cpu_target

from gradgen.run import python_backend
from gradgen.run.numba_compiler import compiler_for
from gradgen.run.options import Options
from gradgen.run.passes import serve

BODIES = {
    "branches": """
    y = 0.0
    if x[0] > 0:
        y = x[1]
        z = x[2]
    elif n > 3:
        z = y = x[3]
    else:
        z = 2
    w = z * y
    y = w + z
    return y, w
""",
    "loops": """
    a, b = np.zeros(n), np.ones(n)
    s = 0.0
    for i in range(n):
        t = s
        for j in range(i, -1, -1):
            a, b = b, a
            if j == 2:
                continue
            if x[j] > 2:
                break
            a[j] += x[i] * b[j] + t
            last = j
        k = 0
        while k < n and s < 5.0:
            s += a[k]
            k += 1 + last
    return a, s, i
""",
    "read_before": """
    s = 0.0
    for i in range(n):
        if x[i] > s:
            before = x[i]
        s += before
    return s
""",
    "one_after_another": """
    s, p, m = 0.0, 1.0, x.shape[0]
    for i in range(m):
        s = s + x[i]
    for i in range(m):
        p = p * s
        p = p + 1.0
        s = s - x[i] * p
    if p > 1.0:
        for i in range(m):
            s += p
            p = x[i] if s > 1.0 else -p
    x[1:] = x[:-1] * x[1:] + s
    if m < 2:
        raise ValueError("short")
    return s, (p, m)[0], -x * s + p
""",
}


class Seen(Exception):
    """The representation has been read, and no machine code is asked for."""


def representation(body: str, options: Options) -> str:
    (function,) = python_backend.load(f"import numpy as np\n\n\ndef f(x, n):{body}", "<passes>", ["f"])
    assert serve(function)
    seen = io.StringIO()

    class Compiler(compiler_for(options, "inner")):
        def define_pipelines(self):
            (pipeline,) = super().define_pipelines()
            at = next(
                k for k, (one, _) in enumerate(pipeline.passes) if issubclass(one, typed_passes.BaseNativeLowering)
            )
            pipeline.passes[at:] = [(Read, "read")]
            pipeline.finalize()
            return [pipeline]

    @register_pass(mutates_CFG=False, analysis_only=True)
    class Read(typed_passes.AnnotateTypes):
        _name = f"read {id(seen)}"

        def run_pass(self, state):
            state.func_ir.dump(seen)
            print(*sorted((name, str(one)) for name, one in state.typemap.items()), sep="\n", file=seen)
            raise Seen

    flags = compiler.Flags()
    flags.nrt = True
    with pytest.raises(Seen), global_compiler_lock:
        compiler.compile_extra(
            cpu_target.typing_context, cpu_target.target_context, function,
            (float64[::1], int64), None, flags, {}, pipeline_class=Compiler,
        )  # fmt: skip
    return seen.getvalue()


@pytest.mark.parametrize("name", BODIES)
def test_the_representation_is_that_of_numbas_passes(name: str) -> None:
    ours, theirs = (representation(BODIES[name], Options(linear_passes=on)) for on in (True, False))
    assert ours == theirs
    assert "del " in ours
    assert "phi" in ours or ".1" in ours
