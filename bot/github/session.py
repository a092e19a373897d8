"""Calls on one repository as one installation: token, new token after a 401, new name after a rename."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import NotFound, PermissionMissing, Unavailable
from bot.github.pace import Pace
from bot.github.records import RepositoryAnswer, read
from bot.github.tokens import Token, TokenSource
from bot.github.wire import Moved, Wire, paged
from bot.messages import RepositoryRef
from bot.ports.github import Repository


class Session:
    """The `/repos/{owner}/{name}` of one repository id, whatever its name is by now."""

    def __init__(self, wire: Wire, tokens: TokenSource, pace: Pace, installation: int, repository: int) -> None:
        self._wire = wire
        self._tokens = tokens
        self._pace = pace
        self._installation = installation
        self._id = repository
        self._base = ""

    def token(self, *, workflows: bool = False) -> Token:
        """See Tokens.get."""
        return self._tokens.get(self._wire, self._installation, self._id, workflows=workflows)

    def locate(self, ref: RepositoryRef) -> Repository:
        """The repository by its id: under the name we know, under the one GitHub sends us to, or under any
        we may see.

        Raises NotFound.
        """
        try:
            answer = read(RepositoryAnswer, self._authorised("GET", f"/repos/{ref.owner}/{ref.name}"))
        except Moved as moved:
            answer = read(RepositoryAnswer, self._authorised("GET", moved.location))
        except NotFound:
            answer = self._among_ours(ref)
        if answer.id != self._id:  # the old name was given to another repository
            answer = self._among_ours(ref)
        self._base = f"/repos/{answer.full_name}"
        return answer.record()

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Any = None,
        workflows: bool = False,
        needs: str = "",
    ) -> Any:
        """The answer to `path` under the repository. A rename on the way is followed once; nothing is sent
        twice.
        """
        options: dict[str, Any] = {"json": json, "params": params, "workflows": workflows, "needs": needs}
        try:
            return self._authorised(method, self._base + path, **options)
        except Moved:
            owner, _, name = self._base.removeprefix("/repos/").partition("/")
            self.locate(RepositoryRef(id=self._id, owner=owner, name=name))
        try:
            return self._authorised(method, self._base + path, **options)
        except Moved as moved:
            raise Unavailable(f"GitHub redirects {method} {path} in a circle", after_s=60) from moved

    def pages(
        self, path: str, *, key: str | None = None, params: Mapping[str, str | int] | None = None
    ) -> Iterator[Any]:
        """Items of a list under the repository, page by page as they are asked for."""
        return paged(lambda page: self.call("GET", path, params=page), key=key, params=params)

    def graphql(self, url: str, query: str, variables: dict[str, Any]) -> Any:
        """The whole GraphQL answer, errors included. https://docs.github.com/graphql"""
        return self._authorised("POST", url, json={"query": query, "variables": variables})

    def _authorised(self, method: str, path: str, *, workflows: bool = False, **options: Any) -> Any:
        """One call; a token that is refused is replaced once (a 401 or 403 has no effect, so even a POST may follow).

        Permissions may have been granted since it was minted, or taken away: the new one has them, or its refusal says
        what is missing.
        """
        for last in (False, True):
            token = self.token(workflows=workflows).value
            try:
                return self._wire.send(method, path, token=token, pace=self._pace, **options)
            except (PermissionMissing, Unavailable) as error:
                if last or (isinstance(error, Unavailable) and not error.unauthorised):
                    raise
                self._tokens.forget(self._installation, self._id)
        raise AssertionError("unreachable")

    def _among_ours(self, ref: RepositoryRef) -> RepositoryAnswer:
        """The repository in the list of those that this token reaches (it was narrowed to one)."""
        for item in paged(
            lambda page: self._authorised("GET", "/installation/repositories", params=page),
            key="repositories",
        ):
            found = read(RepositoryAnswer, item)
            if found.id == self._id:
                return found
        raise NotFound(
            f"{ref.owner}/{ref.name} (id {ref.id}) is not there, or the App may not see it.",
            remedy="Check that it exists and that the App's installation includes it.",
        )
