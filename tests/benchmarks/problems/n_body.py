"""Bodies that attract one another, in time; all pairs at once, as NumPy's users write it."""

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem

STEP, SOFT = 0.01, 0.1


def bodies(position, velocity, mass, steps):
    for _ in range(steps):
        apart = position[None, :, :] - position[:, None, :]
        cubes = (np.sum(apart**2, axis=2) + SOFT) ** -1.5
        velocity = velocity + STEP * np.sum(apart * (mass * cubes)[:, :, None], axis=1)
        position = position + STEP * velocity
    return np.sum(position**2)


@fast
def pull(x, y, z, mass, i):
    """The acceleration of one body by all of them."""
    ax, ay, az = 0.0, 0.0, 0.0
    for j in range(mass.size):
        rx, ry, rz = x[j] - x[i], y[j] - y[i], z[j] - z[i]
        square = rx * rx + ry * ry + rz * rz + SOFT
        weight = mass[j] / (square * np.sqrt(square))
        ax += weight * rx
        ay += weight * ry
        az += weight * rz
    return ax, ay, az


@fast
def pull_back(x, y, z, mass, gx, gy, gz, i):
    """What the place and the mass of one body take from the adjoints `g` of all accelerations."""
    dx, dy, dz, dmass = 0.0, 0.0, 0.0, 0.0
    for j in range(mass.size):
        rx, ry, rz = x[j] - x[i], y[j] - y[i], z[j] - z[i]
        square = rx * rx + ry * ry + rz * rz + SOFT
        cube = 1.0 / (square * np.sqrt(square))
        qx = mass[i] * gx[j] - mass[j] * gx[i]
        qy = mass[i] * gy[j] - mass[j] * gy[i]
        qz = mass[i] * gz[j] - mass[j] * gz[i]
        along = 3.0 * (rx * qx + ry * qy + rz * qz) / square
        dx += cube * (qx - along * rx)
        dy += cube * (qy - along * ry)
        dz += cube * (qz - along * rz)
        dmass -= cube * (rx * gx[j] + ry * gy[j] + rz * gz[j])
    return dx, dy, dz, dmass


@fast
def by_hand(position, velocity, mass, steps):
    """The places of each step are kept; forces are computed again. Coordinates lie apart, so that bodies are lanes."""
    n = mass.size
    places, motion = np.empty((steps + 1, 3, n)), np.empty((3, n))
    for i in range(n):
        for c in range(3):
            places[0, c, i] = position[i, c]
            motion[c, i] = velocity[i, c]
    for t in range(steps):
        x, y, z = places[t, 0], places[t, 1], places[t, 2]
        for i in range(n):
            ax, ay, az = pull(x, y, z, mass, i)
            motion[0, i] += STEP * ax
            motion[1, i] += STEP * ay
            motion[2, i] += STEP * az
        for c in range(3):
            for i in range(n):
                places[t + 1, c, i] = places[t, c, i] + STEP * motion[c, i]
    dplace, dmotion, g = np.empty((3, n)), np.zeros((3, n)), np.empty((3, n))
    dmass = np.zeros(n)
    for c in range(3):
        for i in range(n):
            dplace[c, i] = 2.0 * places[steps, c, i]
    for t in range(steps - 1, -1, -1):
        x, y, z = places[t, 0], places[t, 1], places[t, 2]
        for c in range(3):
            for i in range(n):
                dmotion[c, i] += STEP * dplace[c, i]
                g[c, i] = STEP * dmotion[c, i]
        for i in range(n):
            dx, dy, dz, dm = pull_back(x, y, z, mass, g[0], g[1], g[2], i)
            dplace[0, i] += dx
            dplace[1, i] += dy
            dplace[2, i] += dz
            dmass[i] += dm
    dposition, dvelocity = np.empty((n, 3)), np.empty((n, 3))
    for i in range(n):
        for c in range(3):
            dposition[i, c] = dplace[c, i]
            dvelocity[i, c] = dmotion[c, i]
    return dposition, dvelocity, dmass


def by_jax():
    import jax
    import jax.numpy as jnp

    def bodies(position, velocity, mass, steps):
        def step(_, state):
            position, velocity = state
            apart = position[None, :, :] - position[:, None, :]
            cubes = (jnp.sum(apart**2, axis=2) + SOFT) ** -1.5
            velocity = velocity + STEP * jnp.sum(apart * (mass * cubes)[:, :, None], axis=1)
            return position + STEP * velocity, velocity

        return jnp.sum(jax.lax.fori_loop(0, steps, step, (position, velocity))[0] ** 2)

    return bodies


def of_size(n, steps):
    return lambda generator: (generator.normal(size=(n, 3)), generator.normal(size=(n, 3)), generator.random(n), steps)


PROBLEM = Problem(
    function=bodies,
    by_hand=by_hand,
    argnums=(0, 1, 2),
    sizes={"5, 3 steps": of_size(5, 3), "200, 20 steps": of_size(200, 20)},
    as_is=("autograd",),
    rewritten={"jax": by_jax},
)
