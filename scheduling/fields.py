"""Values of decoded JSON, read strictly. Each reader raises ProblemError with the path of the wrong field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from scheduling.problem import Window
from scheduling.problem_checks import ProblemError


def required(path: str, body: Mapping[str, Any], field: str) -> Any:
    """The value of a field that must be there."""
    if body.get(field) is None:
        raise ProblemError(f"{path}.{field}" if path else field, "반드시 있어야 합니다")
    return body[field]


def read_mapping(path: str, data: object) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(data, Mapping):
        raise ProblemError(path or "problem", "이름과 값의 묶음({…})이어야 합니다")
    return data


def read_list(path: str, data: object) -> list[Any]:
    """A list."""
    if not isinstance(data, list):
        raise ProblemError(path, "목록([…])이어야 합니다")
    return data


def read_int(path: str, value: object) -> int:
    """A whole number (true and false are none)."""
    if type(value) is not int:
        raise ProblemError(path, "정수여야 합니다")
    return value


def read_text(path: str, value: object) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or (not value and path != "name"):
        raise ProblemError(path, "비어 있지 않은 글자여야 합니다")
    return value


def read_names(path: str, value: object) -> frozenset[str]:
    """Texts, each once; none for a field that is absent."""
    items = read_list(path, [] if value is None else value)
    return frozenset(read_text(f"{path}[{i}]", item) for i, item in enumerate(items))


def read_counts(path: str, value: object) -> dict[str, int]:
    """Whole numbers by name; none for a field that is absent."""
    body = read_mapping(path, {} if value is None else value)
    return {read_text(path, name): read_int(f"{path}.{name}", number) for name, number in body.items()}


def read_flag(path: str, value: object) -> bool:
    """True or false; false for a field that is absent."""
    if value is not None and not isinstance(value, bool):
        raise ProblemError(path, "true 또는 false여야 합니다")
    return bool(value)


def read_window(path: str, value: object) -> Window:
    """`[begin, end]` in seconds."""
    items = read_list(path, value)
    if len(items) != 2:
        raise ProblemError(path, "[시작, 끝] 두 값이어야 합니다")
    return read_int(f"{path}[0]", items[0]), read_int(f"{path}[1]", items[1])


def read_point(path: str, value: object) -> tuple[float, float]:
    """`[lat, lon]` in degrees."""
    items = read_list(path, value)
    if len(items) != 2:
        raise ProblemError(path, "[위도, 경도] 두 값이어야 합니다")
    lat, lon = (read_real(path, item) for item in items)
    if abs(lat) > 90 or abs(lon) > 180:
        raise ProblemError(path, "위도는 ±90, 경도는 ±180 안이어야 합니다")
    return lat, lon


def read_positive(path: str, value: object) -> float:
    """A number above 0."""
    number = read_real(path, value)
    if number <= 0:
        raise ProblemError(path, "0보다 커야 합니다")
    return number


def read_real(path: str, value: object) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ProblemError(path, "수여야 합니다")
    return float(value)
