"""Files as people save them, cut into rows."""

from __future__ import annotations

import pytest

from exchange.table_file import (
    LONGEST_ROW,
    MAX_FILE_BYTES,
    UnreadableFileError,
    plain_name,
    read_table,
    unguard,
)

ROWS = "이름,전화\n김영자,010-1234-5678\n박노인,02-555-0101\n"


@pytest.mark.parametrize(
    "content",
    [
        ROWS.encode(),
        ROWS.encode("utf-8-sig"),
        ROWS.encode("cp949"),
        ROWS.encode("utf-16"),
        ROWS.replace("\n", "\r\n").encode("cp949"),
        ROWS.replace("\n", "\r").encode(),
        ROWS.replace(",", ";").encode("utf-8-sig"),
        ROWS.replace(",", "\t").encode("utf-16"),
        ("sep=;\r\n" + ROWS.replace(",", ";")).encode(),
        ("\n\n,,\n" + ROWS + "\n , \n\n").encode(),
    ],
)
def test_any_way_of_saving_gives_the_same_rows(content: bytes) -> None:
    table = read_table(content)
    assert table.header == ("이름", "전화")
    assert [row.cells for row in table.rows] == [("김영자", "010-1234-5678"), ("박노인", "02-555-0101")]


def test_a_row_is_named_by_its_first_line_in_the_file() -> None:
    table = read_table('이름,메모\n\n"김영자","첫 줄\n둘째 줄, 쉼표도\n""따옴표"""\n박노인,끝\n'.encode())
    assert [(row.line, row.cells) for row in table.rows] == [
        (3, ("김영자", '첫 줄\n둘째 줄, 쉼표도\n"따옴표"')),
        (6, ("박노인", "끝")),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    table = read_table(b'a,b\nsize 5",3\n"open,1\nfine,2\n')
    assert [bool(row.problem) for row in table.rows] == [False, True, False]
    assert table.rows[0].cells == ('size 5"', "3")
    assert table.rows[1].line == 3


def test_a_line_without_end_is_refused_and_the_others_are_not() -> None:
    endless = "x" * (LONGEST_ROW + 1)
    table = read_table(f'a,b\n1,2\n"{endless}",3\n{endless}\n4,5\n'.encode())
    assert [bool(row.problem) for row in table.rows] == [False, True, True, False]


def test_a_file_beyond_measure_is_refused_before_it_is_read() -> None:
    with pytest.raises(UnreadableFileError, match="MB"):
        read_table(b"x" * (MAX_FILE_BYTES + 1))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b" , ,\n"])
def test_an_empty_file_says_what_belongs_into_it(content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match="빈 파일"):
        read_table(content)


def test_what_is_no_text_is_not_guessed() -> None:
    with pytest.raises(UnreadableFileError, match="UTF-8"):
        read_table(b"\x81\xff\x00\xfe\xff")


@pytest.mark.parametrize(
    ("header", "same"),
    [
        (" 전화 번호 ", "전화번호"),
        ("전화번호(필수)", "전화번호"),
        ("Old_Number", "oldnumber"),
        ("ＩＤ", "id"),
    ],
)
def test_headings_are_compared_without_what_varies(header: str, same: str) -> None:
    assert plain_name(header) == same


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ('="01012345678"', "01012345678"),
        ("'=1+1", "=1+1"),
        ("''quoted", "'quoted"),
        ("'90s", "'90s"),
        ("-5", "-5"),
    ],
)
def test_what_spreadsheets_put_around_a_cell_goes(cell: str, plain: str) -> None:
    assert unguard(cell) == plain
