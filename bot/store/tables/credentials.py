"""The App's credentials, where they came by `/setup` and not by the environment."""

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, Created


class AppCredentialsRow(Base):
    """One App for each GitHub (`api_url`). `sealed` is read by `bot/store/credentials.py` only."""

    __tablename__ = "app_credentials"

    api_url: Mapped[str] = mapped_column(primary_key=True)
    app_id: Mapped[int] = mapped_column(autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Created]
