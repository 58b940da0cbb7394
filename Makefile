# The commands of Lianqin. They need Python 3.11 or newer and nothing else; the rest is installed into .venv.
#
#   make demo            the whole hub with a living city; FOR=240 ends it after 240 s
#   make test            lint, types, import contracts and all tests
#   make lint | bench | clean | distclean
#
# PYTHON=/path/to/python chooses the Python that makes .venv.

.DEFAULT_GOAL := help
.PHONY: help demo test lint pytest bench clean distclean install install-dev

BIN := .venv/bin
# The tests wait for servers about as much as they compute; more processes than cores would starve those that keep time.
TEST_PROCESSES := 2

# The first of these that is new enough; a shim that answers but runs nothing counts as missing.
FIND_PYTHON = for each in $(PYTHON) python3.13 python3.12 python3.11 python3.14 python3 python; do \
	if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found="$$each"; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
	echo "Python 3.11 or newer is needed and none was found (looked for python3.13, 3.12, 3.11, 3.14, python3)." >&2; \
	echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; \
	fi;

help:
	@sed -n 's/^# \{0,1\}//; 1,7p' Makefile

# The environment's own Python knows best, and soonest, that there is nothing to do.
install:
	@$(BIN)/python -I -S deploy/bootstrap.py --check 2>/dev/null || { $(FIND_PYTHON) "$$found" deploy/bootstrap.py; }

install-dev:
	@$(BIN)/python -I -S deploy/bootstrap.py --dev --check 2>/dev/null || { $(FIND_PYTHON) "$$found" deploy/bootstrap.py --dev; }

demo: install
	@exec $(BIN)/lianqin demo $(if $(FOR),--for $(FOR))

test: install-dev
	@$(BIN)/python -m tests.support.prepare
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory pytest

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python deploy/build_console.py --run types style test

pytest: install-dev
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile $(ARGS)

bench: install-dev
	@$(BIN)/python -m tests.support.prepare
	@exec $(BIN)/python -m bench $(ARGS)

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv .venv.lock .data
