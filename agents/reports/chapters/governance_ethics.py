"""Chapter 15: duties and what answers them, who may be hurt, and where a person decides."""

from agents.domain.outputs.governance_ethics import GovernanceEthics
from agents.reports.book import Book, Chapter, Section, bullets
from agents.reports.text import cell, code, count, one_line, table


def _out(book: Book) -> GovernanceEthics:
    return book.read("governance_ethics", GovernanceEthics)


def _duties(book: Book) -> str:
    out = _out(book)
    rows = [(cell(o.law), cell(o.duty), cell(o.answer)) for o in out.obligations]
    kept = (
        f"Predictions are kept {count(out.prediction_retention_days, 'day')}, records of {out.audited} "
        f"{count(out.audit_retention_days, 'day')}."
    )
    return "\n\n".join(part for part in (table(("law", "asks", "answered by"), rows), kept) if part)


def _personal(book: Book) -> str:
    out = _out(book)
    if not out.personal_columns:
        return ""
    gone = f"; after a request they are gone within {count(out.erasure_days, 'day')}" if out.erasure_days else ""
    return f"{out.personal_data.value}: {', '.join(code(name) for name in out.personal_columns)}{gone}."


def _ethics(book: Book) -> str:
    out = _out(book)
    harms = [f"{one_line(h.who)}: {one_line(h.how)}. {one_line(h.answer)}" for h in out.harms]
    checks = [
        f"{code(f.metric)} between groups of {code(f.column)} may differ by {f.max_gap:g} (groups of {f.min_group_rows:,} rows)"
        for f in out.fairness
    ]
    lead = f"{out.risk_class.value} under the EU AI Act; a gap between groups: {out.mitigation.value}."
    return "\n\n".join(part for part in (lead, bullets([*harms, *checks])) if part)


def _human(book: Book) -> str:
    out = _out(book)
    words = [f"Oversight: {out.oversight.value}", f"explanations: {out.explanation.value}"]
    if out.review_band:
        words.append(f"scores within {out.review_band:g} of the threshold go to a person")
    if out.appeal_days:
        words.append(f"a complaint is answered within {count(out.appeal_days, 'day')}")
    words.append(f"a model that was not renewed for {count(out.retire_after_days, 'day')} no longer decides")
    rights = ((r.name, f"may {', '.join(r.may)}; not {', '.join(r.may_not)}") for r in out.roles)
    roles = [f"**{one_line(name)}** {one_line(text, 400)}" for name, text in rights]
    return "; ".join(words) + ".\n\n" + bullets(roles)


CHAPTER = Chapter(
    "governance_ethics",
    "Governance, Ethics & The Human Element",
    (
        Section("Governance", _duties, ("govern",)),
        Section("Personal data", _personal, ("governance.personal_data",)),
        Section("Ethics", _ethics, ("governance.mitigation",)),
        Section("The Human Element", _human, ("governance.explanation", "governance.oversight")),
    ),
)
