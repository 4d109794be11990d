"""Service points and technicians out of a list, through the doors that the settings pages use."""

from __future__ import annotations

from sqlmodel import Session

from core.actor import Role
from core.clock import operating_day, today_kst
from core.errors import NotFoundError
from core.i18n import N_, _
from dispatch.planning.solving import plan_first
from exchange.rows import Column, Ground, Kind, Outcome, Row
from geo.service import AddressError, PlacedAddress, Precision, place_address
from workforce.certificates import QUALIFICATIONS, list_qualifications
from workforce.founding import add_point
from workforce.people import find_same_person, get_staff
from workforce.queries import get_company, get_point_by_code, technician_of_person
from workforce.schemas import PointInfo
from workforce.staff import add_account, add_person, add_qualification, grant_membership

POINT_KINDS = {"직영": "direct", "지정점": "designated", "지정": "designated", "대리점": "designated"} | {
    "direct": "direct",
    "designated": "designated",
}


def take_point(session: Session, row: Row, ground: Ground) -> Outcome:
    """One service point; a known code is left as it is."""
    code = row.text("code").lower()
    try:
        get_point_by_code(session, company_id=ground.company_id, code=code)
    except NotFoundError:
        pass
    else:
        return Outcome.PRESENT
    kind = row.word("kind", POINT_KINDS) or get_company(session, company_id=ground.company_id).kind
    limit, lat, lon = row.count("daily_limit"), row.degrees("lat"), row.degrees("lon")
    placed = _place(row)
    row.check()
    assert placed is not None
    location = placed.location
    if lat is None or lon is None:
        lat, lon = location.lat, location.lon
        if not location.precision.plannable:
            row.refuse("address", _("위치를 찾지 못했습니다. 위도와 경도 칸을 함께 적어 주세요."))
    if location.precision in (Precision.NONE, Precision.SIDO):
        row.refuse("address", _("시·군·구까지 알 수 있게 주소를 적어 주세요."))
    row.check()
    point = add_point(
        session,
        company_id=ground.company_id,
        code=code,
        name=row.text("name"),
        kind=kind,
        address=row.text("address"),
        area_code=location.area_code[:5],
        lat=lat,
        lon=lon,
        desk_phone=row.text("desk_phone"),
        daily_limit=limit,
        by=ground.by,
        now=ground.now,
    )
    # As on the page of a point: `/health` counts on a stored plan of every one.
    plan_first(session, point_id=point.id, day=operating_day(ground.now), now=ground.now)
    return Outcome.TAKEN


def _place(row: Row) -> PlacedAddress | None:
    try:
        return place_address(raw=row.text("address"))
    except AddressError as error:
        row.refuse("address", error.detail)
        return None


def take_technician(session: Session, row: Row, ground: Ground) -> Outcome:
    """One technician at one point: the person, the seat with its badge, and the qualifications told.

    Whoever has this very name and number on Ondol is the same person, as a technician of several makers is.
    """
    point = _point(session, row, ground)
    wanted = _qualifications(row)
    since, until = row.day("qualified_from"), row.day("qualified_to")
    name, phone = row.text("name"), row.text("phone")
    login = row.text("login")
    if login and (not 3 <= len(login) <= 60 or any(c.isspace() for c in login)):
        row.refuse("login", _("아이디는 빈칸 없이 3자에서 60자까지 적어 주세요."))
    row.check()
    assert point is not None
    person_id = find_same_person(session, name=name, phone=phone)
    is_stranger = person_id is None
    is_new = person_id is None or not _has_seat(session, person_id, point.id, ground)
    if person_id is None:
        person_id = add_person(
            session,
            name=name,
            phone=phone,
            login=None,
            password=None,
            company_id=ground.company_id,
            by=ground.by,
            now=ground.now,
        )
    if is_new:
        grant_membership(
            session,
            person_id=person_id,
            company_id=ground.company_id,
            role=Role.TECHNICIAN,
            point_id=point.id,
            badge_number=row.text("badge"),
            by=ground.by,
            now=ground.now,
        )
    if is_stranger and login:  # after the seat: behind the wall a savepoint's new person is seen by it alone
        add_account(session, person_id=person_id, login=login, password=None, now=ground.now)
    technician_id = technician_of_person(session, person_id=person_id)
    assert technician_id is not None
    held = {q.code for q in list_qualifications(session, technician_ids=[technician_id])[technician_id]}
    for code in [code for code in wanted if code not in held]:
        is_new = True
        add_qualification(
            session,
            technician_id=technician_id,
            company_id=ground.company_id,
            code=code,
            certificate=row.text("certificate"),
            valid_from=since or today_kst(ground.now),
            valid_to=until,
            by=ground.by,
            now=ground.now,
        )
    return Outcome.TAKEN if is_new else Outcome.PRESENT


