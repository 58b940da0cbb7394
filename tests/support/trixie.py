"""A private Debian 13 with TimescaleDB, Mosquitto and an RTSP server: nothing in, the folder it lies in out.

Made once with debootstrap (about 40 s and 750 MB) and kept in the user's cache folder; programs in it run by
chroot. Needs root on Debian. `python -m tests.support.prepare` makes it with its progress shown.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.availability import Unavailable

SUITE = "trixie"
POSTGRES = "/usr/lib/postgresql/17/bin"
_PACKAGES = ("postgresql-17-timescaledb", "mosquitto", "mosquitto-clients", "openssl")
# GStreamer's RTSP server and a Python to run it with. To install it with all it asks for takes 300 packages and half
# a gigabyte, nearly all for media that nobody plays here, so just these are unpacked beside the system (14 MB).
RTSP = "opt/rtsp"
_RTSP_PACKAGES = (
    "gir1.2-glib-2.0",
    "gir1.2-gst-plugins-base-1.0",
    "gir1.2-gst-rtsp-server-1.0",
    "gir1.2-gstreamer-1.0",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "libatomic1",
    "libdrm2",
    "libelf1t64",
    "libexpat1",
    "libgirepository-1.0-1",
    "libglib2.0-0t64",
    "libgstreamer-plugins-base1.0-0",
    "libgstreamer1.0-0",
    "libgstrtspserver-1.0-0",
    "liborc-0.4-0t64",
    "libpython3.13-minimal",
    "libpython3.13-stdlib",
    "python3-gi",
    "python3.13-minimal",
)
_RTSP_PLUGINS = ("libgstapp.so", "libgstcoreelements.so", "libgstrtp.so", "libgstrtpmanager.so", "libgstudp.so")


def cache_folder() -> Path:
    """Return the folder that is kept between runs."""
    asked = os.environ.get("LIANQIN_TEST_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return (Path(asked) if asked else Path.home() / ".cache") / "lianqin"


def debian_root(*, quiet: bool = True) -> Path:
    """Return the root folder, making it first if need be; raise `Unavailable` where that cannot be done."""
    if not _is_debian():
        raise Unavailable("a Debian system (or a container engine, or a LIANQIN_TEST_* address)")
    if os.geteuid() != 0:
        raise Unavailable("root, to run servers from a private Debian folder (or a LIANQIN_TEST_* address)")
    root = cache_folder() / SUITE
    if root.exists():
        return root
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / f"{SUITE}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            _make(root, quiet=quiet)
    return root


def rtsp_root(*, quiet: bool = True) -> Path:
    """Return the root folder with the RTSP server's parts unpacked at `RTSP` in it; like `debian_root` else."""
    root = debian_root(quiet=quiet)
    if not (root / RTSP).exists():
        with (cache_folder() / f"{SUITE}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (root / RTSP).exists():
                _add_rtsp(root, quiet=quiet)
    return root


def add_packages(packages: Sequence[str], *, quiet: bool = True) -> None:
    """Install `packages` into the root folder, beside what is there; raise `Unavailable` where that fails."""
    root = debian_root(quiet=quiet)
    log = root.with_name(f"{root.name}-{packages[0]}.log")
    with (cache_folder() / f"{SUITE}.lock").open("a") as lock, log.open("w") as out:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stream = out if quiet else sys.stderr
        try:
            _prepare(root)  # the folder may be old, and this machine's way to the archive another by now
            shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
            apt = ["chroot", str(root), "apt-get"]
            _run([*apt, "update"], stream)
            options = ["-y", "--no-install-recommends", "-o", "DPkg::Options::=--force-unsafe-io"]
            _run([*apt, "install", *options, *packages], stream)
            _run([*apt, "clean"], stream)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Unavailable(
                f"{packages[0]} from Debian {SUITE}, which could not be had: {error}; see {log}"
            ) from error


def mirror_of(sources: str) -> str | None:
    """Return the Debian archive named in `sources` (apt's, either format), or None if it names none plainly."""
    for line in sources.splitlines():
        fields = line.split()
        if line.startswith("URIs:"):
            addresses = fields[1:]
        elif fields[:1] == ["deb"]:
            addresses = [field for field in fields[1:] if "://" in field][:1]
        else:
            continue
        for address in addresses:
            if re.match(r"https?://.+/debian/?$", address):
                return address
    return None


def _is_debian() -> bool:
    try:
        return re.search(r"^ID=debian$", Path("/etc/os-release").read_text(), re.MULTILINE) is not None
    except OSError:
        return False


def _apt_sources() -> str:
    listed = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    used = [path for path in listed if path.suffix in (".list", ".sources") and path.is_file()]
    return "\n".join(path.read_text(errors="replace") for path in used)


def _make(root: Path, *, quiet: bool) -> None:
    fresh = root.with_name(f"{root.name}.new")
    _remove(fresh)
    log = root.with_name(f"{root.name}.log")
    with log.open("w") as out:
        stream = out if quiet else sys.stderr
        try:
            if shutil.which("debootstrap") is None:
                _run(["apt-get", "update"], stream)
                _run(["apt-get", "install", "-y", "--no-install-recommends", "debootstrap"], stream)
            mirror = mirror_of(_apt_sources())
            _run(["debootstrap", "--variant=minbase", SUITE, str(fresh), *([mirror] if mirror else [])], stream)
            _prepare(fresh)
            apt = ["chroot", str(fresh), "apt-get"]
            _run([*apt, "update"], stream)
            options = ["-y", "--no-install-recommends", "-o", "DPkg::Options::=--force-unsafe-io"]
            _run([*apt, "install", *options, *_PACKAGES], stream)
            _run([*apt, "clean"], stream)
        except (OSError, subprocess.CalledProcessError) as error:
            detail = "" if quiet is False else f"; see {log}"
            raise Unavailable(f"a private Debian {SUITE} folder, which could not be made: {error}{detail}") from error
    fresh.rename(root)


def _add_rtsp(root: Path, *, quiet: bool) -> None:
    fresh = root / f"{RTSP}.new"
    _remove(fresh)
    packages = fresh / "packages"
    packages.mkdir(parents=True)
    packages.chmod(0o777)  # apt downloads as a user of its own
    log = root.with_name(f"{root.name}-rtsp.log")
    inside = f"/{packages.relative_to(root)}"
    script = f"cd {inside} && apt-get update && apt-get download {' '.join(_RTSP_PACKAGES)}"
    with log.open("w") as out:
        stream = out if quiet else sys.stderr
        try:
            _prepare(root)  # the folder may be old, and this machine's way to the archive another by now
            shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
            _run(["chroot", str(root), "sh", "-c", script], stream)
            for package in sorted(packages.glob("*.deb")):
                _run(["dpkg-deb", "--extract", str(package), str(fresh)], stream)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Unavailable(
                f"an RTSP server from Debian {SUITE}, which could not be had: {error}; see {log}"
            ) from error
    shutil.rmtree(packages)
    for plugin in fresh.glob("usr/lib/*/gstreamer-1.0/*.so"):
        if plugin.name not in _RTSP_PLUGINS:
            plugin.unlink()  # GStreamer would try to load it, and complain of what it lacks
    fresh.rename(root / RTSP)


def _prepare(root: Path) -> None:
    """Let the new system reach the archive as the host does, and start no service of its own."""
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    (root / "etc/postgresql-common").mkdir(exist_ok=True)
    (root / "etc/postgresql-common/createcluster.conf").write_text("create_main_cluster = false\n")
    dumped = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    wanted = [line for line in dumped.splitlines() if re.match(r"Acquire::(https?|Check-|Retries|ForceIP)", line)]
    (root / "etc/apt/apt.conf.d/99host").write_text("\n".join(wanted) + "\n")
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    if certificates.exists():
        (root / "etc/ssl/certs").mkdir(parents=True, exist_ok=True)
        shutil.copy(certificates, root / "etc/ssl/certs/ca-certificates.crt")


def _run(command: list[str], stream: object) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, env=environment)  # type: ignore[call-overload]


def _remove(folder: Path) -> None:
    """Remove what an interrupted making left, but never what is still mounted inside it."""
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    for mounted in sorted((line.split()[1] for line in mounts), reverse=True):
        if mounted.startswith(f"{folder}/"):
            subprocess.run(["umount", mounted], check=True)
    if folder.exists():
        shutil.rmtree(folder)
