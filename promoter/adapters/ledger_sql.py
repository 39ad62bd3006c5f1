"""The ledger in a relational database, through SQLAlchemy Core; on SQLite today.

An append is one transaction: the head row is moved by compare-and-swap (`UPDATE ... WHERE size and root are the ones
seen`, one row or nothing), then the entries are inserted under their indexes. So of any number of writers one wins and
the others see a Conflict; nothing is read inside the transaction. The head row keeps the Merkle tree's right edge.
On SQLite a commit is on disk when it returns (WAL, synchronous=FULL), and triggers stop UPDATE, DELETE and REPLACE: a
guard against accidents, not against the owner of the file, whom only anchors outside find out (`core.audit`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    cast,
    create_engine,
    event,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from promoter.core.audit import ENTRY_LIMIT, entry_refs
from promoter.core.checkpoint import Checkpoint, NoteSigner, build_body, check_name, sign_note
from promoter.core.codes import Code
from promoter.core.merkle import HASH_SIZE, Frontier, leaf_hash
from promoter.ports import Conflict, Head, OutsideError, Stored

_PAGE = 500  # entries per query while reading
_SQLITE_QUERY = {"timeout": "10"}  # seconds that a writer waits for another one, unless the URL has its own
_INDEX = BigInteger().with_variant(Integer, "sqlite")

_tables = MetaData()
_entry = Table(
    "ledger_entry",
    _tables,
    Column("n", _INDEX, primary_key=True, autoincrement=False),
    Column("raw", LargeBinary, CheckConstraint(f"length(raw) <= {ENTRY_LIMIT}"), nullable=False),
)
_head = Table(
    "ledger_head",
    _tables,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("origin", String(255), nullable=False),
    Column("size", _INDEX, nullable=False),
    Column("root", String(64), nullable=False),
    Column("edge", LargeBinary, nullable=False),
)
_SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {action} BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
    for name, action in (
        (
            "ledger_entry_next",
            "INSERT ON ledger_entry WHEN NEW.n <> (SELECT coalesce(max(n), -1) + 1 FROM ledger_entry)",
        ),
        ("ledger_entry_kept", "DELETE ON ledger_entry"),
        ("ledger_entry_same", "UPDATE ON ledger_entry"),
        ("ledger_head_one", "INSERT ON ledger_head WHEN EXISTS (SELECT 1 FROM ledger_head)"),
        ("ledger_head_kept", "DELETE ON ledger_head"),
        ("ledger_head_grows", "UPDATE ON ledger_head WHEN NEW.size <= OLD.size OR NEW.origin <> OLD.origin"),
    )
)


class SqlLedger:
    """`ports.Ledger` in a database, made where there is none; safe for threads and for several processes."""

    def __init__(self, place: str | Path, origin: str, signer: NoteSigner) -> None:
        """Open or make the ledger `origin` at a file path or a database URL; `signer` signs its checkpoints.

        Raises OutsideError when it cannot be opened or belongs to another origin, ValueError for a bad origin.
        """
        check_name(origin)
        self._origin = origin
        self._signer = signer
        self._engine, self._name = _open(place)
        with self._reported():
            self._prepare()
        if (found := self._head_row().origin) != origin:
            detail = (
                f"ledger {self._name} belongs to {found!r}, not to {origin!r}: configure its origin or another place"
            )
            raise OutsideError(Code.OUTSIDE_CONFLICT, detail)

    def close(self) -> None:
        """Close the connections; the ledger is not used any more."""
        self._engine.dispose()

    def head(self) -> Head:
        row = self._head_row()
        return Head(row.size, row.root)

    def append(self, entries: tuple[bytes, ...], after: Head) -> Head:
        """Append as the port says; raises ValueError for no entries at all or one that is none (`entry_refs`)."""
        if not entries:
            raise ValueError("nothing to append")
        for raw in entries:
            entry_refs(raw)
        tree = self._frontier(after)
        for raw in entries:
            tree = tree.append(leaf_hash(raw))
        new = Head(tree.size, tree.root.hex())
        with self._reported(), self._engine.begin() as connection:
            _swap(connection, after, new, tree)
            rows = [{"n": after.size + at, "raw": raw} for at, raw in enumerate(entries)]
            connection.execute(insert(_entry), rows)
        return new

    def read(self, start: int = 0) -> Iterator[Stored]:
        while page := self._page(start):
            yield from page
            start = page[-1].index + 1

    def checkpoint(self) -> str:
        head = self.head()
        return sign_note(build_body(Checkpoint(self._origin, head.size, head.root)), self._signer)

    def _prepare(self) -> None:
        """Make what is not there yet; of two who do so at once, the second finds it made."""
        with self._engine.begin() as connection:
            for table in _tables.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
            if connection.dialect.name == "sqlite":
                for guard in _SQLITE_GUARDS:
                    connection.exec_driver_sql(guard)
        empty = Frontier()
        first = {"id": 1, "origin": self._origin, "size": 0, "root": empty.root.hex(), "edge": b""}
        try:
            with self._engine.begin() as connection:
                if connection.execute(select(_head.c.id)).first() is None:
                    connection.execute(insert(_head), first)
        except IntegrityError:
            return  # another process was first

    def _head_row(self) -> Row[Any]:
        """Give the head row as it is stored."""
        with self._reported(), self._engine.connect() as connection:
            row = connection.execute(select(_head)).first()
        if row is None or [type(value) for value in row] != [int, str, int, str, bytes]:
            raise self._damaged("it has no head, or one that is not as it was written")
        return row

    def _frontier(self, after: Head) -> Frontier:
        """Give the tree's right edge, checked against the root, if the head still is `after`; raises Conflict."""
        row = self._head_row()
        if Head(row.size, row.root) != after:
            raise Conflict(f"the ledger has {row.size} entries, not {after.size}, or others: look again")
        parts = tuple(row.edge[at : at + HASH_SIZE] for at in range(0, len(row.edge), HASH_SIZE))
        try:
            tree = Frontier(row.size, parts)
        except ValueError as error:
            raise self._damaged(str(error)) from error
        if tree.root.hex() != row.root:
            raise self._damaged("its right edge does not make its root")
        return tree

    def _page(self, start: int) -> tuple[Stored, ...]:
        raw = cast(_entry.c.raw, LargeBinary).label("raw")  # SQLite keeps any type in any column
        wanted = select(_entry.c.n, raw).where(_entry.c.n >= start).order_by(_entry.c.n).limit(_PAGE)
        with self._reported(), self._engine.connect() as connection:
            return tuple(Stored(row.n, row.raw or b"") for row in connection.execute(wanted))

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn what SQLAlchemy raises into an OutsideError; statements and values stay out of its text."""
        try:
            yield
        except IntegrityError as error:
            raise self._damaged(f"its entries do not end where its head says ({error.orig})") from error
        except OperationalError as error:
            busy = "locked" in str(error.orig) or "busy" in str(error.orig)
            code = Code.OUTSIDE_TIMEOUT if busy else Code.OUTSIDE_UNREACHABLE
            raise OutsideError(code, f"ledger {self._name}: {error.orig}") from error
        except DBAPIError as error:
            raise self._damaged(str(error.orig)) from error
        except SQLAlchemyError as error:
            raise OutsideError(Code.OUTSIDE_UNREACHABLE, f"ledger {self._name}: {type(error).__name__}") from error

    def _damaged(self, what: str) -> OutsideError:
        detail = f"ledger {self._name} is damaged: {what}: run `promoter log verify`"
        return OutsideError(Code.OUTSIDE_BAD_ANSWER, detail)


def _swap(connection: Connection, old: Head, new: Head, tree: Frontier) -> None:
    """Move the head from `old` to `new`, if it still is `old`; raises Conflict."""
    moved = (
        update(_head)
        .where(_head.c.size == old.size, _head.c.root == old.root)
        .values(size=new.size, root=new.root, edge=b"".join(tree.edge))
    )
    if connection.execute(moved).rowcount != 1:
        raise Conflict(f"somebody else appended after entry {old.size - 1}: look again")


def _open(place: str | Path) -> tuple[Engine, str]:
    """Give the engine for a path or URL, and its name for messages, without a password."""
    try:
        is_url = isinstance(place, str) and "://" in place
        url = make_url(str(place)) if is_url else URL.create("sqlite", database=str(place))
        name = url.render_as_string(hide_password=True) if is_url else str(place)
        is_sqlite = url.get_backend_name() == "sqlite"
        engine = create_engine(url.set(query=_SQLITE_QUERY | url.query) if is_sqlite else url, hide_parameters=True)
    except (ArgumentError, ImportError) as error:
        raise OutsideError(Code.OUTSIDE_UNREACHABLE, "the ledger's database URL names no database we know") from error
    if is_sqlite:
        event.listen(engine, "connect", _make_durable)
    return engine, name


def _make_durable(connection: Any, _record: object) -> None:
    """Set up a SQLite connection so that a commit is on disk when it returns."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
