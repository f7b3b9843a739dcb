"""`coalition report`: reports of `settlement.reporting` as tables, JSON, CSV and charts."""
