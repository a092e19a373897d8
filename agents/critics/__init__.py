"""Critics: each judges a plan or a generated tree in one respect; found by listing this folder."""
