"""Rules in CEL over named facts: plan rules, file rules, waivers, and a report that explains itself."""
