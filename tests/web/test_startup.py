"""What the web process imports: nothing that takes seconds and that it does not need."""

import subprocess
import sys

WEB = "import sys, bot.web.serve, bot.web.private, bot.web.stream; print(*sys.modules)"
BEFORE_WEBHOOK = "import sys, bot.web.serve; print(*sys.modules)"


def modules(program: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_the_web_process_has_no_engine_no_github_and_no_orm() -> None:
    heavy = {
        "githubkit",
        "langgraph",
        "langchain_core",
        "sqlalchemy",
        "alembic",
        "anthropic",
        "rq",
        "redis",
        "psycopg",
    }
    assert not modules(WEB) & heavy


def test_webhooks_are_received_before_fastapi_is_imported() -> None:
    assert not modules(BEFORE_WEBHOOK) & {"fastapi", "starlette", "sse_starlette", "jinja2"}


def test_the_worker_package_is_light_until_it_works() -> None:
    assert not modules("import sys, bot.worker, bot.queue; print(*sys.modules)") & {
        "sqlalchemy",
        "rq",
        "redis",
    }
