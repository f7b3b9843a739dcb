"""Settings from the environment. Whatever is not set has a default that works on a laptop."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`COALITION_DATABASE_URL`: a PostgreSQL server of one's own; `COALITION_DATA`: the data folder."""

    model_config = SettingsConfigDict(env_prefix="COALITION_")

    database_url: SecretStr | None = None
    data: Path | None = None
