"""`make bench`: webhook rate, planning by stage, scenario and with a model, calls that edits save, GitHub calls, as JSON."""

import json
import platform
from dataclasses import asdict

from bot.publish.counting import count_calls
from tests.bench import edits, model, plan, scenarios, webhook


def main() -> None:
    """Everything in one run; bounded, loopback only."""
    document = {
        "machine": {"python": platform.python_version(), "system": platform.platform()},
        "webhook": webhook.measure(seconds=4.0, rounds=3),
        "plan": plan.measure(),
        "scenarios": scenarios.measure(),
        "model": model.measure(),
        "edits": edits.measure(),
        "github_calls": [asdict(count_calls(files)) for files in (50, 500, 2000)],
    }
    print(json.dumps(document, indent=2, sort_keys=True))


if __name__ == "__main__":
    main()
