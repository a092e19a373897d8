"""One module a tool, each with its `VALIDATOR`; they judge the exact tree that will be committed."""
