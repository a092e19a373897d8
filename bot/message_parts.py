"""What messages are made of."""

import hashlib
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MAX_PATH = 240

Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
Name = Annotated[str, Field(pattern=r"^[\w.-]+$", max_length=100)]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RepositoryRef(Frozen):
    """A repository. `id` is its identity; owner and name may be out of date after a rename or transfer."""

    id: int
    owner: Name
    name: Name
    installation_id: int | None = None
    default_branch: str | None = None


def project_key(repository_id: int, root: str) -> str:
    """The concurrency key of all work that plans a project: one at a time."""
    return f"project:{repository_id}:{root}"


def text_digest(text: str) -> str:
    """Of a comment, however its lines end."""
    return hashlib.sha256(text.replace("\r", "").encode("utf-8", "replace")).hexdigest()