def _point(session: Session, row: Row, ground: Ground) -> PointInfo | None:
    try:
        return get_point_by_code(session, company_id=ground.company_id, code=row.text("point").lower())
    except NotFoundError as error:
        row.refuse("point", error.detail)
        return None


def _has_seat(session: Session, person_id: int, point_id: int, ground: Ground) -> bool:
    try:
        person = get_staff(session, company_id=ground.company_id, person_id=person_id)
    except NotFoundError:
        return False
    return any(
        seat.role is Role.TECHNICIAN and seat.service_point_id == point_id
        for seat in person.current(ground.now)
    )


def _qualifications(row: Row) -> list[str]:
    """Codes or their Korean names, parted by commas, slashes or blanks between words."""
    words = {label: code for code, label in QUALIFICATIONS.items()} | {code: code for code in QUALIFICATIONS}
    plain = row.text("qualifications")
    if plain and row.kind.column("qualifications") is not None:
        return list(dict.fromkeys(_codes(row, plain, words)))
    return []


def _codes(row: Row, plain: str, words: dict[str, str]) -> list[str]:
    codes = []
    for part in (part.strip() for part in plain.replace("/", ",").replace(";", ",").split(",")):
        if not part:
            continue
        found = {name.replace(" ", "").casefold(): code for name, code in words.items()}.get(
            part.replace(" ", "").casefold()
        )
        if found is None:
            row.refuse(
                "qualifications",
                _("‘{given}’은(는) 모르는 자격입니다. 이 가운데서 적어 주세요: {words}").format(
                    given=part[:30], words=", ".join(_(label) for label in QUALIFICATIONS.values())
                ),
            )
        else:
            codes.append(found)
    return codes


POINTS = Kind(
    code="points",
    label=N_("서비스점"),
    take=take_point,
    columns=(
        Column("code", N_("서비스점 코드"), ("코드", "점코드", "지점코드", "point code"), True, "gangnam-1"),
        Column(
            "name", N_("이름"), ("서비스점 이름", "점명", "서비스점명", "상호", "point name"), True, "강남점"
        ),
        Column("address", N_("주소"), ("소재지", "address"), True, "서울 강남구 역삼동 735"),
        Column("desk_phone", N_("창구 전화"), ("전화", "전화번호", "대표전화", "phone"), True, "02-555-0100"),
        Column(
            "kind", N_("운영 방식"), ("구분", "종류", "유형", "type"), False, "지정점", N_("직영 또는 지정점")
        ),
        Column("daily_limit", N_("하루 방문 한도"), ("한도", "일한도", "limit"), False, "40"),
        Column("lat", N_("위도"), ("latitude",), False, ""),
        Column("lon", N_("경도"), ("longitude", "lng"), False, ""),
    ),
    note=N_("오늘부터 열리고, 창구는 평일 9시~18시, 주말과 공휴일 9시~13시로 시작합니다."),
)

TECHNICIANS = Kind(
    code="technicians",
    label=N_("기사"),
    take=take_technician,
    columns=(
        Column("name", N_("이름"), ("기사명", "성명", "기사 이름"), True, "박성호"),
        Column(
            "phone", N_("휴대전화"), ("전화", "전화번호", "연락처", "핸드폰", "mobile"), True, "010-1234-5678"
        ),
        Column("point", N_("서비스점 코드"), ("서비스점", "점코드", "소속", "point code"), True, "gangnam-1"),
        Column("badge", N_("기사 번호"), ("사번", "기사번호", "badge number", "id"), True, "K-1024"),
        Column("login", N_("아이디"), ("로그인", "login id"), False, "k1024"),
        Column(
            "qualifications",
            N_("자격"),
            ("자격증", "보유 자격"),
            False,
            "가스시설 시공, 콘덴싱 보일러",
            N_("쉼표로 여러 개"),
        ),
        Column("certificate", N_("자격증 번호"), ("자격번호",), False, "2019-1234"),
        Column("qualified_from", N_("자격 시작일"), ("취득일", "자격 취득일"), False, "2019-11-02"),
        Column("qualified_to", N_("자격 만료일"), ("만료일",), False, "2027-11-01"),
    ),
    fields={"badge_number": "badge", "valid_to": "qualified_to"},
    note=N_(
        "아이디만 만들어지고 비밀번호는 없습니다. 사람 화면에서 비밀번호를 정해 주세요. 근무는 따로 넣습니다."
    ),
)
