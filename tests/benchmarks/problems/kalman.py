"""A Kalman filter: minus the log-likelihood of measurements, by the motion and by both covariances."""

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem


def kalman(motion, spread, noise, sight, seen):
    x, p = np.zeros(motion.shape[0]), np.eye(motion.shape[0])
    total = 0.0
    for t in range(seen.shape[0]):
        x = motion @ x
        p = motion @ p @ motion.T + spread
        error = seen[t] - sight @ x
        s = sight @ p @ sight.T + noise
        inverse = np.linalg.inv(s)
        gain = p @ sight.T @ inverse
        x = x + gain @ error
        p = p - gain @ (sight @ p)
        total += error @ inverse @ error + np.log(np.linalg.det(s))
    return 0.5 * total


@fast
def times(a, b, out):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = 0.0
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            out[i, j] = total


@fast
def times_transposed(a, b, out):
    """a @ b.T"""
    for i in range(a.shape[0]):
        for j in range(b.shape[0]):
            total = 0.0
            for k in range(a.shape[1]):
                total += a[i, k] * b[j, k]
            out[i, j] = total


@fast
def transposed_times(a, b, out):
    """a.T @ b"""
    for i in range(a.shape[1]):
        for j in range(b.shape[1]):
            total = 0.0
            for k in range(a.shape[0]):
                total += a[k, i] * b[k, j]
            out[i, j] = total


@fast
def measure(x, p, seen, sight, noise, error, across, inverse, gain):
    """What a measurement tells, of two numbers: its error, p @ sight.T, the inverse of its covariance, the gain."""
    n = x.size
    times_transposed(p, sight, across)
    for a in range(2):
        total = seen[a]
        for k in range(n):
            total -= sight[a, k] * x[k]
        error[a] = total
        for b in range(2):
            total = noise[a, b]
            for k in range(n):
                total += sight[a, k] * across[k, b]
            inverse[a, b] = total
    s00, s01, s10, s11 = inverse[0, 0], inverse[0, 1], inverse[1, 0], inverse[1, 1]
    scale = 1.0 / (s00 * s11 - s01 * s10)
    inverse[0, 0], inverse[0, 1], inverse[1, 0], inverse[1, 1] = s11 * scale, -s01 * scale, -s10 * scale, s00 * scale
    times(across, inverse, gain)


