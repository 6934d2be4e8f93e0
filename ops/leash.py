"""Start a program so that it cannot outlive who started it, with exactly the environment it is given.

``python ops/leash.py spec.json PARENT``: the file holds ``argv``, ``env``, ``folder`` and ``signal``; PARENT is the
process id that must still be alive, or ``any``. On Linux the kernel sends the signal when the parent dies, also when
that was killed. A file rather than arguments, because secrets in arguments can be read by everybody.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the program; never returns."""
    parent = os.getppid()
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if sys.platform == "linux" and spec["signal"]:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, getattr(signal, spec["signal"]))
        expected = parent if sys.argv[2] == "any" else int(sys.argv[2])
        if os.getppid() != expected:  # it died before the kernel was told to watch it
            sys.exit(1)
    os.chdir(spec["folder"])
    os.execve(spec["argv"][0], spec["argv"], spec["env"])  # noqa: S606 - the very purpose; no shell is involved


if __name__ == "__main__":
    main()
