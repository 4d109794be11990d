"""Ten thousand tickets of the system before into an empty database, and the same list again."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.intake import PLACES

ROWS = 10_000
MUST_S = 60.0
HEADINGS = (
    "예전 접수 번호,접수 시각,상태,끝난 시각,처리 내용,증상,거주자 이름,거주자 전화,주소,"
    "신청인 이름,신청인 전화,모델,메모"
)


def bench_import() -> int:
    """Print the table; 1 when the import missed its limit or refused a row."""
    from alembic import command
    from alembic.config import Config

    from callcenter.error_codes import ErrorCodeBook
    from core import clock
    from core.actor import SYSTEM
    from core.db import Database, make_engine
    from core.embedded_postgres import EmbeddedPostgres
    from exchange.importing import import_file
    from exchange.kinds import KINDS
    from exchange.rows import Ground
    from exchange.table_file import read_table
    from workforce.founding import found_company

    root = Path(__file__).resolve().parent.parent
    content, now = _content(), clock.now()
    began = time.perf_counter()
    read_table(content)
    cutting = time.perf_counter() - began
    place = Path(tempfile.mkdtemp(prefix="ondol-bench-"))
    place.chmod(0o755)
    try:
        with EmbeddedPostgres(place / "postgres") as server:
            config = Config(str(root / "alembic.ini"))
            config.attributes["url"] = server.url
            command.upgrade(config, "head")
            database = Database(make_engine(server.url, pool_size=1))
            with database.transaction() as session:
                company = found_company(
                    session,
                    code="bench",
                    name="시험 보일러",
                    phone="1588-1000",
                    admin_login="bench-admin",
                    admin_name="관리자",
                    password="bench-password",
                    now=now - timedelta(days=1),
                )
            ground = Ground(company.id, ErrorCodeBook(), SYSTEM, now)
            taken = []
            for _round in range(2):
                began = time.perf_counter()
                report = import_file(
                    database, kind=KINDS["tickets"], content=content, file_name="bench.csv", ground=ground
                )
                taken.append((time.perf_counter() - began, report))
            database.dispose()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    (first_s, first), (again_s, again) = taken
    print(f"{ROWS:,} closed tickets of {ROWS:,} homes (CP949, two people and a boiler each), both cores\n")
    print("| what | measured | must |")
    print("|---|---|---|")
    print(f"| cutting the file into rows alone (baseline) | {cutting:.1f} s | |")
    print(f"| import: {first.taken:,} taken | {first_s:.1f} s | < {MUST_S:.0f} s |")
    print(f"| the same file again: {again.present:,} already there | {again_s:.1f} s | |")
    return int(first_s > MUST_S or first.taken != ROWS or again.present != ROWS)


def _content() -> bytes:
    chance = random.Random(1)
    rows = [HEADINGS]
    for n in range(ROWS):
        number = f"{n // 10000:03}-{n % 10000:04}"
        home = f"{chance.choice(PLACES)} {100 + n % 5000}, {101 + n % 9}동 {1 + n % 20}03호"
        rows.append(
            f"A-{n},2025-0{1 + n % 9}-11 14:30,완료,2025-10-02,플러그 교체,난방 불량,김영자,010-9{number},"
            f'"{home}",김민수,010-8{number} (아들),ON-20K,오후에 오세요'
        )
    return "\n".join(rows).encode("cp949")
