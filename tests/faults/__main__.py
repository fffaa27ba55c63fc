"""python -m tests.faults [--days 60] [--seed 2026] [--write docs/faults.md]"""

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.faults.bench import Clock, Redis, environment, own_folder
from tests.live import ROOT, scratch_database
from tests.mail_server import smtp_server

DATABASE = "postgres://postgres@127.0.0.1:5432/postgres"


def main() -> int:
    parser = argparse.ArgumentParser(description="真的故障演練：六十天，邊走邊壞。")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--write", default="", help="換掉這個文件裏的結果表")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder(Path(tempfile.mkdtemp(prefix="faults-"))))
        database = scratch_database(os.environ.get("DATABASE_URL") or DATABASE)
        url = stack.enter_context(database)
        redis = Redis(folder)
        redis.start()
        stack.callback(redis.stop)
        server = stack.enter_context(smtp_server())
        ours = environment(folder, url, redis.url, server.port)
        os.environ.update(ours)
        rehearsal = _rehearsal(folder, redis, server, ours, options)
        stack.callback(rehearsal.stop)
        try:
            rehearsal.run(options.days)
        except BaseException:
            sys.stderr.write((folder / "worker.log").read_text(encoding="utf-8")[-6000:])
            raise
    table = rehearsal.table()
    sys.stdout.write(table)
    if options.write:
        _replace_table(ROOT / options.write, table)
    return 0


def _replace_table(page: Path, table: str) -> None:
    """換掉那一頁裏的結果表，別的話不動。"""
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    rows = [number for number, line in enumerate(lines) if line.startswith("|")]
    lines[rows[0] : rows[-1] + 1] = [table]
    page.write_text("".join(lines), encoding="utf-8")


def _rehearsal(folder: Path, redis: Redis, server: object, ours: dict, options: object) -> object:
    import django

    django.setup()
    from django.core.management import call_command

    from tests.faults.rehearsal import Rehearsal

    call_command("migrate", verbosity=0)
    return Rehearsal(
        folder=folder,
        redis=redis,
        mail=server,
        environment=ours,
        clock=Clock(folder / "clock"),
        seed=options.seed,
    )


if __name__ == "__main__":
    sys.exit(main())
