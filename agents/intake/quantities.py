"""Numbers with units in a brief: rates, volumes, latency, availability, money, people, rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.intake.phrases import is_meant

_DIGITS = r"(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_N = rf"(?<![\w.,$€£-]){_DIGITS}"
_SCALE = r"(?:\s?(?P<scale>k|thousand|mn|mio|m|million|bn|b|billion)\b)?"
_RANGE = rf"(?:{_N}\s*(?:-|–|to|and)\s*)?".replace("?P<n>", "?P<low>")
_SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "million": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "billion": 1e9,
}
_PER = {"s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "hour": 3600.0, "h": 3600.0}
_EACH = r"\s?(?:/|per|a|an|each|every)\s?(?P<per>seconds?|secs?|s|minutes?|mins?|hours?|h)\b"
_ASKED = (
    r"(?:requests?|reqs?|calls?|predictions?|scores?|scorings?|queries|lookups?|inferences?"
    r"|recommendations?|transactions?|times)"
)
_EVENTS = r"(?:events?|messages?|msgs?|records?|clicks?|readings?|updates?|points?|transactions?|payments?)"


@dataclass(frozen=True, slots=True)
class Found:
    """One value and the words it stands in, by place in the sentence."""

    key: str
    value: float | int | str
    start: int
    end: int


def quantities(sentence: str) -> Iterator[Found]:
    """Every stated number of a sentence that is one of the schema's fields. Denied or doubted ones are left out."""
    for rule in (_rates, _volume, _rows, _series, _latency, _availability, _money, _team, _objective):
        for found in rule(sentence):
            if is_meant(sentence, found.start, found.end):
                yield found


def _number(match: re.Match[str], group: str = "n") -> float:
    scale = match.groupdict().get("scale") or ""
    return float(match[group].replace(",", "")) * _SCALES.get(scale.lower(), 1.0)


def _tidy(value: float) -> float | int:
    """Converted rates keep four significant digits."""
    return int(value) if value == int(value) else float(f"{value:.4g}")


_SHORT_RATE = re.compile(rf"{_RANGE}{_N}{_SCALE}\s?(?P<unit>rps|qps|tps)\b", re.IGNORECASE)
_RATE = re.compile(rf"{_RANGE}{_N}{_SCALE}\s?(?:(?:\w+\s){{0,2}}?)(?P<unit>{_ASKED}|{_EVENTS}){_EACH}", re.IGNORECASE)
_STREAMED = re.compile(
    r"\b(?:stream\w*|kafka|kinesis|pub/?sub|event hubs?|msk|sensors?|iot|ingest\w*)\b", re.IGNORECASE
)


_CALLED = re.compile(r"\b(?:call(?:s|ed|ing)?|API|endpoint|request\w*|quer(?:y|ies|ied)|asks?|hits?)\b", re.IGNORECASE)


def _rates(sentence: str) -> Iterator[Found]:
    for match in _SHORT_RATE.finditer(sentence):
        yield Found("throughput.requests_per_second", _tidy(_number(match)), match.start(), match.end())
    for match in _RATE.finditer(sentence):
        unit = match["unit"].lower()
        seconds = _PER[match["per"].lower().rstrip("s") or "s"]
        if unit == "times" and not _CALLED.search(sentence):
            continue
        asked = re.fullmatch(_ASKED, unit) is not None
        both = re.fullmatch(_EVENTS, unit) is not None
        streamed = not asked or (both and _STREAMED.search(sentence) is not None)
        key = "throughput.events_per_second" if streamed else "throughput.requests_per_second"
        yield Found(key, _tidy(_number(match) / seconds), match.start(), match.end())


_VOLUME = re.compile(
    rf"{_RANGE}{_N}\s?(?P<unit>MB|GB|TB|GiB|TiB|gigabytes?|terabytes?|megabytes?)\b"
    + r"(?:\s\w+){0,8}?\s?"
    + r"(?:(?:/|per\b|an?\b|each\b|every\b)\s?(?P<per>day|night|hour|week|month)|(?P<daily>daily|nightly))\b",
    re.IGNORECASE,
)
_GB = {"m": 0.001, "g": 1.0, "t": 1000.0}
_DAYS = {"day": 1.0, "night": 1.0, "hour": 24.0, "week": 1 / 7, "month": 1 / 30}


def _volume(sentence: str) -> Iterator[Found]:
    for match in _VOLUME.finditer(sentence):
        per = (match["per"] or "day").lower()
        value = _number(match) * _GB[match["unit"][0].lower()] * _DAYS[per]
        yield Found("throughput.batch_gb_per_day", _tidy(value), match.start(), match.end())


