# Virtual environments from hash-pinned lock files: .venv/run holds what the bot needs, .venv/dev all that its tests need,
# .venv/fuzz what fuzzing needs.
PYTHON ?= python3
RUN := .venv/run
DEV := .venv/dev
FUZZ := .venv/fuzz
KEEP ?=
FUZZ_SECONDS ?= 10  # for each target
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)  # of the tests: one more than cores, for some tests wait
unexport PYTHONDONTWRITEBYTECODE  # else every process of the tests compiles all of the program again

.PHONY: demo test slow check format lint types imports bench fuzz interop docs lock clean

$(RUN)/.ready: .ci/lock/runtime.txt
	$(PYTHON) -m venv $(RUN)
	$(RUN)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r .ci/lock/runtime.txt
	$(RUN)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(DEV)/.ready: .ci/lock/dev.txt
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r .ci/lock/dev.txt
	$(DEV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(FUZZ)/.ready: .ci/lock/fuzz.txt
	$(PYTHON) -m venv $(FUZZ)
	$(FUZZ)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r .ci/lock/fuzz.txt
	$(FUZZ)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(RUN)/.ready          ## the whole story on one machine: registry, forge, signing authority and the bot
	$(RUN)/bin/promoter demo $(if $(KEEP),--keep)

test: $(DEV)/.ready          ## the default suite
	$(DEV)/bin/pytest -n $(strip $(WORKERS)) --dist worksteal

slow: $(DEV)/.ready          ## whole processes, and a kill at every outside action
	$(DEV)/bin/pytest -n $(strip $(WORKERS)) --dist worksteal -m slow

check: $(DEV)/.ready format lint types imports test   ## everything that a change must pass

format: $(DEV)/.ready
	$(DEV)/bin/ruff format --check --quiet .

lint: $(DEV)/.ready
	$(DEV)/bin/ruff check .

types: $(DEV)/.ready
	$(DEV)/bin/mypy

imports: $(DEV)/.ready
	$(DEV)/bin/lint-imports

bench: $(DEV)/.ready         ## measured claims, as counts and ratios; one of them beside real cosign
	tests/interop/tools/build cosign
	$(DEV)/bin/pytest -m bench -s tests/bench

fuzz: $(FUZZ)/.ready         ## every parser of foreign bytes, coverage-guided, FUZZ_SECONDS each
	$(FUZZ)/bin/python -m tests.fuzz --seconds $(strip $(FUZZ_SECONDS))

interop: $(DEV)/.ready       ## the same stories against registries, cosign, slsa-verifier, kustomize, helm and git that we did not write
	tests/interop/tools/build
	$(DEV)/bin/pytest -m interop tests/interop

docs: $(DEV)/.ready          ## rewrite the pages that are made from code
	$(DEV)/bin/python docs/generate.py
	$(DEV)/bin/python docs/generate_configuration.py
	$(DEV)/bin/python docs/generate_findings.py
	$(DEV)/bin/python docs/generate_schema.py
	$(DEV)/bin/python -m docs.generate_checks

lock:                        ## rewrite the lock files (needs uv on PATH)
	uv pip compile pyproject.toml --generate-hashes --universal --python-version 3.11 --no-strip-extras --no-header --no-annotate --quiet -o .ci/lock/runtime.txt
	uv pip compile pyproject.toml --group dev --generate-hashes --universal --python-version 3.11 --no-strip-extras --no-header --no-annotate --quiet -c .ci/lock/runtime.txt -o .ci/lock/dev.txt
	uv pip compile pyproject.toml --group fuzz --generate-hashes --universal --python-version 3.11 --no-strip-extras --no-header --no-annotate --quiet -c .ci/lock/runtime.txt -o .ci/lock/fuzz.txt

clean:
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis
