"""Comments on the local GitHub, through mlwright's own reading, jobs and store, all in this process: no queue, no waiting."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import select

from bot.bootstrap import services_maker
from bot.jobs.job import discover
from bot.sandbox.github.server import LocalGitHub
from bot.settings import Settings
from bot.store.database import Database
from bot.store.tables import JobRow
from bot.worker.carry_out import carry_out
from bot.worker.deliver import translate
from bot.worker.runtime import Runtime

OWNER = "acme"


@dataclass
class Bench:
    """One repository; `settle` hands on what GitHub has told since, and works until nothing is left."""

    github: LocalGitHub
    database: Database
    runtime: Runtime
    name: str
    id: int
    seen: int = 0
    ignored: list[str] = field(default_factory=list)

    def api(self, method: str, path: str, who: str = "ada", **options: Any) -> Any:
        answer = httpx.request(
            method,
            f"{self.github.url}/repos/{OWNER}/{self.name}{path}",
            headers={"Authorization": f"Bearer {self.github.token_for(who)}"},
            timeout=20,
            **options,
        )
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def say(self, number: int, body: str, who: str = "ada") -> int:
        """A person comments; the comment's id."""
        return int(self.api("POST", f"/issues/{number}/comments", who, json={"body": body})["id"])

    def settle(self, times: int = 1) -> None:
        """Reads the deliveries that came since (each `times` times) and carries out every job."""
        told = [d for d in self.github.deliveries() if d["repository_id"] == self.id][self.seen :]
        self.seen += len(told)
        self.feed([d for d in told for _ in range(times)])
        fresh = [d for d in self.github.deliveries() if d["repository_id"] == self.id][self.seen :]
        if fresh:
            self.settle(times)

    def feed(self, deliveries: list[Any]) -> None:
        """Reads these deliveries, in this order, and carries out every job."""
        work = self.runtime.work(self.database)
        for one in deliveries:
            read = translate(one["event"], json.dumps(one["payload"]).encode())
            self.ignored += [read.reason] if read.reason else []
            for message in read.messages:
                work.add(message, supersede=self.runtime.jobs[message.kind].supersede)
        for _ in range(20):
            with self.database.transaction() as session:
                waiting = select(JobRow.id).where(JobRow.status == "queued").order_by(JobRow.created_at)
                queued = list(session.scalars(waiting))
            if not queued:
                break
            for job_id in queued:
                carry_out(job_id, "bench", self.database, self.runtime)

    def comments(self, number: int) -> list[Any]:
        found: list[Any] = self.api("GET", f"/issues/{number}/comments?per_page=100")
        return found

    def answers(self, number: int, comment_id: int) -> list[str]:
        """Our answers to a comment: there must be one."""
        marker = f"<!-- mlwright:answer {comment_id} "
        return [c["body"] for c in self.comments(number) if c["body"].startswith(marker)]

    def answer(self, number: int, comment_id: int) -> str:
        (only,) = self.answers(number, comment_id)
        return only

    def reactions(self, comment_id: int) -> list[str]:
        return [one["content"] for one in self.api("GET", f"/issues/comments/{comment_id}/reactions")]

    def ask(self, number: int, body: str, who: str = "ada") -> str:
        """A person asks, mlwright works; its answer."""
        comment = self.say(number, body, who)
        self.settle()
        return self.answer(number, comment)

    def head(self, branch: str) -> str:
        return str(self.api("GET", f"/git/ref/heads/{branch}")["object"]["sha"])

    def write(self, path: str, text: str, branch: str = "main", who: str = "ada") -> None:
        """A person commits a file."""
        content = base64.b64encode(text.encode()).decode()
        body = {"message": f"Change {path}", "content": content, "branch": branch}
        listed = self.api("GET", f"/git/trees/{branch}?recursive=1")["tree"]
        sha = next((entry["sha"] for entry in listed if entry["path"] == path), None)
        self.api("PUT", f"/contents/{path}", who, json=body | ({"sha": sha} if sha else {}))

    def file(self, path: str, ref: str) -> str:
        tree = self.api("GET", f"/git/trees/{ref}?recursive=1")["tree"]
        sha = next(entry["sha"] for entry in tree if entry["path"] == path)
        return base64.b64decode(self.api("GET", f"/git/blobs/{sha}")["content"]).decode()

    def jobs(self, kind: str) -> int:
        with self.database.transaction() as session:
            return len(session.scalars(select(JobRow.id).where(JobRow.type == kind)).all())


def made(github: LocalGitHub, database_url: str, name: str, files: dict[str, str], **options: Any) -> Bench:
    """A bench with a new repository. Its first push is among the deliveries that `settle` hands on."""
    settings = Settings(
        github_api_url=github.url,
        github_app_id=github.app_id,
        github_private_key=github.private_key_pem,
        lease_s=60,
        max_failures=2,
    )
    runtime = Runtime(
        settings=settings,
        database_url=database_url,
        redis_url="redis://unused",
        jobs=discover(),
        services=services_maker(settings, database_url),
        preload=lambda: None,
    )
    document = github.create_repository(OWNER, name, files=files, **options)
    return Bench(github, Database(database_url), runtime, name, int(document["id"]))
