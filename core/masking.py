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
_UNIT_IN_TEXT = re.compile(
    r"(?<![가-힣0-9])(?:[가-힣A-Za-z]|\d{1,4})\s?동\s*\d{1,4}\s?호(?!선)"
    r"|(?<!\d)\d{2,4}\s?호(?![가-힣])"
)
_HOUSE_IN_TEXT = re.compile(
    r"(?<![가-힣])([가-힣]+\d{0,2}(?:동|읍|면|리|가|대로|(?<!으)로|길)(?:\d{1,3}(?:번?가?길))?)"
    r"\s(?:산\s?)?\d{1,4}(?:-\d{1,4})?"
    r"(?=번지|[\s,()]*$|,\s|\s\(|\s(?:\d|[가-힣A-Za-z]{1,12}(?:아파트|빌라|빌딩|주택|동)))"
)
_DOOR_IN_TEXT = re.compile(
    r"((?:비밀\s?번호|비번|암호|도어\s?락|현관|출입\s?번호|열쇠\s?번호)[^\d\n#*]{0,12})"
    r"[#*]?\d[\d#*\- ]{1,12}[\d#*]"
)
_LINK = re.compile(r"(https?://\S*?/t/)\S+")
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
        return mask_digits(parse_phone(phone).digits)
    except PhoneError:
        return HIDDEN


def mask_digits(digits: str) -> str:
    """The same from the digits as dialled inside Korea, 01012345678."""
    head, *middle, last = format_digits(digits).split("-")
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
    """Free text with what reads like a personal phone number, a house number, a 동·호 or a door code masked.

    Company numbers such as 1588-1234, dates, times and amounts stay readable. A name cannot be told from any
    other word: whoever knows the people hides their names (`web.presenters.masks`).
    """
    return _mask_homes(_mask_phones(text))


def mask_links(text: str) -> str:
    """A text with the secret part of each family's link hidden: whoever has it opens the family's page."""
    return _LINK.sub(rf"\1{HIDDEN}", text)


def _mask_homes(text: str) -> str:
    text = _DOOR_IN_TEXT.sub(rf"\1{HIDDEN}", text)
    text = _UNIT_IN_TEXT.sub(HIDDEN, text)
    return _HOUSE_IN_TEXT.sub(rf"\1 {HIDDEN}", text)


def _mask_phones(text: str) -> str:
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
