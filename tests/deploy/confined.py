"""Runs a command with the system calls and memory rules that the systemd unit leaves it: `confined.py NAMES COMMAND…`.

NAMES is a file with the names of permitted system calls, one a line. Everything else fails with EPERM, as in the unit.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

PR_SET_NO_NEW_PRIVS, PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN = 38, 65, 1
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM


def main() -> None:
    names, command = Path(sys.argv[1]).read_text().split(), sys.argv[2:]
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    libc = ctypes.CDLL(None, use_errno=True)
    context = ctypes.c_void_p(library.seccomp_init(REFUSE))
    for name in names:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number != -1:  # known on this architecture
            library.seccomp_rule_add(context, ALLOW, number, 0)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    memory = libc.prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)
    assert memory == 0 or ctypes.get_errno() == errno.EINVAL  # kernels before 6.3 do not know it
    assert library.seccomp_load(context) == 0
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
