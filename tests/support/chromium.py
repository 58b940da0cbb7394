"""A Chromium for tests of the console: nothing in, the path of a command that runs it out.

The machine's own where there is one (LIANQIN_TEST_CHROMIUM names another), else Debian's, installed once into the
private Debian folder (about 60 s and 900 MB with Chinese fonts) and run inside it. Playwright speaks to it over pipes,
which pass through as they are.
"""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from tests.support.availability import Unavailable
from tests.support.trixie import add_packages, cache_folder, debian_root

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_INSIDE = "/usr/lib/chromium/chromium"
_PACKAGES = ("chromium", "fonts-noto-cjk")
# Its own view of the mounts, which ends with it: the folder itself stays as it was, whatever happens.
_WRAPPER = """\
#!/bin/sh
exec unshare --mount --propagation private sh -c '
  mount --rbind /proc "{root}/proc" && mount --rbind /dev "{root}/dev" && mount --bind /tmp "{root}/tmp" &&
  exec chroot "{root}" {inside} "$@"' chromium "$@"
"""


def chromium(*, quiet: bool = True) -> Path:
    """Return the command, making it ready first if need be; raise `Unavailable` where none can be had."""
    named = os.environ.get("LIANQIN_TEST_CHROMIUM")
    if named:
        return Path(named)
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    root = debian_root(quiet=quiet)
    if not (root / _INSIDE.lstrip("/")).exists():
        add_packages(_PACKAGES, quiet=quiet)
    wrapper = cache_folder() / "chromium"
    text = _WRAPPER.format(root=root, inside=_INSIDE)
    if not wrapper.exists() or wrapper.read_text() != text:
        fresh = wrapper.with_name(f"chromium.{os.getpid()}")
        fresh.write_text(text)
        fresh.chmod(fresh.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        fresh.rename(wrapper)
    done = subprocess.run([wrapper, "--version"], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Unavailable(f"a Chromium, and the one in {root} does not run here: {done.stderr.strip()[-300:]}")
    return wrapper


if __name__ == "__main__":
    try:
        print(chromium(quiet=False))
    except Unavailable as error:
        sys.exit(f"Chromium needs {error}.")