_ROWS = re.compile(
    rf"{_N}{_SCALE}\s(?:(?:of\s)?(?:labell?ed|training|historical|past|annotated)\s){{0,2}}"
    r"(?P<unit>rows|records|examples|samples|observations|images|documents|tickets|transactions|orders|photos)\b",
    re.IGNORECASE,
)
_LEARNED = re.compile(
    rf"{_N}{_SCALE}\s(?:of\s)?(?:labell?ed|annotated|past|historical|solved|closed)\s(?P<unit>[a-z]+s)\b", re.IGNORECASE
)
_TRAINED_ON = re.compile(
    r"\b(?:train\w*|label\w*|histor\w*|past|annotated|learn\w*|rows|examples|samples)\b", re.IGNORECASE
)
_RATE_FOLLOWS = re.compile(r"\s?(?:/|per\b|an?\b|each\b|every\b|daily\b|nightly\b|that arrive)", re.IGNORECASE)


def _rows(sentence: str) -> Iterator[Found]:
    for match in (*_ROWS.finditer(sentence), *_LEARNED.finditer(sentence)):
        value = _number(match)
        follows = _RATE_FOLLOWS.match(sentence[match.end() :])
        if not follows and value >= 100 and value == int(value) and _TRAINED_ON.search(sentence):
            yield Found("throughput.training_rows", int(value), match.start(), match.end())


_SERIES = re.compile(
    rf"{_N}{_SCALE}\s(?:(?:active|registered|monthly|connected|individual|separate|different|wind|smart|time)\s){{0,2}}"
    r"(?P<unit>series|SKUs|users|customers|subscribers|members|players|devices|machines|turbines|pumps|meters|sensors"
    r"|vehicles|trucks|households|substations|accounts|policyholders|patients|visitors)\b",
    re.IGNORECASE,
)
_PART_OF = re.compile(
    r"\b(?:top|first|each|every|per|riskiest|best|worst|of the|list of|another|sample of)(?: the)?\s*$", re.IGNORECASE
)


def _series(sentence: str) -> Iterator[Found]:
    for match in _SERIES.finditer(sentence):
        value = _number(match)
        whole = value == int(value) and value >= 100
        follows = _RATE_FOLLOWS.match(sentence[match.end() :])
        if whole and not follows and not _PART_OF.search(sentence[: match.start()]):
            yield Found("data.series", int(value), match.start(), match.end())


_LIMIT = (
    r"(?:(?:<=?|≤|under|below|within|less than|at most|no more than|not more than|max(?:imum)?|up to|in|sub)[\s-]*)?"
)
_MILLIS = re.compile(rf"{_LIMIT}{_RANGE}(?<![\w.,$€£]){_DIGITS}\s?-?(?:ms|msec|millis|milliseconds?)\b", re.IGNORECASE)
_SECOND_WORDS = {
    **{f"{one}{part} {of}": share for part, share in (("half", 0.5), ("quarter", 0.25), ("tenth", 0.1))
       for one in ("", "a ", "one ") for of in ("a", "of a")},
    "a": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "five": 5.0, "ten": 10.0,
}  # fmt: skip
"""Parts of a second before the second itself: the first that fits is taken."""
_SECONDS = re.compile(
    rf"{_LIMIT}{_RANGE}(?:{_N}\s?-?(?:s|secs?|seconds?)|(?P<word>{'|'.join(_SECOND_WORDS)})\sseconds?)\b",
    re.IGNORECASE,
)
_ANSWERED = re.compile(
    r"\b(?:latenc\w+|respon[ds]\w*|answer\w*|p9[059]|p99|return\w*|scor(?:e|es|ed|ing)|predict\w*|reply|replies"
    r"|decision\w*"
    r"|results?|checkout|recommend\w*|inference)\b",
    re.IGNORECASE,
)
_OTHER_TIME = re.compile(
    r"\b(?:time-?outs?|retr(?:y|ies)|every|interval|fresh\w*|delay(?:ed|s)?|old|window)\b", re.IGNORECASE
)
_SUB_SECOND = re.compile(r"\bsub-?second\b", re.IGNORECASE)


