# Every target sets up what it needs: a virtual environment of the locked packages, and for the tests the Debian
# packages of tools/packages.sh. `make` alone lists the targets. PYTHON=… names the Python, ARGS=… is passed on.

VENV ?= .venv
ARGS ?=
PUBLISHER = "$(VENV)/bin/publisher"
PYTEST = "$(VENV)/bin/python" -m pytest

export PYTHON
# Where nothing outside the checkout may be written, programs get their folders inside it.
ifneq ($(shell test -w "$${TMPDIR:-/tmp}" && echo yes),yes)
export TMPDIR := $(CURDIR)/.tmp
endif
ifneq ($(shell test -w "$${HOME:-/nonexistent}" && echo yes),yes)
export HOME := $(CURDIR)/.tmp
endif

.PHONY: help setup packages trial-packages demo run test check trial bench

help:
	@echo 'make demo    one made-up week, served: inbox, timeline, desk'
	@echo 'make run     this publication: the clock, sending and the pages, until Ctrl-C'
	@echo 'make test    the tests'
	@echo 'make check   format, lint, types, direction of imports'
	@echo 'make trial   the longer proofs: a real week, kills in the middle of a send, a real Postfix, how fast it sends'
	@echo 'make bench   the measurements'

setup:
	@mkdir -p .tmp
	@sh tools/setup.sh "$(VENV)"

packages:
	@sh tools/packages.sh
	@sh tools/letter.sh

trial-packages:
	@sh tools/packages.sh trial
	@sh tools/letter.sh

demo: setup
	$(PUBLISHER) demo $(ARGS)

run: setup var/secret
	$(PUBLISHER) db upgrade
	$(PUBLISHER) run $(ARGS)

var/secret: | setup
	@umask 077 && mkdir -p var && "$(VENV)/bin/python" -c 'import secrets; print(secrets.token_hex(32))' > $@

# Many processes read the same modules: they must not compile them each for itself.
test: setup packages
	PYTHONDONTWRITEBYTECODE= $(PYTEST) -m "not trial" $(ARGS)

check: setup
	"$(VENV)/bin/ruff" format --check .
	"$(VENV)/bin/ruff" check .
	"$(VENV)/bin/python" -m mypy
	"$(VENV)/bin/lint-imports"

trial: setup trial-packages
	$(PYTEST) -n 0 -m trial -s --timeout 3600 $(ARGS)

# Without the packages the rows of delivery that need them say so.
bench: setup
	-@sh tools/packages.sh bench
	@failed=; for name in compose week web desk sources delivery; do \
		echo "== benchmarks/$$name.py"; "$(VENV)/bin/python" -m "benchmarks.$$name" $(ARGS) || failed="$$failed $$name"; \
	done; test -z "$$failed" || { echo "short of what they have to reach:$$failed" >&2; exit 1; }
