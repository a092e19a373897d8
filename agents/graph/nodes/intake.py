"""intake_extract, coverage_check, adaptive_questions: what is asked for, how much is known, what must be asked."""

from typing import Any, cast

from agents.errors import BadInput, Defect
from agents.graph.context import Engine
from agents.graph.reading import same_version
from agents.graph.rehearsal import heard
from agents.graph.state import Covered, Intake, RunMeta, State
from agents.intake.assumptions import resolve
from agents.intake.coverage import cover
from agents.intake.outlook import Outlooks
from agents.intake.parse import parse
from agents.render.lock import parse_lock


def intake_extract(state: State, engine: Engine) -> State:
    """Reads the constraint file into the typed schema; located mistakes instead of a guess."""
    meta = state["run_meta"]
    parsed = parse(engine.artifacts.get(meta["source"]), meta["path"])
    constraints, findings = parsed.constraints, parsed.findings
    if constraints is not None and not cover(constraints).blocked:
        try:
            catalogue = engine.catalogue
            resolved = resolve(constraints, catalogue.slots_of, parsed.locations, catalogue.nearest)
            findings = (*findings, *resolved.findings)
        except BadInput as mistakes:  # `assume:` or `choose:` name what does not exist
            constraints, findings = None, (*findings, *mistakes.findings)
    own = engine.own_rules[1]
    if own:  # a rule that cannot be read would silently not be judged
        constraints, findings = None, (*findings, *own)
    merged = engine.snapshot.default_lock()
    lock = parse_lock(merged)[0] if merged is not None else None
    section = Intake(
        constraints=constraints,
        findings=findings,
        locations=dict(parsed.locations),
        digest=parsed.digest or "",
        unchanged=constraints is not None and lock is not None and same_version(lock, parsed.digest or "", engine),
    )
    return {"constraints": engine.save(section)}


def coverage_check(state: State, engine: Engine) -> State:
    """Scores what is known, asks what would change the outcome most, and turns every unknown into a listed assumption
    unless a required field is missing.
    """
    intake = engine.load(state["constraints"], Intake)
    if intake.constraints is None:
        raise Defect("coverage_check was reached without constraints")
    coverage = cover(intake.constraints, Outlooks(engine.catalogue, engine.book, heard))
    requirements = None
    if not coverage.blocked:
        resolved = resolve(intake.constraints, engine.catalogue.slots_of, intake.locations)
        requirements = resolved.requirements
        coverage = coverage.model_copy(update={"assumptions": resolved.assumptions})
    return {"coverage": engine.save(Covered(coverage=coverage, requirements=requirements))}


def adaptive_questions(state: State, engine: Engine) -> State:
    """Waits for answers while a required field is unknown. Nothing else: code before an interrupt runs again on resume.

    Resumed with `{"source": sha256}` of the completed constraint file, which is then read from the start.
    """
    covered = engine.load(state["coverage"], Covered)
    if covered.requirements is not None:
        return {}
    from langgraph.types import interrupt  # half a second that `mlwright check` never needs

    answer = interrupt(
        {"gate": "questions", "questions": [q.model_dump(mode="json") for q in covered.coverage.questions]}
    )
    meta = cast("dict[str, Any]", {**state["run_meta"]})
    meta |= {"source": answer["source"], "intake_rounds": meta["intake_rounds"] + 1}
    return {"run_meta": cast(RunMeta, meta)}
