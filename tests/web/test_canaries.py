"""Nobody reads of a family what `core.visibility` does not give him, in any output of the house.

The routes come from the application itself: a new page is searched from the day it is there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from fastapi.routing import APIRoute
from sqlalchemy.exc import IntegrityError
from starlette.routing import Mount

from core.actor import Role
from core.logs import without_people
from core.visibility import Datum, Relation, Sight, sight_of
from customers.models import Contact
from tests.web import canaries
from tests.web.canaries import CANARIES, Planted, plant, seen_in
from tests.web.conftest import WebWorld
from tests.web.test_headers import faults_of
from web.app import API_PREFIX
from web.routes import API_ROUTERS, PAGE_ROUTERS

VISIBLE = """
                      name   phone  address  door  free   sent
    listed     ADPTQMX  -      -      -        .     -      -
    in_reach   ADPTQMX  -      -      -        .     -      -
    own_task   ADPTQMX  whole  -      -        .     -      -
    opened     ADPTMX   whole  whole  whole    whole whole  whole
    opened     Q        whole  whole  -        .     whole  whole
    own_visit  T        whole  whole  whole    whole whole  whole
"""
"""What each role sees (`-` masked, `.` nothing), by what ties it to the case."""
COLUMNS = (Datum.NAME, Datum.PHONE, Datum.ADDRESS, Datum.DOOR_NOTE, Datum.FREE_TEXT, Datum.SENT_TEXT)
SIGHTS = {"whole": Sight.WHOLE, "-": Sight.MASKED, ".": Sight.NOTHING}
LETTERS = {
    "A": Role.AGENT,
    "D": Role.DISPATCHER,
    "P": Role.POINT,
    "T": Role.TECHNICIAN,
    "Q": Role.QA,
    "M": Role.MANAGER,
    "X": Role.ADMIN,
}

SEARCHED = (canaries.NAME, canaries.PHONE, "7788-11")
SAYS = {
    "q": SEARCHED,
    "list": ("tasks", "open"),
    "state": ("scheduled", "done"),
    "do": ("call",),
    "version": ("0",),
    "case": ("first",),
    "language": ("en",),
    "reason": ("open_ticket",),
}
"""What is asked for under these names, wherever a page takes them."""
TAKES = {
    "/agent/search": ("q",),
    "/admin/access-log": ("q",),
    "/agent": ("q",),
    "/agent/waiting": ("list",),
    "/api/v1/tickets": ("q",),
    "/dispatch/queue": ("q",),
    "/qa": ("q", "state"),
    "/qa/list": ("q", "state"),
    "/point/tickets": ("q",),
    "/campaigns/{campaign_id}": ("reason",),
    "/messages": ("q",),
    "/messages/list": ("q",),
    "/admin/settings": ("q",),
    "/admin/texts": ("language", "q"),
    "/admin/texts/{event}/{variant}": ("version", "case"),
    "/m/{number}": ("do",),
    "/m/{number}/{step}": (),
}
NEEDS = {
    "/api/v1/slots": "?address=서울 강남구 역삼동 735",
    "/admin/qualifications/new": "?technician={technician_id}",
    "/admin/shifts/new": "?point={code}",
    "/m/money": "?technician={technician_id}",
    "/admin/shifts/absence": "?technician={technician_id}&point={code}",
}
"""What a path cannot do without."""
UNSEEN = {
    "/login/once/{token}": "takes a secret that is made for one use",
    "/login/second": "stands between password and second factor, before anybody is known",
    "/login/provider": "leads to the identity provider",
    "/login/provider/back": "comes from the identity provider",
    **{
        f"/t/{{token}}{page}": "takes a family's own secret, and is searched in test_family.py"
        for page in (
            "",
            "/approval",
            "/away",
            "/call",
            "/complaint",
            "/correction",
            "/cost",
            "/photo",
            "/texts",
            "/texts/{whose}",
            "/time",
            "/try",
            "/{_rest:path}",
        )
    },
    "/admin/people/{person_id}/photo": "a technician's picture, looked at in admin/test_photos.py",
    "/docs": "describes the API",
    "/live": "a stream, heard below",
    "/admin/imports/files/{upload_id}": "reads back to an administrator the file that he has just brought",
    "/phones": "exists in the demo alone, whose people are invented",
    "/phones/list": "exists in the demo alone",
}
"""Routes that are not walked, and why."""


def routes() -> Iterator[tuple[str, frozenset[Role]]]:
    """Every path that answers GET, with its roles."""
    for prefix, routers in ((API_PREFIX, API_ROUTERS), ("", PAGE_ROUTERS)):
        for router in routers:
            for route in router.routes:
                assert not isinstance(route, Mount), "mounted applications are not searched"
                if isinstance(route, APIRoute) and "GET" in route.methods:
                    roles = getattr(route.endpoint, "allowed_roles", frozenset())
                    yield f"{prefix}{route.path}", roles


@pytest.fixture
def planted(web_world: WebWorld) -> Planted:
    return plant(web_world)


def test_the_table_says_what_the_module_decides() -> None:
    told: set[tuple[Role, Datum, Relation]] = set()
    for line in VISIBLE.strip().splitlines()[1:]:
        relation, letters, *sights = line.split()
        for letter in letters:
            for datum, sight in zip(COLUMNS, sights, strict=True):
                key = (LETTERS[letter], datum, Relation(relation))
                assert sight_of(*key) is SIGHTS[sight], key
                told.add(key)
    others = {key for key in _all_keys() if key not in told}
    assert {(role, relation) for role, _datum, relation in others} == {
        (role, Relation.OWN_VISIT) for role in Role if role is not Role.TECHNICIAN
    }, "only a technician has a visit of his own"


def _all_keys() -> Iterator[tuple[Role, Datum, Relation]]:
    return ((role, datum, relation) for role in Role for datum in Datum for relation in Relation)


def test_no_page_and_no_api_answer_shows_what_is_masked(web_world: WebWorld, planted: Planted) -> None:
    clients = {role: web_world.sign_in(role, **_own(web_world, role)) for role in Role}
    leaks, unanswered = [], []
    for path, roles in routes():
        if path in UNSEEN:
            continue
        answered = False
        for place, role in enumerate(sorted(roles) or [Role.AGENT]):
            for address in addresses(path, planted, fewer=place > 0):
                answer = opened(clients[role], address)
                # Nobody works here: `/ready` says so, with 503, and names nobody either.
                assert answer.status_code < 500 or path.endswith("/ready"), f"{role} {address}"
                answered |= answer.status_code < 400 or path.endswith("/ready")
                allowed = _visible(role, path) | _typed(answer)
                if place == 0:
                    leaks += [f"{address}: {fault}" for fault in faults_of(answer)]
                leaks += [f"{role} {address}: {datum}" for datum in seen_in(answer.text) - allowed]
        if not answered:
            unanswered.append(path)
    if leaks:
        pytest.fail("\n".join(leaks))
    assert "\n".join(unanswered) == "", "a route that nobody can open was not searched"


def opened(client: httpx.Client, address: str) -> httpx.Response:
    """The answer; of a page that is a dialog of another one, the dialog."""
    answer = client.get(address)
    return client.get(address, headers={"HX-Request": "true"}) if answer.is_redirect else answer


def _own(web: WebWorld, role: Role) -> dict[str, Any]:
    return {Role.POINT: {"point": web.point}, Role.TECHNICIAN: {"technician": web.technician}}.get(role, {})


def _visible(role: Role, path: str) -> set[Datum]:
    """Nothing, but for the technician on the pages of his own visits."""
    own = role is Role.TECHNICIAN and (path == "/m" or path.startswith("/m/"))
    relation = Relation.OWN_VISIT if own else Relation.IN_REACH
    return {datum for datum in CANARIES if sight_of(role, datum, relation) is Sight.WHOLE}


def _typed(answer: httpx.Response) -> set[Datum]:
    """What the reader himself typed into the search: the page says it back to him."""
    return seen_in(answer.request.url.params.get("q", ""))


def addresses(path: str, planted: Planted, *, fewer: bool) -> Iterator[str]:
    """The path with everything that may stand in its places, and with what is asked for.

    `fewer`: one role has seen every ticket already; the others are asked about two, and search once.
    """
    unknown = set(re.findall(r"{(\w+)}", path)) - planted.values.keys() - {"number"}
    if unknown:
        pytest.fail(f"{path}: say in canaries.py what {unknown} are")
    kinds = ("at work", "done") if fewer else tuple(planted.numbers)
    numbers = [planted.numbers[kind] for kind in kinds] if "{number}" in path else [""]
    for number in numbers:
        values = {**planted.values, "number": number}
        if path.startswith("/admin/prices/"):
            values |= {"code": "VISIT_FEE", "day": planted.values["price_day"]}
        if path.startswith("/admin/people/"):
            values |= {"step": "sessions"}
        filled = re.sub(r"\{(\w+)\}", lambda found, known=values: known[found.group(1)], path)
        filled += NEEDS.get(path, "").format(**values)
        yield filled
        for name in TAKES.get(path, ()):
            for said in SAYS[name][: 1 if fewer else None]:
                yield str(httpx.URL(filled, params={name: said}))


def test_who_gives_a_reason_sees_what_his_role_may(web_world: WebWorld, planted: Planted) -> None:
    pages = {
        Role.AGENT: "/agent/tickets/{number}",
        Role.DISPATCHER: "/dispatch/tickets/{number}",
        Role.POINT: "/point/tickets/{number}",
        Role.QA: f"/qa/{planted.values['happy_call_id']}",
        Role.ADMIN: "/api/v1/tickets/{number}",
    }
    number = planted.numbers["done"]
    for role, page in pages.items():
        client = web_world.sign_in(role, **_own(web_world, role))
        path = page.replace("{number}", number)
        assert seen_in(opened(client, path).text) == set(), role
        assert client.post(f"/unmask/ticket/{number}", data={"reason_code": "OTHER"}).status_code == 422
        assert seen_in(client.get(path).text) == set(), "without words there is no reason"
        client.post(f"/unmask/ticket/{number}", data={"reason_code": "COMPLAINT", "reason": "비용 문의"})
        seen = seen_in(opened(client, path).text)
        assert seen >= {Datum.NAME, Datum.PHONE}, role
        assert (Datum.ADDRESS in seen) or role is Role.QA, role


def test_the_downloaded_log_names_nobody(web_world: WebWorld, planted: Planted) -> None:
    agent = web_world.sign_in(Role.AGENT)
    agent.get(f"/agent/households/{planted.values['household_id']}")
    for number in planted.numbers.values():
        agent.post(
            f"/unmask/ticket/{number}", data={"reason": f"{canaries.PHONE} {canaries.UNIT}, 현관 58213#"}
        )
    admin = web_world.sign_in(Role.ADMIN)
    answer = admin.post("/admin/access-log/file", data={"reason": "점검"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.count("\n") == len(planted.numbers) + 2, "the head, the home's page and each ticket"
    assert seen_in(answer.text) == set()


def test_the_stream_carries_ids_alone(web_world: WebWorld, planted: Planted) -> None:
    client = web_world.sign_in(Role.AGENT)
    heard = []
    with client.stream("GET", "/live") as stream:
        lines = stream.iter_lines()
        assert "hello" in next(lines)
        said = {"reason": canaries.SAID}
        number = planted.numbers["planned"]
        caller = web_world.sign_in(Role.AGENT)
        caller.post(f"/api/v1/tickets/{number}/escalation", json=said).raise_for_status()
        for line in lines:
            heard.append(line)
            if f"ticket:{number}" in line:
                break
    assert seen_in("\n".join(heard)) == set()


def test_the_log_quotes_nobody(web_world: WebWorld, planted: Planted) -> None:
    lines: list[str] = []
    kept = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.processors.format_exc_info,
            without_people,
            lambda _logger, _method, event: (
                lines.append(json.dumps(event, default=str, ensure_ascii=False)) or ""
            ),
        ]
    )
    try:
        log = structlog.get_logger("canary")
        home = int(planted.values["household_id"])
        client = web_world.sign_in(Role.AGENT)
        client.get(f"/agent/households/{home}")
        client.get("/agent/search", params={"q": canaries.PHONE})
        client.post("/api/v1/tickets", json={"resident": {"name": canaries.NAME, "phone": canaries.PHONE}})
        try:
            with web_world.database.transaction() as session:
                session.add(_broken_contact(web_world))
        except IntegrityError:
            log.exception("sweep_step_failed", found=_broken_contact(web_world), said=[canaries.SAID])
        else:
            pytest.fail("a contact without a kind of phone was taken")
    finally:
        structlog.configure(**kept)
    assert "Contact#None" in lines[-1], "the row is named, not quoted"
    assert {datum for line in lines for datum in seen_in(line)} <= {Datum.NAME}
    quoted = [line for line in lines if canaries.NAME in line.replace(canaries.SAID[:4], "")]
    assert quoted == [], "a name is only where somebody typed it into a text"


def _broken_contact(web: WebWorld) -> Contact:
    return Contact(
        company_id=web.company.id or 0,
        name=canaries.NAME,
        phone="+821077314492",
        phone_digits="01077314492",
        phone_tail="4492",
        phone_kind="NONE",
        can_text=True,
        created_at=web.now,
    )