def _latency(sentence: str) -> Iterator[Found]:
    for match in _MILLIS.finditer(sentence):
        if not _OTHER_TIME.search(sentence[max(0, match.start() - 25) : match.start()]):
            yield Found("sla_latency_ms", _tidy(_number(match)), match.start(), match.end())
    for match in _SECONDS.finditer(sentence):
        near = sentence[max(0, match.start() - 60) : match.end() + 30]
        if (
            _ANSWERED.search(near)
            and not _OTHER_TIME.search(near)
            and not re.match(r"\s?(?:of|long)\b", sentence[match.end() :])
        ):
            seconds = _SECOND_WORDS[match["word"].lower()] if match["word"] else _number(match)
            yield Found("sla_latency_ms", _tidy(seconds * 1000), match.start(), match.end())
    for match in _SUB_SECOND.finditer(sentence):
        if _ANSWERED.search(sentence):
            yield Found("sla_latency_ms", 1000, match.start(), match.end())


_PERCENT = re.compile(rf"{_N}\s?(?:%|per ?cent)", re.IGNORECASE)
_UP = re.compile(r"\b(?:uptime|availab\w+|slas?|slos?)\b", re.IGNORECASE)
_NINES = re.compile(r"\b(?P<word>two|three|four|five)[\s-]nines\b", re.IGNORECASE)
_NINES_VALUE = {"two": 99.0, "three": 99.9, "four": 99.99, "five": 99.999}


def _availability(sentence: str) -> Iterator[Found]:
    for match in _PERCENT.finditer(sentence):
        near = sentence[max(0, match.start() - 40) : match.end() + 40]
        if 90 <= _number(match) < 100 and _UP.search(near):
            yield Found("availability_target", _tidy(_number(match)), match.start(), match.end())
    for match in _NINES.finditer(sentence):
        yield Found("availability_target", _NINES_VALUE[match["word"].lower()], match.start(), match.end())


_AMOUNT = r"(?P<{0}>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_MONEY = re.compile(
    r"(?<![\w.])(?:(?:US)?\$\s?" + _AMOUNT.format("low") + r"(?P<lowscale>k)?\s?(?:-|–|to|and)\s?)?"
    r"(?:(?:US)?\$\s?" + _AMOUNT.format("n") + r"\s?(?P<scale>k|thousand|m|million)?\b(?:\s?USD)?"
    r"|" + _AMOUNT.format("n2") + r"\s?(?P<scale2>k|thousand)?\s?(?:USD|US dollars|dollars|bucks)\b)"
    r"(?:\s?(?:/|per|a|an|each|every)\s?(?P<per>month|mo|year|yr|annum)\b|\s(?P<adverb>monthly|yearly|annually))?",
    re.IGNORECASE,
)  # fmt: skip
_SPENT = re.compile(
    r"\b(?:budget\w*|costs?|costing|spend\w*|afford|bill|run(?:s|ning)? (?:it )?for|pay|cheap\w*|price)\b",
    re.IGNORECASE,
)
_EARNED = re.compile(
    r"\b(?:revenue|sav(?:e|es|ing|ings)|los(?:e|es|ing|s|ses)|worth|fraud\w* costs?|costs? us|costing us"
    r"|order value|salary|turnover"
    r"|subscription\w*|(?:customers?|users?|subscribers?|members?) pay\w*|earn\w*|profit\w*|transactions? (?:of"
    r"|over|above|worth)|orders? (?:of|over|above|worth)|per (?:order|user|customer))\b",
    re.IGNORECASE,
)
_WISHED = re.compile(r"\b(?:target|ideally|aim(?:ing)?|would like|hope|around|preferably)\b[^,.;]*$", re.IGNORECASE)
_CAPPED = re.compile(
    r"\b(?:max\w*|at most|up to|under|below|no more than|not more than|cap\w*|ceiling|limit)\b[^,.;]*$",
    re.IGNORECASE,
)

_OPENS = re.compile(r"(?:^|[,;:–-]|\b(?:for|at|with|and))\s*$", re.IGNORECASE)
_ENDS = re.compile(r"\s*(?:$|[,;.!]|(?:max(?:imum)?|at most|tops?|at the most)\b)", re.IGNORECASE)
"""A sum a month that is a clause of its own (`on AWS, $4000 a month, PCI data`) is what may be spent."""


