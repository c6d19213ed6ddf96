"""The function of the CS231n notes on backpropagation: its gradient, and the backward pass as text."""

import math

from gradgen import value_and_grad


# fmt: off
@value_and_grad(argnums=("x", "y"))
def f(x, y):
    sigy = 1.0 / (1 + math.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + math.exp(-x))
    xpy = x + y
    xpysqr = xpy ** 2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    return f
# fmt: on


def main() -> None:
    value, (dx, dy) = f(3, -4)
    print(f"f(3, -4) = {value:.6f}, df/dx = {dx:.6f}, df/dy = {dy:.6f}\n")
    print(f.source())


if __name__ == "__main__":
    main()
