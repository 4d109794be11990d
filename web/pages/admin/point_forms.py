"""The forms of a service point."""

from __future__ import annotations

from datetime import date

from core import weekdays
from core.i18n import _
from core.phones import displayed
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, MapPick
from web.pages.admin.typed import Typed
from workforce.points import HoursInfo
from workforce.schemas import PointInfo

SECTION = "/admin/points"
KOREA = (36.4, 127.8, 7)


def weekday_names() -> list[str]:
    """Monday 0 … Sunday 6, 7 for public holidays."""
    return [*weekdays.weekday_names(), _("공휴일")]


def new(kind: str, *, typed: Typed | None = None, notice: tuple[str, str] | None = None) -> FormPage:
    """A new point; with what was typed it shows the place on the map."""
    code = Entry(
        "code",
        _("서비스점 코드"),
        hint=_("영문 소문자와 숫자. 예: gangnam-1"),
        attrs={"autocomplete": "off", "autocapitalize": "none", "maxlength": 20},
    )
    return FormPage(
        title=_("서비스점 넣기"),
        action=f"{SECTION}/new",
        section=SECTION,
        back=SECTION,
        entries=[code, *_entries(None, kind)],
        lead=_(
            "오늘부터 열리고, 창구는 평일 9시~18시, 주말과 공휴일 9시~13시로 시작합니다. "
            "나중에 바꿀 수 있습니다."
        ),
        notes=[notice] if notice and notice[0] != "bad" else [],
        map=_map(typed, None),
    )


def edit(
    point: PointInfo, *, opened_on: date, typed: Typed | None = None, notice: tuple[str, str] | None = None
) -> FormPage:
    """An existing point."""
    return FormPage(
        title=_("{name} 고치기").format(name=point.name),
        action=f"{SECTION}/{point.code}/edit",
        section=SECTION,
        back=f"{SECTION}/{point.code}",
        entries=_entries(point, point.kind),
        notes=[notice] if notice and notice[0] != "bad" else [],
        map=_map(typed, point),
        facts=[(_("코드"), point.code), (_("문을 연 날"), opened_on.isoformat())],
        facts_title=_("바꿀 수 없는 것"),
    )


def end(point: PointInfo, today: date) -> FormPage:
    """The last day of a point."""
    return FormPage(
        title=_("{name} 문 닫기").format(name=point.name),
        action=f"{SECTION}/{point.code}/end",
        section=SECTION,
        back=f"{SECTION}/{point.code}",
        kind="danger",
        submit=_("날짜 정하기"),
        lead=_("그날부터 새 접수가 가지 않습니다. 이미 약속한 방문은 남으니 배차 화면에서 옮겨 주세요."),
        entries=[
            Entry(
                "day",
                _("문을 닫는 첫날"),
                "date",
                point.open_until.isoformat() if point.open_until else "",
                hint=_("비우면 다시 계속 엽니다."),
                required=False,
                attrs={"min": today.isoformat()},
            ),
            Entry("reason", _("이유"), wide=True),
        ],
    )


def hours(point: PointInfo, held: dict[int, HoursInfo], today: date) -> FormPage:
    """Desk hours of the week."""
    entries = [
        Entry(
            "valid_from",
            _("언제부터"),
            "date",
            today.isoformat(),
            attrs={"min": today.isoformat()},
            wide=True,
        )
    ]
    for weekday, name in enumerate(weekday_names()):
        now = held.get(weekday)
        entries += [
            Entry(
                f"opens_{weekday}",
                _("{day} 여는 때").format(day=name),
                "time",
                f"{now.opens:%H:%M}" if now else "",
                required=False,
            ),
            Entry(
                f"closes_{weekday}",
                _("{day} 닫는 때").format(day=name),
                "time",
                f"{now.closes:%H:%M}" if now else "",
                required=False,
            ),
        ]
    return FormPage(
        title=_("{name} 창구 시간").format(name=point.name),
        action=f"{SECTION}/{point.code}/hours",
        section=SECTION,
        back=f"{SECTION}/{point.code}",
        entries=entries,
        lead=_("쉬는 날은 두 칸을 비워 두세요. 닫는 때가 여는 때보다 이르면 다음 날까지입니다."),
    )


def closure(point: PointInfo, today: date) -> FormPage:
    """A stretch in which it takes nothing new."""
    day = today.isoformat()
    return FormPage(
        title=_("{name} 휴무 넣기").format(name=point.name),
        action=f"{SECTION}/{point.code}/closures",
        section=SECTION,
        back=f"{SECTION}/{point.code}",
        submit=_("휴무 넣기"),
        lead=_("그동안 새 접수는 다음으로 가까운 서비스점으로 가고, 여기 적은 이유가 함께 보입니다."),
        entries=[
            Entry("first_day", _("쉬기 시작하는 날"), "date", day, attrs={"min": day}),
            Entry("start", _("시각"), "time", "00:00"),
            Entry("last_day", _("다시 여는 날"), "date", "", attrs={"min": day}),
            Entry("end", _("시각"), "time", "00:00"),
            Entry("reason", _("이유"), wide=True, attrs={"placeholder": _("예: 설 연휴, 침수")}),
        ],
    )


def _entries(point: PointInfo | None, kind: str) -> list[Entry]:
    return [
        Entry("name", _("이름"), value=point.name if point else "", attrs={"placeholder": _("예: 강남점")}),
        Entry(
            "address",
            _("주소"),
            "address",
            point.address if point else "",
            hint=_("도로명이나 지번을 적고 ‘위치 찾기’를 누르면 지도에 보입니다."),
            wide=True,
        ),
        Entry("desk_phone", _("창구 전화"), "tel", displayed(point.desk_phone) if point else ""),
        Entry(
            "daily_limit",
            _("하루 방문 한도"),
            "number",
            "" if point is None or point.daily_limit is None else point.daily_limit,
            hint=_("비우면 기사들의 시간이 닿는 만큼 받습니다."),
            required=False,
            unit=_("건/하루"),
        ),
        Entry(
            "kind",
            _("운영 방식"),
            "choices",
            kind,
            options=[
                ("direct", _("직영"), _("배정하면 바로 받습니다")),
                ("designated", _("지정점"), _("정해진 시간 안에 받거나 거절합니다")),
            ],
            wide=True,
        ),
        Entry("lat", _("위도"), "number", f"{point.lat:.6f}" if point else "", required=False),
        Entry("lon", _("경도"), "number", f"{point.lon:.6f}" if point else "", required=False),
    ]


def _map(typed: Typed | None, point: PointInfo | None) -> MapPick:
    try:
        if typed is not None and typed.raw("lat"):
            lat, lon = float(typed.raw("lat")), float(typed.raw("lon"))
            if 33 <= lat <= 39 and 124 <= lon <= 132:
                return MapPick(lat, lon, 11, known=True)
    except ValueError:
        pass
    if point is not None:
        return MapPick(point.lat, point.lon, 11, known=True, name=point.name)
    return MapPick(*KOREA, known=False)