def _money(sentence: str) -> Iterator[Found]:
    for match in _MONEY.finditer(sentence):
        before = sentence[max(0, match.start() - 60) : match.start()]
        near = before + sentence[match.start() : match.end() + 40]
        per = (match["per"] or match["adverb"] or "").lower()
        capped = _CAPPED.search(before) is not None
        alone = _OPENS.search(before) is not None and _ENDS.match(sentence, match.end()) is not None
        if _EARNED.search(near) or not (_SPENT.search(near) or ((capped or alone) and per)):
            continue
        amount = float((match["n"] or match["n2"]).replace(",", ""))
        amount *= _SCALES.get((match["scale"] or match["scale2"] or "").lower(), 1.0)
        yearly = per in ("year", "yr", "annum", "yearly", "annually")
        wished = _WISHED.search(before) is not None and not capped
        key = "budget_band.target" if wished else "budget_band.monthly_usd_max"
        yield Found(key, _tidy(amount / 12 if yearly else amount), match.start(), match.end())
        if match["low"] and not yearly:
            low = float(match["low"].replace(",", "")) * (1000 if match["lowscale"] or match["scale"] == "k" else 1)
            if low < amount:
                yield Found("budget_band.target", _tidy(low), match.start(), match.end())


_COUNT_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12,
}  # fmt: skip
_COUNT = r"(?P<{0}>\d{{1,4}}|" + "|".join(_COUNT_WORDS) + ")"
_ROLES = (
    r"(?:(?:data|ml|machine learning|software|platform|backend|devops|mlops|full-stack)\s)?"
    r"(?:engineers?|scientists?|developers?|analysts?)"
)
_TEAM = re.compile(
    r"\bteam of " + _COUNT.format("a") + r"\b"
    r"|(?<![\w.-])" + _COUNT.format("b") + r"[\s-](?:person|people|man|member) team\b"
    r"|\bwe(?: a|['’])re (?:a team of )?" + _COUNT.format("c") + r" (?:people|persons)\b"
    r"|(?<![\w.-])" + _COUNT.format("e") + r" people (?=who\b|that\b|know|with\b|on (?:the|our) team)"
    r"|\b" + _COUNT.format("d") + rf" {_ROLES}"
    r"(?P<more>(?:,| and|, and) (?:\d+|" + "|".join(_COUNT_WORDS) + rf") {_ROLES})*\b",
    re.IGNORECASE,
)  # fmt: skip


def _team(sentence: str) -> Iterator[Found]:
    for match in _TEAM.finditer(sentence):
        if match["d"]:
            counts = re.findall(r"\d+|\b(?:" + "|".join(_COUNT_WORDS) + r")\b", match[0], re.IGNORECASE)
        else:
            counts = [match["a"] or match["b"] or match["c"] or match["e"]]
        size = sum(_COUNT_WORDS.get(count.lower(), 0) or int(count) for count in counts)
        if 1 <= size <= 10_000:
            yield Found("team_constraints.size", size, match.start(), match.end())


_NAMES = (
    r"(?P<kpi>(?:ROC[ -]|PR[ -])?AUC|accuracy|precision|recall|(?:macro[ -])?F1|s?MAPE|WAPE|RMSE|MAE|NDCG|MRR|R2"
    r"|conversion rate|churn rate|retention rate|click-through rate|CTR)"
)
_VALUE = r"(?P<{0}>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)\s?(?P<{1}>%)?"
_KPI = re.compile(
    r"\b(?:(?P<current>current|today['’]s|our|the)\s)?" + _NAMES + r"\b"
    r"(?:\s(?:is|of|score|at|should|must|has to|needs to|to|go|goes|get|improve|drop|fall|rise|move|be|now|today|currently"
    r"|from|around|about)){0,6}\s?" + _VALUE.format("base", "p1") + r"(?P<now>\s?(?:today|now|currently|at the moment))?"
    r"(?:[\s,]*(?:and\s)?(?:we\s|it\s)?(?:to|→|->|(?:should|must) (?:be|reach|become)|targets?(?: is| of|:)?|goal(?: is| of|:)?"
    r"|want|need|aim(?:ing)? for)\s(?:it\s)?(?:at\s|to be\s)?" + _VALUE.format("goal", "p2") + r")?",
    re.IGNORECASE,
)  # fmt: skip


def _objective(sentence: str) -> Iterator[Found]:
    for match in _KPI.finditer(sentence):
        if (
            match["goal"] is None
            and not match["now"]
            and (match["current"] or "").lower() not in ("current", "today’s", "today's")
        ):
            continue  # a single figure that is neither of today nor a goal: `accuracy of 95 %` may be either
        percent = bool(match["p1"] or match["p2"])
        name = match["kpi"].replace(" ", "-").lower()
        yield Found("objective.kpi", name, match.start("kpi"), match.end())
        for key, group in (("objective.baseline", "base"), ("objective.target", "goal")):
            if match[group] is not None:
                value = float(match[group].replace(",", "")) / (100 if percent else 1)
                yield Found(key, _tidy(float(f"{value:.6g}")), match.start("kpi"), match.end())
