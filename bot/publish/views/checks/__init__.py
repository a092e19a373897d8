"""The five check runs, one file each: `<name>(proposal, context) -> Check`."""
