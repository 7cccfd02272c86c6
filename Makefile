# Each target makes .venv with what it needs, once; later runs find it standing.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-all lint format bench clean

demo: .venv/.installed
	$(BIN)/gpuprop screen sample --start 2024-11-01T00:00:00Z --hours 24 --threshold-km 5 \
		--output demo-encounters.parquet

test: .venv/.installed-dev
	$(BIN)/python -m pytest -q -m "not slow"

test-all: .venv/.installed-dev
	$(BIN)/python -m pytest -q

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: .venv/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.installed-dev
	$(BIN)/asv machine --yes
	$(BIN)/asv run --python=same

clean:
	find gpuprop -name __pycache__ -prune -exec rm -rf {} +
	rm -rf .asv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

.venv/.python:
	$(PYTHON) -m venv .venv
	touch $@

.venv/.installed: .venv/.python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/.installed-dev: .venv/.python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch .venv/.installed $@
