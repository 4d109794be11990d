"""What a display code means. Public sources conflict, so every entry says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from callcenter.models import ErrorCode
from dispatch.schemas import CodeFact


@dataclass(frozen=True)
class CodeMeaning:
    """A display code of a model family. `safety` sends the ticket into the safety flow."""

    code: str
    family: str
    meaning: str
    safety: bool
    verified: bool


def look_up_code(session: Session, *, company_id: int, code: str) -> list[CodeMeaning]:
    """Every meaning a company's families give to a code; empty when nobody knows it."""
    query = (
        select(ErrorCode)
        .where(col(ErrorCode.company_id) == company_id, col(ErrorCode.code) == normalise_code(code))
        .order_by(col(ErrorCode.family))
    )
    return [
        CodeMeaning(
            code=row.code, family=row.family, meaning=row.meaning, safety=row.safety, verified=row.verified
        )
        for row in session.exec(query)
    ]


def normalise_code(code: str) -> str:
    """`e-3 ` and `E03` are the same display: capitals, no blanks or hyphens, no leading E, two digits."""
    text = "".join(code.split()).replace("-", "").upper().removeprefix("E")
    return text.zfill(2) if text.isdigit() else text


class ErrorCodeBook:
    """The codes as dispatch's intake asks for them (`dispatch.schemas.CodeBook`)."""

    def look_up(self, session: Session, *, company_id: int, family: str | None, code: str) -> CodeFact | None:
        """What a code means on a family (None: on any). A safety meaning of any family wins."""
        meanings = [
            meaning
            for meaning in look_up_code(session, company_id=company_id, code=code)
            if family is None or meaning.family == family
        ]
        if not meanings:
            return None
        words = " / ".join(dict.fromkeys(meaning.meaning for meaning in meanings))
        return CodeFact(meaning=words, safety=any(meaning.safety for meaning in meanings))
