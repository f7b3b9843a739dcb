"""Generated from proto/coalition/api/v1 by `make proto`; never edited."""
