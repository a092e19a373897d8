"""How validators run: the tree on disk, child processes with limits, binaries that may be missing."""
