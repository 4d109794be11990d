"""Where to draw the places of a problem: by their coordinates, else by their travel times alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

ROUNDS = 80
"""Of the iteration for the two main axes; a hundred places stand still after twenty."""

Spots = npt.NDArray[np.float64]


def place_on_map(
    matrix: npt.NDArray[np.int32], points: Sequence[tuple[float, float]] | None, *, size: float
) -> Spots:
    """(x, y) of every location, in 0..`size` both ways, north up. Shape (n, 2).

    Args:
        points: (lat, lon) in degrees; None when the problem gives a matrix and nothing else.
    """
    flat = _project(points) if points else _spread(matrix)
    if not len(flat):
        return flat
    low, high = flat.min(axis=0), flat.max(axis=0)
    room = float((high - low).max()) or 1.0
    spots: Spots = (flat - (low + high) / 2) / room * size + size / 2
    return spots


def _project(points: Sequence[tuple[float, float]]) -> Spots:
    """Degrees as a plane, true in the middle of the area."""
    lat, lon = np.array(points, dtype=np.float64).T
    flat: Spots = np.column_stack([lon * np.cos(np.radians(lat.mean())), -lat])
    return flat


def _spread(matrix: npt.NDArray[np.int32]) -> Spots:
    """Places whose distances come near the travel times: classical scaling, mean of there and back."""
    count = len(matrix)
    if count < 2:
        return np.zeros((count, 2))
    square = ((matrix + matrix.T.astype(np.float64)) / 2) ** 2
    inner = -(square - square.mean(axis=0) - square.mean(axis=1)[:, None] + square.mean()) / 2
    axes = np.random.default_rng(1).normal(size=(count, 2))
    for _ in range(ROUNDS):
        axes, _triangle = np.linalg.qr(inner @ axes)
    strength = np.clip(np.einsum("ij,ij->j", axes, inner @ axes), 0.0, None)
    spread: Spots = axes * np.sqrt(strength)
    return spread
