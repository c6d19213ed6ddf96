"""Hand tracking: bones turn at their joints, and points of the skin follow several bones at once.

The objective is the squared distance to what was measured, by the turns of the bones.
"""

import math

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem


def turned(axis_angle):
    angle = np.sqrt(np.sum(axis_angle * axis_angle))
    x, y, z = axis_angle / angle
    c, s = np.cos(angle), np.sin(angle)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    axis = np.array([x, y, z])
    return c * np.eye(3) + s * cross + (1.0 - c) * np.outer(axis, axis)


def hand(turns, parents, joints, skin, weights, measured):
    bones = len(parents)
    frames, places = np.empty((bones, 3, 3)), np.empty((bones, 3))
    frames[0], places[0] = turned(turns[0]), joints[0]
    for b in range(1, bones):
        above = parents[b]
        frames[b] = frames[above] @ turned(turns[b])
        places[b] = places[above] + frames[above] @ (joints[b] - joints[above])
    followed = np.zeros(skin.shape)
    for b in range(bones):
        followed += weights[:, b : b + 1] * ((skin - joints[b]) @ frames[b].T + places[b])
    return np.sum((followed - measured) ** 2)


@fast
def turn(r, out):
    angle = math.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    c, s = math.cos(angle), math.sin(angle)
    x, y, z = r[0] / angle, r[1] / angle, r[2] / angle
    less = 1.0 - c
    out[0, 0], out[0, 1], out[0, 2] = c + less * x * x, less * x * y - s * z, less * x * z + s * y
    out[1, 0], out[1, 1], out[1, 2] = less * x * y + s * z, c + less * y * y, less * y * z - s * x
    out[2, 0], out[2, 1], out[2, 2] = less * x * z - s * y, less * y * z + s * x, c + less * z * z


@fast
def turn_back(r, d, out):
    angle = math.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    c, s, share = math.cos(angle), math.sin(angle), 1.0 / angle
    x, y, z = r[0] * share, r[1] * share, r[2] * share
    u, v, w = d[2, 1] - d[1, 2], d[0, 2] - d[2, 0], d[1, 0] - d[0, 1]
    p = 2.0 * d[0, 0] * x + (d[0, 1] + d[1, 0]) * y + (d[0, 2] + d[2, 0]) * z
    q = (d[0, 1] + d[1, 0]) * x + 2.0 * d[1, 1] * y + (d[1, 2] + d[2, 1]) * z
    t = (d[0, 2] + d[2, 0]) * x + (d[1, 2] + d[2, 1]) * y + 2.0 * d[2, 2] * z
    dangle = -s * (d[0, 0] + d[1, 1] + d[2, 2]) + c * (x * u + y * v + z * w) + 0.5 * s * (x * p + y * q + z * t)
    dx, dy, dz = s * u + (1.0 - c) * p, s * v + (1.0 - c) * q, s * w + (1.0 - c) * t
    dangle -= (x * dx + y * dy + z * dz) * share
    out[0], out[1], out[2] = dx * share + x * dangle, dy * share + y * dangle, dz * share + z * dangle


