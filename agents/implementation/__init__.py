"""Implementation agents 17 to 22, one module each. Importing the package loads none of them."""
