"""Start a program that dies with the process that asked for it: numbers and a command line in, exec out.

Run as a script by `hub.demo.owned`, never imported. It is a program of its own because dropping privilege and
asking for a death signal must happen between fork and exec, and Python code there is unsafe in a threaded parent.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    """Take `PARENT SIGNAL UID GID ROOT COMMAND…` (`-` where it does not apply) and become COMMAND."""
    parent, death_signal, uid, gid, root, *command = argv
    if root != "-":
        os.chroot(root)
        os.chdir("/")
    if gid != "-":
        os.setgroups([])
        os.setgid(int(gid))
    if uid != "-":
        os.setuid(int(uid))
    if sys.platform == "linux":
        # After setuid: the kernel forgets the death signal when credentials change.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != int(parent):
            # The parent died before the request stood: nobody would ever signal us.
            raise SystemExit(1)
    try:
        os.execv(command[0], command)
    except OSError as error:
        raise SystemExit(f"cannot run {command[0]}: {error.strerror}") from error


if __name__ == "__main__":
    main(sys.argv[1:])
