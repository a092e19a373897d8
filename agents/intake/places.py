"""Where a brief says data or services are to be: region codes, cities, countries and areas."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from agents.domain.constraints import Cloud
from agents.intake.phrases import is_meant
from agents.intake.quantities import Found
from agents.intake.regions import PRIMARY, find_region, nearest_region, regions_of

_COUNTRIES: Mapping[str, str] = {
    "Germany": "DE", "Ireland": "IE", "France": "FR", "Sweden": "SE", "Italy": "IT", "Spain": "ES", "Poland": "PL",
    "Netherlands": "NL", "the Netherlands": "NL", "Belgium": "BE", "Finland": "FI", "Denmark": "DK", "Norway": "NO",
    "Austria": "AT", "Switzerland": "CH", "India": "IN", "Japan": "JP", "Singapore": "SG", "Australia": "AU",
    "Canada": "CA", "Brazil": "BR", "Mexico": "MX", "South Korea": "KR", "Korea": "KR", "Indonesia": "ID",
    "Malaysia": "MY", "Thailand": "TH", "New Zealand": "NZ", "Israel": "IL", "Bahrain": "BH", "Qatar": "QA",
    "South Africa": "ZA", "UAE": "AE", "Taiwan": "TW", "Chile": "CL", "Saudi Arabia": "SA",
}  # fmt: skip
_AREAS: Mapping[str, str] = {
    "the EU": "eu", "EU": "eu", "Europe": "eu", "the European Union": "eu", "European Union": "eu", "EEA": "eu",
    "the EEA": "eu", "the US": "us", "US": "us", "the USA": "us", "USA": "us", "the United States": "us",
    "United States": "us", "the UK": "uk", "UK": "uk", "the United Kingdom": "uk", "United Kingdom": "uk",
    "Britain": "uk",
}  # fmt: skip
_NAMED: Mapping[str, str] = {
    "N. Virginia": "Virginia",
    "North Virginia": "Virginia",
    "Northern Virginia": "Virginia",
}
_CODE = re.compile(r"(?<![\w.-])[a-z]{2,}(?:-[a-z]+)*-?(?:[a-z]+)?\d{0,2}(?![\w-]|\.\w)")
_CUE = (
    r"(?:host\w*|runs?|running|deploy\w*|stay\w*|resid\w*|stored?|storing|keep|kept|remain\w*|live[sd]?|located|leave|regions?"
    r"|AWS|GCP|Google Cloud|Azure)"
)


_ABOUT_DATA = re.compile(
    r"\b(?:data|stor|host|region|resid|run|deploy|keep|stay|AWS|GCP|Google|Azure)\w*", re.IGNORECASE
)
_BUILT = ("region", "regions", "center", "centers", "centre", "centres")


@cache
def _place_pattern() -> re.Pattern[str]:
    cities = {region.place for cloud in Cloud for region in regions_of(cloud).values()}
    words = sorted({*cities, *_COUNTRIES, *_AREAS, *_NAMED}, key=len, reverse=True)
    place = "|".join(re.escape(word) for word in words)
    return re.compile(
        rf"\b{_CUE}\b(?:[\s,:(]+(?!and\b|but\b|for\b|with\b|outside\b|except\b|beyond\b|not\b)[\w'’]+){{0,5}}?[\s,:(]+(?:in|within|inside|at|to|is|be)?\s?"
        rf"(?P<place>{place})(?![\w-])|(?<![\w-])(?P<only>{place})[ -](?:only|regions?\b|data ?cent(?:er|re)s?)",
    )


def places(sentence: str, cloud: Cloud | None) -> Iterator[Found]:
    """Regions of `cloud` that a sentence asks for. Without a cloud, codes are still read: they name it."""
    for match in _CODE.finditer(sentence):
        if find_region(match[0]) is not None and is_meant(sentence, match.start(), match.end()):
            yield Found("regions", match[0], match.start(), match.end())
    if cloud is None:
        return
    for match in _place_pattern().finditer(sentence):
        group = "place" if match["place"] else "only"
        start, end = match.span(group)
        code = region_for(match[group], cloud)
        # "Data must not leave the EU" is denied only in form: it says where the data stays.
        if match["only"] and not _ABOUT_DATA.search(sentence[:start]) and not match[0].lower().endswith(_BUILT):
            continue
        stays = re.search(r"\b(?:not|never|n['’]t|cannot) leave\b", sentence[:start]) is not None
        if code is not None and (stays or is_meant(sentence, start, end)):
            yield Found("regions", code, start, end)


def region_for(place: str, cloud: Cloud) -> str | None:
    """The region of `cloud` that a place name means: in that place, else that country, else the area's usual one."""
    if place in _AREAS:
        return PRIMARY[cloud][_AREAS[place]]
    country = _COUNTRIES.get(place)
    if country is not None:
        found = [region.code for region in regions_of(cloud).values() if region.country == country]
        return found[0] if found else None
    return nearest_region(_NAMED.get(place, place), cloud)
