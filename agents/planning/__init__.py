"""Planning agents 1 to 16, one module each. Importing the package loads none of them."""
