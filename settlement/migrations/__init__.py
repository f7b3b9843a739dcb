"""Alembic migrations of the books; `coalition db migrate` runs them."""
