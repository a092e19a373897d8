"""A process that ends with its parent, also when the parent is killed: no orphan goes on working.

On Linux the kernel sees to it (prctl(2), PR_SET_PDEATHSIG). Elsewhere nothing does: there the lease alone
keeps an orphan from writing.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """From now on SIGKILL follows the death of process `parent`, which forked this one; ends at once if
    it is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
