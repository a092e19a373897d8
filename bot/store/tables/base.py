"""What all tables share: naming of constraints (so that migrations can name them), column types, cleaned
text."""

import uuid
from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from bot.store.clean_text import clean_json, clean_text


class CleanText(TypeDecorator[str]):
    """Text that Postgres accepts, whatever came in."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean_text(value)


class CleanJson(TypeDecorator[Any]):
    """jsonb that Postgres accepts, whatever came in."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return clean_json(value)


class Base(DeclarativeBase):
    """Base of all rows."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        str: CleanText,
        datetime: DateTime(timezone=True),
        Any: CleanJson,
        int: BigInteger,
    }


Uuid = Annotated[uuid.UUID, mapped_column(primary_key=True, default=uuid.uuid4)]
Created = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
