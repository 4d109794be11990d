"""What a person may see before giving a reason: names, phones and addresses with their middle hidden."""

from __future__ import annotations

import re
import unicodedata

from core.phones import PhoneError, format_digits, parse_phone

STAR = "*"
HIDDEN = "***"

_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]?")
_KOREAN_NAME = re.compile(r"[가-힣一-鿿]+")
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９＋－．（）", "0123456789+-.()")
_GAP = r"[\s.\-‐‑‒–—−·)]{0,3}"
_PHONE_IN_TEXT = re.compile(
    rf"(?<![\d-])(?:\+?82{_GAP}\(?0?\)?|\(?0)"
    rf"(?:10|1[16789]|2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|80|50\d){_GAP}\d{{3,4}}{_GAP}\d{{4}}(?![\d])"
)
_AREA_TOKEN = re.compile(r"[가-힣][가-힣0-9·.,]*?(?:동|읍|면|리|가)$")
_REGION_TOKEN = re.compile(r"[가-힣]+$")
_ROAD_TOKEN = re.compile(r"[가-힣0-9]*[가-힣](?:대로|로|길)(?:\d+(?:번)?(?:가?길)?)?$")
_GLUED_NUMBER = re.compile(r"(?<=[동읍면리가로길])(?=(?:산\s*)?\d+(?:-\d+)?(?:번지)?(?:[\s,(]|$))")
_GLUED_REGION = re.compile(r"^[가-힣]*[시군구](?=[가-힣])")


def mask_name(name: str) -> str:
    """김영자 -> 김*자, 김영 -> 김*; foreign words keep their first letter. Remarks are dropped."""
    plain = " ".join(_BRACKETS.sub(" ", unicodedata.normalize("NFKC", name)).split())
    joined = plain.replace(" ", "")
    if not joined:
        return STAR if name.strip() else ""
    if not _KOREAN_NAME.fullmatch(joined):
        return " ".join(_keep_first(word) for word in plain.split(" "))
    if len(joined) <= 2:
        return _keep_first(joined)
    return joined[0] + STAR * (len(joined) - 2) + joined[-1]


def mask_phone(phone: str) -> str:
    """010-1234-5678 -> 010-****-5678, 02-555-0101 -> 02-***-0101, from any writing; never raises."""
    if not phone.strip():
        return ""
    try:
        shown = format_digits(parse_phone(phone).digits)
    except PhoneError:
        return HIDDEN
    head, *middle, last = shown.split("-")
    if not middle:  # 1588-1234: nothing but the company's code may stay
        return f"{head}-{STAR * len(last)}"
    return "-".join([head, *(STAR * len(part) for part in middle), last])


def mask_address(address: str) -> str:
    """The address up to 동/읍/면 and ***; a road address without its 동 stops before the road's name."""
    plain = unicodedata.normalize("NFKC", address).strip()
    if not plain:
        return ""
    head = _GLUED_NUMBER.sub(" ", _BRACKETS.sub(" ", plain)).replace(",", " ")
    kept: list[str] = []
    for token in head.split():
        if _ROAD_TOKEN.match(token) and not _AREA_TOKEN.match(token):
            glued = _GLUED_REGION.match(token)
            kept += [glued.group()] if glued else []
            return _with_bracketed_dong(kept, plain)
        if not _REGION_TOKEN.match(token) and not _AREA_TOKEN.match(token):
            break
        kept.append(token)
        if _AREA_TOKEN.match(token) and not token.endswith("리"):
            break
    return " ".join([*kept, HIDDEN])


def mask_text(text: str) -> str:
    """Free text with every personal phone number masked. Company numbers such as 1588-1234 stay readable."""
    searched = text.translate(_WIDE_DIGITS)
    parts: list[str] = []
    done = 0
    for found in _PHONE_IN_TEXT.finditer(searched):
        parts += [text[done : found.start()], mask_phone(found.group())]
        done = found.end()
    return "".join([*parts, text[done:]])


def _keep_first(word: str) -> str:
    return word[0] + STAR * (len(word) - 1) if len(word) > 1 else STAR


def _with_bracketed_dong(kept: list[str], plain: str) -> str:
    """A road address names its 동 in brackets: 테헤란로 123 (역삼동)."""
    for bracket in _BRACKETS.findall(plain):
        first = re.split(r"[,\s]", bracket.strip("()[] "))[0]
        if _AREA_TOKEN.match(first):
            return " ".join([*kept, first, HIDDEN])
    return " ".join([*kept, HIDDEN])
