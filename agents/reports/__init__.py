"""What people read: Reason Cards, decision records, change summary, reports (FACE.md, SPEC §22.2)."""