@fast
def by_hand(turns, parents, joints, skin, weights, measured):
    """A bone is twelve numbers; a point follows the weighted mean of them, which is a product of matrices."""
    bones, count = parents.size, skin.shape[0]
    own, frames = np.empty((bones, 3, 3)), np.empty((bones, 3, 3))
    places, moves = np.empty((bones, 3)), np.empty((bones, 12))
    for b in range(bones):
        turn(turns[b], own[b])
        above = parents[b]
        for i in range(3):
            if b == 0:
                places[b, i] = joints[b, i]
                for j in range(3):
                    frames[b, i, j] = own[b, i, j]
            else:
                place = places[above, i]
                for j in range(3):
                    total = 0.0
                    for k in range(3):
                        total += frames[above, i, k] * own[b, k, j]
                    frames[b, i, j] = total
                    place += frames[above, i, j] * (joints[b, j] - joints[above, j])
                places[b, i] = place
            rest = places[b, i]
            for j in range(3):
                moves[b, 4 * i + j] = frames[b, i, j]
                rest -= frames[b, i, j] * joints[b, j]
            moves[b, 4 * i + 3] = rest
    blended = np.dot(weights, moves)
    for n in range(count):
        x, y, z = skin[n, 0], skin[n, 1], skin[n, 2]
        for i in range(3):
            k = 4 * i
            place = blended[n, k] * x + blended[n, k + 1] * y + blended[n, k + 2] * z + blended[n, k + 3]
            pull = 2.0 * (place - measured[n, i])
            blended[n, k], blended[n, k + 1], blended[n, k + 2], blended[n, k + 3] = pull * x, pull * y, pull * z, pull
    dmoves = np.dot(weights.T, blended)
    dframes, dplaces, down = np.empty((bones, 3, 3)), np.empty((bones, 3)), np.empty((3, 3))
    for b in range(bones):
        for i in range(3):
            dplaces[b, i] = dmoves[b, 4 * i + 3]
            for j in range(3):
                dframes[b, i, j] = dmoves[b, 4 * i + j] - dplaces[b, i] * joints[b, j]
    dturns = np.empty((bones, 3))
    for b in range(bones - 1, 0, -1):
        above = parents[b]
        for i in range(3):
            dplaces[above, i] += dplaces[b, i]
            for j in range(3):
                down_total, total = 0.0, dplaces[b, i] * (joints[b, j] - joints[above, j])
                for k in range(3):
                    down_total += frames[above, k, i] * dframes[b, k, j]
                    total += dframes[b, i, k] * own[b, j, k]
                down[i, j] = down_total
                dframes[above, i, j] += total
        turn_back(turns[b], down, dturns[b])
    turn_back(turns[0], dframes[0], dturns[0])
    return dturns


def by_jax():
    """The loops over the few bones are unrolled by the tracing; the points follow all of them in one product."""
    import jax.numpy as jnp

    def turned(axis_angle):
        angle = jnp.sqrt(jnp.sum(axis_angle * axis_angle))
        x, y, z = axis_angle / angle
        c, s = jnp.cos(angle), jnp.sin(angle)
        cross = jnp.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        axis = jnp.array([x, y, z])
        return c * jnp.eye(3) + s * cross + (1.0 - c) * jnp.outer(axis, axis)

    def hand(turns, parents, joints, skin, weights, measured):
        frames, places = [turned(turns[0])], [joints[0]]
        for b in range(1, len(PARENTS)):
            above = PARENTS[b]
            frames.append(frames[above] @ turned(turns[b]))
            places.append(places[above] + frames[above] @ (joints[b] - joints[above]))
        local = skin[None, :, :] - joints[:, None, :]
        moved = jnp.einsum("bni,bji->bnj", local, jnp.stack(frames)) + jnp.stack(places)[:, None, :]
        return jnp.sum((jnp.einsum("nb,bnj->nj", weights, moved) - measured) ** 2)

    return hand


FINGERS, SEGMENTS = 5, 4
PARENTS = [0] + [0 if s == 0 else f * SEGMENTS + s for f in range(FINGERS) for s in range(SEGMENTS)]


def of_size(count):
    def make(generator):
        bones = len(PARENTS)
        weights = generator.random((count, bones)) ** 4
        weights /= np.sum(weights, axis=1, keepdims=True)
        turns, joints = 0.3 * generator.normal(size=(bones, 3)), generator.normal(size=(bones, 3))
        skin, measured = (generator.normal(size=(count, 3)) for _ in range(2))
        return turns, np.array(PARENTS), joints, skin, weights, measured

    return make


PROBLEM = Problem(
    function=hand,
    by_hand=by_hand,
    sizes={"10 points": of_size(10), "544 points": of_size(544), "10^5 points": of_size(100_000)},
    rewritten={"jax": by_jax},
)