@fast
def by_hand(motion, spread, noise, sight, seen):
    """What was predicted, and what was before, is kept for each step; the gain is computed again."""
    n, steps = motion.shape[0], seen.shape[0]
    xs, ps = np.empty((steps, n)), np.empty((steps, n, n))
    befores, covariances = np.empty((steps, n)), np.empty((steps, n, n))
    x, p = np.zeros(n), np.eye(n)
    error, across, inverse, gain = np.empty(2), np.empty((n, 2)), np.empty((2, 2)), np.empty((n, 2))
    half, small, seen_p = np.empty((n, n)), np.empty((n, 2)), np.empty((2, n))
    for t in range(steps):
        times(motion, p, half)
        times_transposed(half, motion, ps[t])
        for i in range(n):
            total = 0.0
            for k in range(n):
                total += motion[i, k] * x[k]
            xs[t, i] = total
            befores[t, i] = x[i]
            for j in range(n):
                covariances[t, i, j] = p[i, j]
                ps[t, i, j] += spread[i, j]
        measure(xs[t], ps[t], seen[t], sight, noise, error, across, inverse, gain)
        times(sight, ps[t], seen_p)
        for i in range(n):
            x[i] = xs[t, i] + gain[i, 0] * error[0] + gain[i, 1] * error[1]
            for j in range(n):
                p[i, j] = ps[t, i, j] - gain[i, 0] * seen_p[0, j] - gain[i, 1] * seen_p[1, j]
    dmotion, dspread, dnoise = np.zeros((n, n)), np.zeros((n, n)), np.zeros((2, 2))
    dx, dp, dgain, dacross = np.zeros(n), np.zeros((n, n)), np.empty((n, 2)), np.empty((n, 2))
    dseen_p, dinverse, ds, pair = np.empty((2, n)), np.empty((2, 2)), np.empty((2, 2)), np.empty((2, 2))
    other, next_dx, derror = np.empty((n, n)), np.empty(n), np.empty(2)
    for t in range(steps - 1, -1, -1):
        p = ps[t]
        measure(xs[t], p, seen[t], sight, noise, error, across, inverse, gain)
        times(sight, p, seen_p)
        times_transposed(dp, seen_p, dgain)
        transposed_times(gain, dp, dseen_p)
        for i in range(n):
            for a in range(2):
                dgain[i, a] = dx[i] * error[a] - dgain[i, a]
        for a in range(2):
            total = inverse[a, 0] * error[0] + inverse[a, 1] * error[1]
            for i in range(n):
                total += gain[i, a] * dx[i]
            derror[a] = total
        transposed_times(across, dgain, dinverse)
        for a in range(2):
            for b in range(2):
                dinverse[a, b] += 0.5 * error[a] * error[b]
        transposed_times(inverse, dinverse, pair)
        times_transposed(pair, inverse, ds)
        for a in range(2):
            for b in range(2):
                ds[a, b] = 0.5 * inverse[b, a] - ds[a, b]
                dnoise[a, b] += ds[a, b]
        times_transposed(dgain, inverse, dacross)
        transposed_times(sight, ds, small)
        for i in range(n):
            dx[i] -= sight[0, i] * derror[0] + sight[1, i] * derror[1]
            for a in range(2):
                small[i, a] += dacross[i, a]
        for i in range(n):
            for j in range(n):
                dp[i, j] += small[i, 0] * sight[0, j] + small[i, 1] * sight[1, j]
                dp[i, j] -= sight[0, i] * dseen_p[0, j] + sight[1, i] * dseen_p[1, j]
                dspread[i, j] += dp[i, j]
        times_transposed(motion, covariances[t], half)
        times(dp, half, other)
        for i in range(n):
            for j in range(n):
                dmotion[i, j] += other[i, j] + dx[i] * befores[t, j]
        times(motion, covariances[t], half)
        transposed_times(dp, half, other)
        for i in range(n):
            total = 0.0
            for j in range(n):
                dmotion[i, j] += other[i, j]
                total += motion[j, i] * dx[j]
            next_dx[i] = total
        for i in range(n):
            dx[i] = next_dx[i]
        times(dp, motion, half)
        transposed_times(motion, half, dp)
    return dmotion, dspread, dnoise


def by_jax():
    import jax
    import jax.numpy as jnp

    def kalman(motion, spread, noise, sight, seen):
        def step(state, measured):
            x, p = state
            x = motion @ x
            p = motion @ p @ motion.T + spread
            error = measured - sight @ x
            s = sight @ p @ sight.T + noise
            inverse = jnp.linalg.inv(s)
            gain = p @ sight.T @ inverse
            made = x + gain @ error, p - gain @ (sight @ p)
            return made, error @ inverse @ error + jnp.log(jnp.linalg.det(s))

        n = motion.shape[0]
        return 0.5 * jnp.sum(jax.lax.scan(step, (jnp.zeros(n), jnp.eye(n)), seen)[1])

    return kalman


def of_size(states, steps):
    def make(generator):
        motion = 0.9 * np.eye(states) + 0.1 * generator.normal(size=(states, states)) / np.sqrt(states)
        sight = generator.normal(size=(2, states))
        return motion, 0.1 * np.eye(states), 0.5 * np.eye(2), sight, generator.normal(size=(steps, 2))

    return make


PROBLEM = Problem(
    function=kalman,
    by_hand=by_hand,
    argnums=(0, 1, 2),
    sizes={"4 states, 5 steps": of_size(4, 5), "4 states, 1000 steps": of_size(4, 1000)},
    as_is=("autograd",),
    rewritten={"jax": by_jax},
)
