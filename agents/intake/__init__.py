"""From what people write (a file, plain words, answers) to requirements."""
