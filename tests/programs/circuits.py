"""The circuits of the CS231n notes on backpropagation, with the numbers of the notes."""

import math

import numpy as np

from tests.support.table import case, program


def staged(x, y):
    sigy = 1.0 / (1 + math.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + math.exp(-x))
    xpy = x + y
    xpysqr = xpy ** 2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    return f


def one_expression(x, y):
    return (x + 1.0 / (1 + math.exp(-y))) / (1.0 / (1 + math.exp(-x)) + (x + y) ** 2)


def staged_numpy(x, y):
    sigy = 1.0 / (1 + np.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + np.exp(-x))
    xpy = x + y
    xpysqr = xpy ** 2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    return f


def one_expression_numpy(x, y):
    return (x + 1.0 / (1 + np.exp(-y))) / (1.0 / (1 + np.exp(-x)) + (x + y) ** 2)


def _lecture(x, y):
    """Value and gradients by the lecture's own backward pass, written out by hand."""
    sigx, sigy = 1 / (1 + math.exp(-x)), 1 / (1 + math.exp(-y))
    num, xpy = x + sigy, x + y
    den = sigx + xpy**2
    dnum, dden = 1 / den, -num / den**2
    dx = dnum + dden * (2 * xpy + sigx * (1 - sigx))
    dy = dnum * sigy * (1 - sigy) + dden * 2 * xpy
    return num / den, (dx, dy)


def lecture(x, y):
    value, gradient = _lecture(x, y)
    return case(x, y, value=value, gradient=gradient)


def product_of_sum(x, y, z):
    q = x + y
    f = q * z
    return f


def product_of_sum_in_one(x, y, z):
    return (x + y) * z


def neuron(w, x):
    dot = w[0] * x[0] + w[1] * x[1] + w[2]
    f = 1.0 / (1 + math.exp(-dot))
    return f


def neuron_of_scalars(w0, x0, w1, x1, w2):
    return 1 / (1 + math.exp(-(w0 * x0 + w1 * x1 + w2)))


def max_gate(x, y, z, w):
    """The notes' example of patterns in backward flow: 2 * (x * y + max(z, w))."""
    return 2 * (x * y + max(z, w))


def max_alone(x, y):
    return max(x, y)


def squared_norm(W, x):
    q = W.dot(x)
    f = np.sum(q ** 2)
    return f


def squared_norm_elementwise(W, x):
    q = W @ x
    return np.sum(np.square(q))


def two_layers(W1, W2, x):
    h = np.maximum(0, W1 @ x)
    s = W2 @ h
    return s.sum()


def two_layers_loss(W1, b1, W2, b2, x, target):
    h = np.maximum(0, W1 @ x + b1)
    s = W2 @ h + b2
    return np.sum((s - target) ** 2)


# The notes round to two digits: w = (2, -3, -3), x = (-1, -2), f = 0.73 and (1 - f) * f = 0.20.
_F = 1 / (1 + math.exp(-1.0))
_LOCAL = (1 - _F) * _F
_W = np.array([2.0, -3.0, -3.0])
_X = np.array([-1.0, -2.0])
# The notes' vectorised example: W = ((0.1, 0.5), (-0.3, 0.8)), x = (0.2, 0.4): q = (0.22, 0.26), f = 0.116.
_W2 = np.array([[0.1, 0.5], [-0.3, 0.8]])
_X2 = np.array([0.2, 0.4])
_Q2 = _W2 @ _X2
_NORM = case(_W2, _X2, value=0.1160, gradient=(2 * np.outer(_Q2, _X2), 2 * _W2.T @ _Q2))
_RNG = np.random.default_rng(231)
_LAYERS = (_RNG.standard_normal((5, 3)), _RNG.standard_normal((2, 5)), _RNG.standard_normal(3))
_LOSS = (_LAYERS[0], _RNG.standard_normal(5), _LAYERS[1], _RNG.standard_normal(2), _LAYERS[2], np.array([1.0, -1.0]))

PROGRAMS = [
    program(staged, lecture(3, -4), lecture(3.0, -4.0), lecture(-0.3, 2.5), argnums=("x", "y"), pair=True),
    program(staged, (3.0, -4.0), (0.1, 0.2), second_order=True),
    program(one_expression, lecture(3, -4), lecture(0.5, 0.25), argnums=("x", "y"), rtol=1e-6),
    program(staged_numpy, lecture(3, -4), lecture(1.5, -0.5), argnums=("x", "y"), pair=True),
    program(staged_numpy, (3.0, -4.0), analytic=True),
    program(one_expression_numpy, lecture(3, -4), lecture(-2.0, 1.0), argnums=("x", "y")),
    program(one_expression_numpy, (np.float64(3.0), np.float64(-4.0)), analytic=True),
    program(product_of_sum, case(-2, 5, -4, value=-12, gradient=(-4, -4, 3)), argnums=(0, 1, 2), pair=True),
    program(product_of_sum, case(-2.0, 5.0, -4.0, value=-12.0, gradient=(-4.0, -4.0, 3.0))),
    program(product_of_sum_in_one, case(-2.0, 5.0, -4.0, value=-12.0, gradient=(-4.0, -4.0, 3.0))),
    program(
        neuron,
        case(_W, _X, value=_F, gradient=(np.array([-1.0, -2.0, 1.0]) * _LOCAL, np.array([2.0, -3.0]) * _LOCAL)),
        case(
            [2.0, -3.0, -3.0],
            [-1.0, -2.0],
            gradient=([-_LOCAL, -2 * _LOCAL, _LOCAL], [2 * _LOCAL, -3 * _LOCAL]),
        ),
    ),
    program(
        neuron_of_scalars,
        case(2.0, -1.0, -3.0, -2.0, -3.0, gradient=(-_LOCAL, 2 * _LOCAL, -2 * _LOCAL, -3 * _LOCAL, _LOCAL)),
    ),
    program(max_gate, case(3.0, -4.0, 2.0, -1.0, value=-20.0, gradient=(-8.0, 6.0, 2.0, 0.0))),
    # The first among equals.
    program(
        max_alone,
        case(1.0, 2.0, gradient=(0.0, 1.0)),
        case(2.0, 1.0, gradient=(1.0, 0.0)),
        case(1.5, 1.5, gradient=(1.0, 0.0)),
    ),
    program(squared_norm, _NORM, pair=True),
    program(squared_norm_elementwise, _NORM),
    program(two_layers, _LAYERS, pair=True),
    program(two_layers_loss, _LOSS),
]
