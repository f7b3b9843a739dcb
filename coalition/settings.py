"""Settings from the environment. Whatever is not set has a default that works on a laptop."""

import os
from pathlib import Path

import platformdirs
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`COALITION_DATABASE_URL`: a PostgreSQL server of one's own; `COALITION_DATA`: the data folder."""

    model_config = SettingsConfigDict(env_prefix="COALITION_")

    database_url: SecretStr | None = None
    data: Path | None = None


def default_data_folder() -> Path:
    """Where data goes without `--data`: /var/lib/coalition for root, else `coalition` in the user's data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/coalition")
    return platformdirs.user_data_path("coalition", appauthor=False)
