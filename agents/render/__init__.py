"""From decisions to files: templates, three-way merge, lock."""
