"""Personal data by the names of columns and by the form of their values. Values are judged, never kept."""

import re
from collections.abc import Callable, Iterable, Mapping

_NAMES: Mapping[str, str] = {
    "e-mail": r"e_?mail|mail_address",
    "network address": r"ip|ip_?addr(?:ess)?|mac_?addr(?:ess)?|imei|imsi|device_?fingerprint",
    "phone": r"(?:tele)?phone|mobile|msisdn|fax",
    "bank account": r"iban|bic|account_(?:no|number)|bank_account",
    "card number": r"card_?(?:no|number)|pan|credit_card|cvv|cvc",
    "national id": r"ssn|social_security|national_id|passport|nino|tax_?id|driver_?s?_?licen[cs]e|insee|pesel|cpf",
    "patient number": r"mrn|nhs|medical_record|patient_number",
    "name": r"(?:first|last|full|sur|given|middle|family|maiden|customer|patient|user|contact|employee|holder)_?name",
    "address": r"address|street|house_?number",
    "postcode": r"zip|zip_?code|post_?code|postal_?code|plz",
    "birth date": r"birth_?(?:day|date)|dob|date_of_birth|geburtsdatum",
}
_BY_NAME = {
    kind: re.compile(rf"(?:^|_)(?:{words})(?:_?(?:no|nr|number|hash|address|\d))?$") for kind, words in _NAMES.items()
}
"""At the end of a name: `email` and `email_hash` are a person's, `email_opens` is a count."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_PHONE = re.compile(
    r"(?:\+|00)[1-9][\d ()./-]{6,18}\d|\(?0[1-9]\d{0,3}\)?[ /.-][\d .-]{5,12}\d|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"
)
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_IP = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_US_SSN = re.compile(r"(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")
_UK_NINO = re.compile(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]")
_ES_DNI = re.compile(r"(?P<number>\d{8})-?(?P<letter>[A-Z])")
_IT_FISCAL = re.compile(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]")


def kind_by_name(column: str) -> str | None:
    """The kind of personal data that a column's name says; None if it says none."""
    folded = _CAMEL.sub("_", column).lower().replace("-", "_").replace(" ", "_")
    return next((kind for kind, pattern in _BY_NAME.items() if pattern.search(folded)), None)


def has_luhn_digit(digits: str) -> bool:
    """True if the last digit is the check digit of the others (ISO/IEC 7812-1, Annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _card(value: str) -> bool:
    digits = re.sub(r"[ -]", "", value)
    # Issuer digits 2 to 6 are banks' and card schemes'; a single repeated digit passes Luhn and is no card.
    return (
        digits.isdigit()
        and 13 <= len(digits) <= 19
        and digits[0] in "23456"
        and len(set(digits)) > 1
        and has_luhn_digit(digits)
    )


def _iban(value: str) -> bool:
    """The check of ISO 13616: the rearranged number is 1 modulo 97."""
    text = value.replace(" ", "").upper()
    if _IBAN.fullmatch(text) is None:
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def _national(value: str) -> bool:
    text = value.strip().upper()
    spanish = _ES_DNI.fullmatch(text)
    if spanish is not None:
        return "TRWAGMYFPDXBNJZSQVHLCKE"[int(spanish["number"]) % 23] == spanish["letter"]
    return any(pattern.fullmatch(text) is not None for pattern in (_US_SSN, _UK_NINO, _IT_FISCAL))


_BY_VALUE: Mapping[str, Callable[[str], bool]] = {
    "e-mail": lambda value: _EMAIL.fullmatch(value) is not None,
    "bank account": _iban,
    "card number": _card,
    "national id": _national,
    "network address": lambda value: _IP.fullmatch(value) is not None,
    "phone": lambda value: _PHONE.fullmatch(value) is not None,
}
_INSIDE = {
    "e-mail": re.compile(r"[\w.+-]+@[^@\s]+\.[A-Za-z]{2,}"),
    "bank account": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
}
"""Looked for inside longer text, where they are unmistakable."""


def _holds(kind: str, text: str) -> bool:
    if _BY_VALUE[kind](text):
        return True
    inside = _INSIDE.get(kind)
    return inside is not None and " " in text and any(_BY_VALUE[kind](part) for part in inside.findall(text))


def forms_of(values: Iterable[str]) -> dict[str, float]:
    """The share of the values that have the form of each kind of personal data; kinds that no value has are left out."""
    seen, total = dict.fromkeys(_BY_VALUE, 0), 0
    for value in values:
        total += 1
        text = value.strip()
        for kind in _BY_VALUE:
            seen[kind] += _holds(kind, text)
    return {kind: count / total for kind, count in seen.items() if count}


ENOUGH = 0.6
"""Share of values from which a column counts as that kind of data; random numbers pass Luhn in one of ten cases."""
TRACES = 0.02
"""Share of free texts from which it is said that they hold personal data (an address in a note)."""
