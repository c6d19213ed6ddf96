"""From a program to its gradient: reverse mode (`gradient`, `pair`) and forward mode (`jvp`)."""

from gradgen.differentiate.batching import batch_products
from gradgen.differentiate.forms import gradient, pair
from gradgen.differentiate.forward import jvp
from gradgen.differentiate.masked import choose_masked
from gradgen.differentiate.overflowing import let_overflow
from gradgen.differentiate.tabled import tabulate_exponentials
from gradgen.differentiate.unbound import ask_for_values

__all__ = [
    "ask_for_values",
    "batch_products",
    "choose_masked",
    "gradient",
    "jvp",
    "let_overflow",
    "pair",
    "tabulate_exponentials",
]
