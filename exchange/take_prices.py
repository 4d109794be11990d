"""Lines of a price list, each from a day on; nothing is overwritten."""

from __future__ import annotations

from typing import cast

from sqlmodel import Session

from billing.price_history import PriceRow, list_price_lines
from billing.schemas import LINE_CODE, VISIT_FEE, FeeTier, PriceKind
from billing.service import set_price
from core.clock import today_kst
from core.i18n import N_, _
from exchange.rows import Column, Ground, Kind, Outcome, Row

KINDS = {
    "출장비": "visit_fee",
    "기술료": "labour",
    "부품비": "parts",
    "공임": "labour",
    "부품": "parts",
} | {code: code for code in ("visit_fee", "labour", "parts")}
TIERS = {"언제나": "any", "주간": "day", "야간·휴일": "night_holiday", "야간": "night_holiday"} | {
    code: code for code in ("any", "day", "night_holiday")
}


def take_price(session: Session, row: Row, ground: Ground) -> Outcome:
    """One price. A day that is over, or that has another price, is refused; the very same is `PRESENT`."""
    code, label = row.text("code").upper(), row.text("label")
    kind, tier = row.word("kind", KINDS), row.word("tier", TIERS, default="any")
    amount, day = row.won("amount"), row.day("valid_from")
    if not LINE_CODE.fullmatch(code):
        row.refuse("code", _("영문 대문자로 시작해 대문자, 숫자, 밑줄만 40자까지 적어 주세요."))
    if kind and code and (kind == "visit_fee") != (code == VISIT_FEE):
        row.refuse(
            "code",
            _("출장비의 코드는 {code}이고, 다른 종류는 이 코드를 쓸 수 없습니다.").format(code=VISIT_FEE),
        )
    if kind == "visit_fee" and tier not in [each.value for each in FeeTier]:
        row.refuse("tier", _("출장비는 주간과 야간·휴일을 한 줄씩 적어 주세요."))
    if kind in ("labour", "parts") and tier != "any":
        row.refuse("tier", _("기술료와 부품비에는 시간대가 없습니다. 비워 두세요."))
    row.check()
    assert amount is not None and day is not None
    line = next(
        (
            line
            for line in list_price_lines(session, company_id=ground.company_id, day=today_kst(ground.now))
            if line.code == code and (line.tier == tier or kind != "visit_fee")
        ),
        None,
    )
    of_day = (
        next((each for each in line.rows if each.valid_from == day and _counts(each)), None) if line else None
    )
    if of_day is not None and (of_day.amount, of_day.label) == (amount, label):
        return Outcome.PRESENT
    if line is not None and line.kind != kind:
        row.refuse("kind", _("이미 다른 종류로 있는 코드입니다. 새 코드를 적어 주세요."))
    if day < today_kst(ground.now):
        row.refuse(
            "valid_from", _("지난 날짜로는 가격을 바꿀 수 없습니다. 오늘이나 뒤의 날짜를 적어 주세요.")
        )
    if of_day is not None:  # else the later line of a file would silently win, and each import undo the last
        row.refuse(
            "amount",
            _(
                "이날부터의 값이 이미 있습니다({label}, {amount}원). 바꾸려면 가격표 화면에서 고쳐 주세요."
            ).format(label=of_day.label, amount=f"{of_day.amount:,}"),
        )
    row.check()
    set_price(
        session,
        company_id=ground.company_id,
        code=code,
        label=label,
        kind=cast("PriceKind", kind),
        tier=tier,
        amount=amount,
        valid_from=day,
        source=row.text("source"),
        by=ground.by,
        now=ground.now,
    )
    return Outcome.TAKEN


def _counts(each: PriceRow) -> bool:
    return not each.withdrawn and not each.replaced


PRICES = Kind(
    code="prices",
    label=N_("가격표"),
    take=take_price,
    columns=(
        Column("code", N_("항목 코드"), ("코드", "품번", "item code"), True, "LABOUR_IGNITION"),
        Column("label", N_("이름"), ("항목", "항목명", "품명", "name"), True, "점화부 수리"),
        Column("kind", N_("종류"), ("구분", "type"), True, "기술료", N_("출장비, 기술료, 부품비")),
        Column("tier", N_("시간대"), ("주야", "time"), False, "", N_("출장비만: 주간, 야간·휴일")),
        Column(
            "amount", N_("금액"), ("가격", "단가", "금액(원)", "price"), True, "32,000원", N_("부가세 포함")
        ),
        Column("valid_from", N_("언제부터"), ("시행일", "적용일", "시작일", "from"), True, "2027-01-01"),
        Column("source", N_("근거"), ("출처", "공문"), True, "2027년 가격표 공문"),
    ),
)
