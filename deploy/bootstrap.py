"""Make `.venv` and install Lianqin into it: a bare Python 3.11 in, a ready environment out.

Standard library only, and old syntax in `main`, so that an old Python can still say that it is too old. What is
installed already is known by a stamp, so the second run costs a few hundredths of a second. See
docs/decisions/two-commands.md.
"""

import argparse
import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # Python's isolated mode leaves it out

import build_console

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
EXTRAS = {"demo": "vision,demo,tuning", "dev": "vision,demo,tuning,dev"}
OLDEST = (3, 11)
TRIES = 2

# Measured with pip's report and the wheels' sizes; on disk after installing.
WITH_CPU_TORCH = "0.5 GB to download, 2 GB on disk"
WITH_CUDA_TORCH = "3 GB to download, 7 GB on disk"
NEEDED_BYTES = {True: 3 * 10**9, False: 9 * 10**9}


class Refusal(Exception):
    """Why the environment cannot be made; the message says what would help."""


def main():
    """Install, and return the exit status; `--check` only says whether that is needed."""
    parser = argparse.ArgumentParser(description="Make .venv and install Lianqin into it, unless that is done.")
    parser.add_argument("--dev", action="store_true", help="also install what lint and tests need")
    parser.add_argument("--check", action="store_true", help="install nothing; fail if something is to be installed")
    chosen = parser.parse_args()
    kind = "dev" if chosen.dev else "demo"
    if chosen.check:
        return 0 if _is_stamped(kind) and build_console.is_built(chosen.dev) else 1
    try:
        if sys.version_info < OLDEST:
            raise Refusal("Python 3.11 or newer is needed; this is {}.".format(platform.python_version()))  # noqa: UP032
        ensure(kind)
        _ensure_console(chosen.dev)
    except Refusal as refusal:
        print("\nCannot set up Lianqin: {}".format(refusal), file=sys.stderr)  # noqa: UP032
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Start again to go on: what was downloaded is kept.", file=sys.stderr)
        return 130
    return 0


def ensure(kind: str) -> None:
    """Install what `kind` needs unless its stamp says that it is there."""
    if _is_stamped(kind):
        return
    with _lock():
        if _is_stamped(kind):
            return
        begun = time.monotonic()
        _ensure_venv()
        _announce(kind)
        _install(kind)
        for done in ("demo", "dev") if kind == "dev" else ("demo",):
            _write(_stamp(done), _fingerprint(done))
        print(f"Installed in {time.monotonic() - begun:.0f} s.", flush=True)


def _ensure_console(dev: bool) -> None:
    """Build the operators' page. The hub runs without it too, so only its tests insist."""
    if build_console.is_built(dev):
        return
    with _lock():
        try:
            build_console.build(_python(), dev=dev)
        except build_console.NoConsole as reason:
            if dev:
                raise Refusal(f"the console cannot be built: {reason}") from None
            print(f"\nThe console cannot be built: {reason}", file=sys.stderr)
            print("The hub runs without its web page. Start again to try again.\n", file=sys.stderr, flush=True)


def _stamp(kind: str) -> str:
    return os.path.join(VENV, f".installed-{kind}")


def _fingerprint(kind: str) -> str:
    """Say in one line what an installation of `kind` depends on; the folder, because the install is editable."""
    wanted = hashlib.sha256(f"{EXTRAS[kind]} {ROOT}".encode())
    for name in ("pyproject.toml", "constraints.txt"):
        wanted.update(_read(os.path.join(ROOT, name)))
    return wanted.hexdigest()


def _is_stamped(kind: str) -> bool:
    try:
        stamped = _read(_stamp(kind)).decode() == _fingerprint(kind)
    except OSError:
        return False
    # The Python beneath may have been upgraded away.
    return stamped and os.path.exists(_python())


def _python() -> str:
    return os.path.join(VENV, "bin", "python")


