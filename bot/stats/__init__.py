"""How proposals fare (SPEC §12 and §20): pure, from what the ledger's events say (`bot.store.histories` reads them)."""
