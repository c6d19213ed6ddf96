"""Generated text for Numba as a module of its own: with the decorators that the backend otherwise applies.

>>> print(decorated("import math\\n\\n\\ndef f(x):\\n    return math.exp(x)\\n", Options()), end="")
import math
import numba
<BLANKLINE>
<BLANKLINE>
@numba.njit(error_model='numpy', nogil=True)
def f(x):
    return math.exp(x)
"""

from __future__ import annotations

import ast

from gradgen.run.options import Options


def decorated(text: str, options: Options) -> str:
    """`text` with each of its functions compiled by Numba."""
    lines = text.splitlines()
    nodes = ast.parse(text).body
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    bare = [node for node in nodes if isinstance(node, ast.FunctionDef) and not node.decorator_list]
    for node in reversed(bare):
        parallel = ", parallel=True" if "prange" in (ast.get_source_segment(text, node) or "") else ""
        lines.insert(node.lineno - 1, f"@numba.njit(error_model={options.error_model!r}, nogil=True{parallel})")
    if bare and not any(alias.name == "numba" for node in imports for alias in node.names):
        after = max((node.end_lineno or 0 for node in imports), default=0)
        lines[after:after] = ["import numba"] if imports else ["import numba", "", ""]
    return "\n".join(lines) + "\n"
