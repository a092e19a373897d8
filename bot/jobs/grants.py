"""A permission that is missing, in the words and with the addresses that `doctor` has for it."""

from bot.errors import EngineError, PersonMustAct
from bot.jobs.services import Services
from bot.log import logger
from bot.ports.registration import Gap

log = logger(__name__)


def gap(services: Services, account: str, permission: str) -> Gap | None:
    """What the account (or the App itself) lacks of it; None where that is not known here. `permission` as GitHub names it in
    its answers (`contents=write`)."""
    if services.registration is None:
        return None
    try:
        found = services.registration().gaps(account)
    except EngineError as error:
        log.warning("it is not known where the permission is granted", reason=error.message)
        return None
    return next((one for one in found if one.name == permission.partition("=")[0]), None)


def remedy(error: PersonMustAct, permission: str, services: Services, account: str) -> str:
    """Which permission, both addresses where it is granted, and what works until then."""
    found = gap(services, account, permission)
    if found is None or not found.remedy:
        return error.remedy
    return f"Grant the App {found.words}: {found.remedy}. Until then {found.meanwhile}."
