# CI calls only what a person calls.
VENV := .venv
BIN := $(VENV)/bin
STATE := $(or $(RINGDESK_HOME),var)
ROOMS := acd calls cti desk engine ivr switch web

.PHONY: run test check fix bench compiled docs lock clean help

help: ## these lines
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' $(MAKEFILE_LIST)

run: $(VENV)/.run ## set up what is missing and run the demo center
	@exec $(BIN)/ringdesk run --demo

test: $(VENV)/.dev check ## set up what is missing and run every check and test
	@exec $(BIN)/python -m pytest -n $(or $(WORKERS),$(shell expr $$(nproc) + 2)) --dist loadgroup

check: $(VENV)/.dev ## style, types, import rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/.dev ## mend the style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## measure; ONLY=name for one
	$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

compiled: $(VENV)/.dev ## compile the pure rooms (needs a C compiler): the same, twice as fast
	@$(BIN)/python -m engine.compiling

docs: $(VENV)/.dev ## the README's pictures, made by the browser tests
	RINGDESK_PICTURES=docs $(BIN)/python -m pytest tests/browser -n 0

lock: $(VENV)/.dev ## choose the dependencies' versions anew
	$(BIN)/pip-compile -q --upgrade --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --upgrade --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean: ## remove all that was built or fetched, the state folder too
	rm -rf $(VENV) $(STATE) web/static/build web/frontend/node_modules *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/pip:
	@sh engine/parts/venv.sh $(VENV)

$(VENV)/.run: $(VENV)/bin/pip requirements.lock pyproject.toml
	@sh engine/parts/install.sh $(VENV) requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . \
		>$(VENV)/editable.log 2>&1 || { cat $(VENV)/editable.log; exit 1; }
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@sh engine/parts/install.sh $(VENV) requirements-dev.lock
	@touch $@
