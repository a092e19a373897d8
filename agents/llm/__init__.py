"""Who answers for an agent: the provider port, the expert that needs no model, and the prompt pack."""
