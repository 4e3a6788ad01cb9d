"""A PostgreSQL of the tests: made in a temporary folder, started, stopped and started again."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from support import needs

HOW = "apt-get install postgresql"
_BIN = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda path: int(path.parent.name))


class Cluster:
    """One server of databases, by a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, program: str, *arguments: str) -> str:
        """Run one of its programs, as somebody who may: PostgreSQL does not run as root."""
        assert _BIN is not None
        who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*who, str(_BIN / program), *arguments], capture_output=True, text=True, check=False, cwd=self.folder
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off"
        self.run(
            "pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "-o", options, "start"
        )

    def stop(self, mode: str = "fast") -> None:
        """`immediate` is as if it had been killed."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    def cut_off(self) -> None:
        """End all connections, as a router in between does."""
        with psycopg.connect(self._url, autocommit=True) as db:
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()")

    @property
    def _url(self) -> str:
        return f"postgresql://tester@/postgres?host={self.folder}"

    def empty(self) -> str:
        """The URL of its one database, which has nothing in it, and that nobody uses any more."""
        with psycopg.connect(self._url, autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE usename = 'tester'"
                " AND pid != pg_backend_pid()"
            )
            db.execute("DROP SCHEMA IF EXISTS ringmock CASCADE")
        return self._url


@contextmanager
def cluster() -> Iterator[Cluster]:
    """One that is started; stopped and removed at the end."""
    needs(_BIN is not None and (_BIN / "initdb").exists(), "PostgreSQL", HOW)
    folder = Path(tempfile.mkdtemp(prefix="ringmock-pg-"))
    try:
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
        made = Cluster(folder)
        made.run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "tester", "--no-sync", "-E", "UTF8")
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
