"""A convolution with a bias and a rectifier, a window at a time, as NPBench has it."""

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem


def convolution(images, weights, bias):
    side = weights.shape[0]
    rows, columns = images.shape[1] - side + 1, images.shape[2] - side + 1
    out = np.empty((images.shape[0], rows, columns, weights.shape[3]))
    for i in range(rows):
        for j in range(columns):
            windows = images[:, i : i + side, j : j + side, :, None]
            out[:, i, j, :] = np.sum(windows * weights, axis=(1, 2, 3))
    return np.sum(np.maximum(out + bias, 0.0) ** 2)


@fast
def by_hand(images, weights, bias):
    """The windows of an image are the rows of a matrix: three products of matrices for each image."""
    count, height, width, channels = images.shape
    side, filters = weights.shape[0], weights.shape[3]
    rows, columns, taps = height - side + 1, width - side + 1, side * side * channels
    flat = np.ascontiguousarray(weights).reshape(taps, filters)
    windows = np.empty((rows * columns, taps))
    dimages, dflat, dbias = np.zeros(images.shape), np.zeros((taps, filters)), np.zeros(filters)
    strip = side * channels
    for n in range(count):
        for i in range(rows):
            for j in range(columns):
                for k in range(side):
                    for c in range(strip):
                        windows[i * columns + j, k * strip + c] = images[n, i + k, j + c // channels, c % channels]
        out = np.dot(windows, flat)
        for p in range(rows * columns):
            for f in range(filters):
                made = 2.0 * max(out[p, f] + bias[f], 0.0)
                out[p, f] = made
                dbias[f] += made
        part = np.dot(windows.T, out)
        for a in range(taps):
            for f in range(filters):
                dflat[a, f] += part[a, f]
        spread = np.dot(out, flat.T)
        for i in range(rows):
            for j in range(columns):
                for k in range(side):
                    for s in range(side):
                        for c in range(channels):
                            place = k * strip + s * channels + c
                            dimages[n, i + k, j + s, c] += spread[i * columns + j, place]
    return dimages, dflat.reshape(weights.shape), dbias


def by_jax():
    import jax
    import jax.numpy as jnp

    def convolution(images, weights, bias):
        out = jax.lax.conv_general_dilated(images, weights, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return jnp.sum(jnp.maximum(out + bias, 0.0) ** 2)

    return convolution


def of_size(count, side, channels, taps, filters):
    def make(generator):
        images = generator.normal(size=(count, side, side, channels))
        return images, generator.normal(size=(taps, taps, channels, filters)), generator.normal(size=filters)

    return make


PROBLEM = Problem(
    function=convolution,
    by_hand=by_hand,
    argnums=(0, 1, 2),
    sizes={"2 of 6^2": of_size(2, 6, 2, 3, 3), "8 of 32^2": of_size(8, 32, 3, 5, 16)},
    rewritten={"jax": by_jax},
)
