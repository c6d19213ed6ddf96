"""Bundle adjustment: of each observation's two errors the derivatives by its camera, its point and its weight.

What one observation depends on no other does: the sum of all first errors has the blocks of their Jacobian as its
gradient, and so has that of the second ones.
"""

import numpy as np

import gradgen
from tests.benchmarks.expert import cos, fast, sin
from tests.benchmarks.problem import Problem

BLOCK = 256


def errors(cameras, points, weights, features):
    """A camera: its turn, its centre, its focal length, its image's middle, and two numbers of its distortion."""
    turn, moved = cameras[:, :3], points - cameras[:, 3:6]
    angle = np.sqrt(np.sum(turn * turn, axis=1))
    axis = turn / angle[:, None]
    along = (1.0 - np.cos(angle)) * np.sum(axis * moved, axis=1)
    seen = np.cos(angle)[:, None] * moved + np.sin(angle)[:, None] * np.cross(axis, moved) + along[:, None] * axis
    image = seen[:, :2] / seen[:, 2:]
    square = np.sum(image * image, axis=1)
    image = image * (1.0 + cameras[:, 9] * square + cameras[:, 10] * square * square)[:, None]
    return weights[:, None] * (cameras[:, 6:7] * image + cameras[:, 7:9] - features)


def first(cameras, points, weights, features):
    return np.sum(errors(cameras, points, weights, features)[:, 0])


def second(cameras, points, weights, features):
    return np.sum(errors(cameras, points, weights, features)[:, 1])


def both(cameras, points, weights, features):
    return np.sum(errors(cameras, points, weights, features))


@fast
def by_hand(cameras, points, weights, features):
    """Both errors share what is computed of an observation; angles are had for a block of them at a time."""
    count = weights.size
    dcameras, dpoints, dweights = np.zeros((2, count, 11)), np.empty((2, count, 3)), np.empty((2, count))
    angles, cosines, sines = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        for k in range(size):
            c = cameras[start + k]
            angles[k] = np.sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2])
        for k in range(size):
            cosines[k] = cos(angles[k])
        for k in range(size):
            sines[k] = sin(angles[k])
        for k in range(size):
            n = start + k
            c, weight, co, si, share = cameras[n], weights[n], cosines[k], sines[k], 1.0 / angles[k]
            a0, a1, a2 = c[0] * share, c[1] * share, c[2] * share
            m0, m1, m2 = points[n, 0] - c[3], points[n, 1] - c[4], points[n, 2] - c[5]
            x0, x1, x2 = a1 * m2 - a2 * m1, a2 * m0 - a0 * m2, a0 * m1 - a1 * m0
            dot = a0 * m0 + a1 * m1 + a2 * m2
            along, less = (1.0 - co) * dot, 1.0 - co
            depth = 1.0 / (co * m2 + si * x2 + along * a2)
            u = (co * m0 + si * x0 + along * a0) * depth
            v = (co * m1 + si * x1 + along * a1) * depth
            focal, square = c[6], u * u + v * v
            bend = 1.0 + c[9] * square + c[10] * square * square
            slope = 2.0 * (c[9] + 2.0 * c[10] * square)
            dweights[0, n] = focal * bend * u + c[7] - features[n, 0]
            dweights[1, n] = focal * bend * v + c[8] - features[n, 1]
            for e in range(2):
                own = u if e == 0 else v
                pull = weight * focal
                du, dv = pull * own * slope * u, pull * own * slope * v
                if e == 0:
                    du += pull * bend
                else:
                    dv += pull * bend
                t0, t1, t2 = du * depth, dv * depth, -(du * u + dv * v) * depth
                ahead = a0 * t0 + a1 * t1 + a2 * t2
                q0 = co * t0 + si * (t1 * a2 - t2 * a1) + less * ahead * a0
                q1 = co * t1 + si * (t2 * a0 - t0 * a2) + less * ahead * a1
                q2 = co * t2 + si * (t0 * a1 - t1 * a0) + less * ahead * a2
                b0 = si * (m1 * t2 - m2 * t1) + less * (dot * t0 + ahead * m0)
                b1 = si * (m2 * t0 - m0 * t2) + less * (dot * t1 + ahead * m1)
                b2 = si * (m0 * t1 - m1 * t0) + less * (dot * t2 + ahead * m2)
                dangle = si * (dot * ahead - m0 * t0 - m1 * t1 - m2 * t2) + co * (x0 * t0 + x1 * t1 + x2 * t2)
                dangle -= (a0 * b0 + a1 * b1 + a2 * b2) * share
                d = dcameras[e, n]
                d[0], d[1], d[2] = b0 * share + a0 * dangle, b1 * share + a1 * dangle, b2 * share + a2 * dangle
                d[3], d[4], d[5] = -q0, -q1, -q2
                d[6], d[7 + e] = weight * own * bend, weight
                d[9], d[10] = pull * own * square, pull * own * square * square
                dpoints[e, n, 0], dpoints[e, n, 1], dpoints[e, n, 2] = q0, q1, q2
    return dcameras[0], dpoints[0], dweights[0], dcameras[1], dpoints[1], dweights[1]


def by_gradgen(jit):
    blocks = [gradgen.grad(one, argnums=(0, 1, 2), jit=jit) for one in (first, second)]
    return lambda *arguments: blocks[0](*arguments) + blocks[1](*arguments)


def by_jax():
    import jax
    import jax.numpy as jnp

    def error(camera, point, weight, feature):
        turn, moved = camera[:3], point - camera[3:6]
        angle = jnp.sqrt(jnp.sum(turn * turn))
        axis = turn / angle
        along = (1.0 - jnp.cos(angle)) * jnp.dot(axis, moved)
        seen = jnp.cos(angle) * moved + jnp.sin(angle) * jnp.cross(axis, moved) + along * axis
        image = seen[:2] / seen[2]
        square = jnp.sum(image * image)
        image = image * (1.0 + camera[9] * square + camera[10] * square * square)
        return weight * (camera[6] * image + camera[7:9] - feature)

    jacobian = jax.vmap(jax.jacrev(error, argnums=(0, 1, 2)))

    def blocks(*arguments):
        found = jacobian(*arguments)
        return tuple(part[:, e] for e in range(2) for part in found)

    return blocks


def of_size(count):
    def make(generator):
        cameras = generator.normal(size=(count, 11)) * 0.1
        cameras[:, 6] += 1.0
        points = generator.normal(size=(count, 3))
        points[:, 2] += 5.0
        return cameras, points, generator.random(count), generator.normal(size=(count, 2))

    return make


PROBLEM = Problem(
    function=both,
    by_hand=by_hand,
    argnums=(0, 1, 2),
    sizes={"20": of_size(20), "30000": of_size(30_000)},
    whole={"gradgen": lambda: by_gradgen(False), "gradgen jit": lambda: by_gradgen(True), "jax": by_jax},
)
