"""Two hundred kills at random moments, and what they left behind."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from core.embedded_postgres import EmbeddedPostgres
from operators.database import migrate_database
from tests.core.processes import open_folder
from tests.faults.installation import open_installation
from tests.faults.kill_aftermath import find_faults
from tests.faults.kill_drill import TARGETS, begin_drill

KILLS = 200
TECHNICIANS = 60


def bench_kills() -> int:
    """Print the table; 1 when anything was lost, told twice, planned twice or timed wrongly."""
    place, began = open_folder(), time.monotonic()
    seed = int(time.time())
    with EmbeddedPostgres(place, settings={"fsync": "off"}) as server, tempfile.TemporaryDirectory() as logs:
        migrate_database(server.url)
        with open_installation(server.url, folder=Path(logs)) as installation:
            drill = begin_drill(installation, server, seed=seed, technicians=TECHNICIANS)
            drill.run(kills=KILLS)
            faults = find_faults(drill)
            texts = len(installation.house.texts())
    shutil.rmtree(place, ignore_errors=True)
    print(f"{KILLS} kills with SIGKILL while tickets are filed and taken to their end (seed {seed})\n")
    print("| what | number |")
    print("|---|---|")
    for target in TARGETS:
        print(f"| {target} killed | {drill.killed[target]} |")
    print(f"| tickets answered with 201 | {len(drill.ledger.filed)} |")
    print(f"| steps of visits answered | {len(drill.ledger.steps)} |")
    print(f"| texts told | {texts} |")
    print(f"| longest until somebody was answered again, s | {drill.slowest_s:.1f} |")
    print(f"| whole drill, s | {time.monotonic() - began:.0f} |")
    print(f"| lost, told twice, planned twice or timed wrongly | {len(faults)} (must be 0) |")
    for fault in faults[:20]:
        print(f"\n- {fault}")
    return int(bool(faults))
