"""Where the home of a form is: as it was written, or pointed out on its map."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import DomainError
from customers.schemas import NewAddress
from dispatch.places import is_plannable, read_address
from web.pages.posting import PostedForm


@dataclass(frozen=True)
class Pick:
    """WGS84 degrees; `zoom` is how far the map was zoomed in, None for coordinates written by hand."""

    lat: float
    lon: float
    zoom: float | None


def read_pick(posted: PostedForm) -> Pick | None:
    """The form's place; None while there is none that can be read."""
    try:
        zoom = float(posted.get("pick_zoom")) if posted.get("pick_zoom") else None
        return Pick(float(posted.get("lat")), float(posted.get("lon")), zoom)
    except ValueError:
        return None


def lacks_place(posted: PostedForm, located: NewAddress | None) -> bool:
    """An address is written of which nobody can be sent to yet, and no place was pointed out.

    Args:
        located: the stored address of the home that the form was opened for.
    """
    if read_pick(posted) is not None:
        return False
    written = posted.get("resident_address").strip()
    if located is None and not written:
        return False
    try:
        return not is_plannable(located or read_address(written))
    except DomainError:
        return True
