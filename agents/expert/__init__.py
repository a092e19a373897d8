"""What the deterministic experts share: facts of a project, formulas, words, weighing, asking. No agent is
imported here."""
