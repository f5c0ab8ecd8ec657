# Two commands are enough: `make demo` and `make test`. Each does only what is not done yet.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
HAYSTACK2 := $(VENV)-haystack2

export HF_HUB_DISABLE_TELEMETRY := 1
# Tests run tiny models, often in several processes at once: more threads only wait for each other.
test test-real-data test-haystack2: export OMP_NUM_THREADS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo install test lint format test-haystack2 test-real-data clean

demo: install  ## Install, fetch the models, index the sample catalogue, answer the paper's first prompt
	@$(BIN)/lookbook models fetch
	@$(BIN)/lookbook index build
	@$(BIN)/lookbook recommend "I want a black cool sweater with shiny decorations making me looks like a movie star."

install: $(INSTALLED)

$(INSTALLED): pyproject.toml requirements/lock.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint requirements/lock.txt --editable ".[gpu,training,test,lint]"
	@touch $@

test: install  ## Every test that needs neither a network nor the real H&M table
	@$(BIN)/lookbook models fetch --quiet
	$(BIN)/python -m pytest -m "not real_data"

test-real-data: install  ## The tests on H&M's whole table, where LOOKBOOK_HM_DATA or ../shared/data has it
	$(BIN)/python -m pytest -m real_data

lint: install  ## Format, lint and types, as CI sees them
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The same environment with the last Haystack 2 laid over it.
$(HAYSTACK2)/installed: $(INSTALLED) requirements/haystack-2.txt
	$(PYTHON) -m venv $(HAYSTACK2)
	$(BIN)/python -c "import site; print(site.getsitepackages()[0])" > $$($(HAYSTACK2)/bin/python -c "import site; print(site.getsitepackages()[0])")/lookbook-base.pth
	$(HAYSTACK2)/bin/python -m pip install --quiet --no-deps --requirement requirements/haystack-2.txt
	@touch $@

test-haystack2: $(HAYSTACK2)/installed  ## The pipelines on haystack-ai 2.31.0
	@$(BIN)/lookbook models fetch --quiet
	$(HAYSTACK2)/bin/python -m pytest -q -m haystack

clean:  ## Remove the environments and caches; the index and models in .lookbook stay
	rm -rf $(VENV) $(HAYSTACK2) .pytest_cache .mypy_cache .ruff_cache build *.egg-info
