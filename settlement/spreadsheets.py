"""What a spreadsheet program would make of a text in a file that it opens."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_text(value: str) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, "CSV injection"): it is led by an apostrophe if it must be."""
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
