"""What holds for every test: how long Hypothesis may think, and how its cases are drawn."""

import os

from hypothesis import settings

# No deadline: these tests share the machine with a database. In CI the same cases are drawn on every run.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
