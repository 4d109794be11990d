"""Every kind of list that can be brought in, in the order in which a new company brings them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from core.errors import NotFoundError
from core.i18n import DEFAULT_LANGUAGE, _, get_language
from exchange.rows import Kind
from exchange.take_homes import BOILERS, HOUSEHOLDS
from exchange.take_prices import PRICES
from exchange.take_refusals import REFUSALS
from exchange.take_tickets import TICKETS
from exchange.take_workforce import POINTS, TECHNICIANS

KINDS: Mapping[str, Kind] = {
    kind.code: kind for kind in (POINTS, TECHNICIANS, HOUSEHOLDS, BOILERS, PRICES, TICKETS, REFUSALS)
}


def find_kind(code: str) -> Kind:
    """A kind by its code. Raises NotFoundError."""
    kind = KINDS.get(code)
    if kind is None:
        raise NotFoundError(_("그런 종류의 목록이 없습니다."))
    return kind


def template_of(kind: Kind) -> bytes:
    """A file to fill in: the headings and one line as an example, UTF-8 with Excel's mark."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    korean = get_language() == DEFAULT_LANGUAGE
    writer.writerow([column.label if korean else column.key.replace("_", " ") for column in kind.columns])
    writer.writerow([column.example for column in kind.columns])
    return out.getvalue().encode("utf-8-sig")
