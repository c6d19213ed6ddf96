"""Fitting a differential equation: hares and lynxes, from the Hudson's Bay Company's furs of 1900 to 1920.

Lotka and Volterra's equations, by Runge and Kutta's method in a plain loop; the gradient goes backward
through every step of it. The start and the four rates are fitted, all of them as logarithms.
"""

import numpy as np
from scipy.optimize import minimize

from gradgen import value_and_grad

# Thousands of pelts a year.
HARES = [30, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22, 25.4, 27.1, 40.3, 57, 76.6, 52.3, 19.5, 11.2, 7.6, 14.6,
         16.2, 24.7]  # fmt: skip
LYNXES = [4, 6.1, 9.8, 35.2, 59.4, 41.7, 19, 13, 8.3, 9.1, 7.4, 8, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7, 10.1,
          8.6]  # fmt: skip
STEPS = 20  # a year


# fmt: off
def slope(h, p, a, b, c, d):
    return h * (a - b * p), p * (d * h - c)


def step(h, p, a, b, c, d, dt):
    h1, p1 = slope(h, p, a, b, c, d)
    h2, p2 = slope(h + dt / 2 * h1, p + dt / 2 * p1, a, b, c, d)
    h3, p3 = slope(h + dt / 2 * h2, p + dt / 2 * p2, a, b, c, d)
    h4, p4 = slope(h + dt * h3, p + dt * p3, a, b, c, d)
    return h + dt / 6 * (h1 + 2 * h2 + 2 * h3 + h4), p + dt / 6 * (p1 + 2 * p2 + 2 * p3 + p4)


@value_and_grad(jit=True)
def loss(theta, hares, lynxes):
    h, p, a, b, c, d = np.exp(theta)
    total = 0.0
    for year in range(len(hares)):
        total += np.log(h / hares[year]) ** 2 + np.log(p / lynxes[year]) ** 2
        for _ in range(STEPS):
            h, p = step(h, p, a, b, c, d, 1.0 / STEPS)
    return total
# fmt: on


def main() -> np.ndarray:
    hares, lynxes = np.array(HARES), np.array(LYNXES)
    start = np.log([30.0, 4.0, 0.5, 0.03, 0.8, 0.03])
    print(f"at the start: squared error of logarithms {loss(start, hares, lynxes)[0]:.3f}")
    fit = minimize(loss, start, args=(hares, lynxes), jac=True, method="BFGS")
    print(f"fitted:       squared error of logarithms {fit.fun:.3f}, after {fit.nit} iterations")
    found = np.exp(fit.x)
    print("hares {:.1f}, lynxes {:.1f} in 1900; rates {:.3f}, {:.4f}, {:.3f}, {:.4f}".format(*found))
    return found


if __name__ == "__main__":
    main()
