"""Where a ticket's home is: reading an address in any writing, and a person's pick on the map."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core import events
from core.actor import Actor, Role
from core.errors import FieldError, InvalidError
from core.i18n import N_, _
from customers.queries import address_of_household
from customers.schemas import AddressInfo, NewAddress
from customers.service import pick_on_map
from dispatch.events import TicketFiled
from dispatch.models import Ticket
from dispatch.tasks import MAP_PICK, ON_THE_LINE, close_tasks_of, open_task
from dispatch.tickets import has_ended, lock_ticket, note_change, ticket_key
from geo.service import AddressError, Geocoder, Precision, parse_address, place_address

HOUSE_ZOOM = 16
"""From this zoom of the map on a house can be told from its neighbours (web/assets/js/map.js)."""


class NoAddressError(InvalidError):
    """There is no text that could be an address."""

    code = "no-address"


def read_address(raw: str, *, providers: Sequence[Geocoder] = ()) -> NewAddress:
    """Take an address apart and place it; no database. Providers go over the network: never in a transaction.

    What cannot be read is kept as it was said, with precision `none`: a person will point at the map.

    Raises:
        NoAddressError: no letter in it at all, or far too long.
    """
    text = " ".join(unicodedata.normalize("NFKC", raw).split())
    if not any(c.isalpha() for c in text):
        raise NoAddressError(_("주소를 적어 주세요. 정확하지 않아도 동네 이름부터 적으면 됩니다."))
    try:
        placed = place_address(raw=raw, providers=providers)
    except AddressError:
        return NewAddress(raw=raw, normalised=text[:200])
    found, location = placed.address, placed.location
    known = location.precision is not Precision.NONE
    return NewAddress(
        raw=raw,
        normalised=found.public_text or text,
        unit=found.unit,
        postcode=found.zip_code,
        area_code=location.area_code[:5] if len(location.area_code) >= 5 else "",
        lat=location.lat if known else None,
        lon=location.lon if known else None,
        precision=location.precision.value,
        located_by=placed.source,
        tokens=found.tokens,
    )


def words_to_the_door(address: AddressInfo) -> str:
    """What was said beside street and number, `파란대문집`: whoever must find the door needs it. Personal."""
    try:
        note = parse_address(address.raw).note
    except AddressError:
        return ""
    return "" if note in address.normalised else note


def is_plannable(address: AddressInfo | NewAddress) -> bool:
    """Whether a visit may be planned without a person pointing at the map."""
    known = address.lat is not None and address.lon is not None
    return known and (address.located_by == "map_pick" or Precision(address.precision).plannable)


def address_of(session: Session, ticket: Ticket) -> AddressInfo:
    """The address of a ticket's home."""
    return address_of_household(session, company_id=ticket.company_id, household_id=ticket.household_id)


def ask_map_pick(session: Session, *, ticket: Ticket, by: Actor, now: datetime) -> None:
    """Ask the call desk's person on duty to point at the map; asking twice is asking once.

    In a safety case it is whoever filed it: the caller is on that line, and nobody can be sent before.
    """
    own = by.person_id if ticket.safety and by.role not in (Role.POINT, Role.TECHNICIAN) else None
    open_task(
        session,
        ticket_id=ticket_key(ticket),
        kind=MAP_PICK,
        detail=N_("주소만으로는 위치를 알 수 없습니다. 고객과 통화하며 지도에서 집을 골라 주세요."),
        owner_person_id=own,
        data={ON_THE_LINE: True} if own else None,
        by=by,
        now=now,
    )


def picks_house(zoom: float | None) -> bool:
    """Whether a pick at this zoom of the map says which house it is."""
    return zoom is None or zoom >= HOUSE_ZOOM


def find_by_name(session: Session, *, ticket_id: int, name: str) -> NewAddress:
    """The 동, 읍, 면 or 리 that a caller names, within the city of the ticket's address.

    Raises:
        UnknownTicketError.
        InvalidError: no such place there, or several (422, `place_name`).
    """
    address = address_of(session, lock_ticket(session, ticket_id=ticket_id))
    try:
        known = parse_address(address.raw)
        city = f"{known.sido} {known.sgg}"
    except AddressError:
        city = ""
    found = read_address(f"{city} {name}".strip())
    if not is_plannable(found):
        message = _("그런 곳을 하나로 찾지 못했습니다. ‘퇴계동’처럼 동·읍·면 이름을 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("place_name", message),))
    return found


def pick_location(
    session: Session,
    *,
    ticket_id: int,
    lat: float,
    lon: float,
    by: Actor,
    now: datetime,
    zoom: float | None = None,
) -> AddressInfo:
    """A person points at the home on the map; a ticket that waited for it goes on to be placed.

    Args:
        zoom: how far the map was zoomed in; below HOUSE_ZOOM it is known as a 동 is. None: coordinates.

    Raises:
        UnknownTicketError, OutsideKoreaError.
        InvalidError: the numbers are no coordinates.
    """
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        message = _("좌표가 올바르지 않습니다. 지도에서 다시 골라 주세요.")
        raise InvalidError(message, errors=(FieldError("lat", message), FieldError("lon", message)))
    ticket = lock_ticket(session, ticket_id=ticket_id)
    picked = pick_on_map(
        session,
        company_id=ticket.company_id,
        address_id=address_of(session, ticket).id,
        lat=lat,
        lon=lon,
        precision="address" if picks_house(zoom) else "dong",
        by=by,
        now=now,
    )
    outcome = N_("지도에서 위치를 골랐습니다.")
    close_tasks_of(session, ticket_id=ticket_id, kinds=[MAP_PICK], outcome=outcome, by=by, now=now)
    note_change(session, ticket=ticket, what="LocationPicked", by=by, now=now)
    waits = ticket.service_point_id is None and ticket.status in ("UNASSIGNED", "REOPENED")
    if waits and not has_ended(ticket):
        events.publish(session, TicketFiled(company_id=ticket.company_id, at=now, ticket_id=ticket_id))
    return picked