def _ensure_venv() -> None:
    if os.path.isdir(VENV) and not _works([_python(), "-c", f"import sys; sys.exit(sys.version_info < {OLDEST})"]):
        print(f"{VENV} does not run with Python {OLDEST[0]}.{OLDEST[1]} or newer; making it again.", flush=True)
        shutil.rmtree(VENV)
    if not os.path.isdir(VENV):
        print(f"Making {VENV} with Python {platform.python_version()}.", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
        if made.returncode != 0:
            shutil.rmtree(VENV, ignore_errors=True)
            raise Refusal(_why_no_venv(made.stdout + made.stderr))
    if not _works([_python(), "-m", "pip", "--version"]) and not _works([_python(), "-m", "ensurepip", "--upgrade"]):
        raise Refusal(f"pip does not work in {VENV} and could not be put in order. Remove the folder and try again.")


def _why_no_venv(said: str) -> str:
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if "ensurepip" in said:
        return (
            "this Python lacks its `venv` part, which some systems pack apart.\n"
            f"On Debian and Ubuntu: apt-get install {package}   (as root)"
        )
    return f"python -m venv failed:\n{said.strip()}"


def _announce(kind: str) -> None:
    """Say what is about to be downloaded before it is."""
    small = _torch_is_small()
    free = shutil.disk_usage(ROOT).free
    size = WITH_CPU_TORCH if small else WITH_CUDA_TORCH
    what = "its tests need" if kind == "dev" else "its demo needs"
    print(f"Installing Lianqin with what {what}: about {size}", flush=True)
    print("(what pip has in its cache is not downloaded again).", flush=True)
    if not small:
        print(
            "Most of that is CUDA for PyTorch, which the demo does not need. To do without, stop here (Ctrl-C), point\n"
            "pip at PyTorch's index of CPU wheels (its address is on PyTorch's installation page), for instance with\n"
            "    pip config set global.extra-index-url ADDRESS\n"
            "and start again.",
            flush=True,
        )
        with contextlib.suppress(ValueError):
            time.sleep(5 if sys.stdout.isatty() else 0)
    already = os.path.exists(os.path.join(VENV, "bin", "lianqin"))
    if free < NEEDED_BYTES[small] and not already:
        raise Refusal(f"only {free / 10**9:.1f} GB are free on the disk that holds {ROOT}.")


def _torch_is_small() -> bool:
    """Say whether pip will find a build of PyTorch without CUDA: by its configuration, or by the platform."""
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "AMD64", "aarch64"):
        return True
    wanted = ""
    for line in _read(os.path.join(ROOT, "constraints.txt")).decode().splitlines():
        if line.startswith("torch=="):
            wanted = line.split("==")[1].strip()
    command = [_python(), "-m", "pip", "index", "versions", "torch", "--no-input", "--disable-pip-version-check"]
    found = subprocess.run(command, capture_output=True, text=True)
    return f"{wanted}+cpu" in found.stdout.replace(",", " ").split()


def _install(kind: str) -> None:
    command = [_python(), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--constraint", os.path.join(ROOT, "constraints.txt")]
    command += ["--editable", f"{ROOT}[{EXTRAS[kind]}]"]
    for attempt in range(1, TRIES + 1):
        code = subprocess.run(command, cwd=ROOT).returncode
        if code == 0:
            return
        if attempt < TRIES:
            print(f"\npip failed (attempt {attempt} of {TRIES}); trying again.", file=sys.stderr, flush=True)
            time.sleep(2)
    raise Refusal(
        "pip could not install; what it said stands above.\n"
        "Check the network, pip's configuration (`pip config list`) and the free space, and start again:\n"
        "what was downloaded is kept."
    )


@contextlib.contextmanager
def _lock():
    """Let one of us install at a time."""
    import fcntl

    with open(os.path.join(ROOT, ".venv.lock"), "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another start is installing already; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _works(command: "list[str]") -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
