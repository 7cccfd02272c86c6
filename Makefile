# Each target makes .venv with what it needs, once; later runs find it standing.
PYTHON ?= python3
# What `make bench` runs: one round of all that takes no minute
BENCH ?= ^(?!bench_kernels|bench_screen.Screen.*24)
BIN := .venv/bin

.PHONY: demo test test-all docs lint format bench kernels sanitize clean

demo: .venv/.installed
	$(BIN)/gpuprop screen sample --start 2024-11-01T00:00:00Z --hours 24 --threshold-km 5 \
		--output demo-encounters.parquet

test: .venv/.installed-dev
	$(BIN)/python -m pytest -q -m "not slow"

test-all: .venv/.installed-dev
	$(BIN)/python -m pytest -q

# Warnings are errors, dead links among them; needs no network
docs: .venv/.installed-dev
	$(BIN)/sphinx-build -W -n --keep-going -q -b html docs docs/_build/html

lint: .venv/.installed-dev
	$(BIN)/clang-format --dry-run --Werror kernels/*.cu kernels/*.cuh tests/emulation/*.hpp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: .venv/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i kernels/*.cu kernels/*.cuh tests/emulation/*.hpp

bench: .venv/.installed-dev
	$(BIN)/asv machine --yes
	$(BIN)/asv run --python=same --quick --bench "$(BENCH)"

# Registers, stack and spills of every kernel on five architectures; needs no GPU
kernels: .venv/.installed-dev
	PYTHONPATH=. $(BIN)/python validation/kernels.py

# The emulated CUDA engine under the address and undefined-behaviour sanitizers, then its kernels under the
# thread sanitizer
sanitize: .venv/.installed-dev
	GPUPROP_SANITIZE=address,undefined ASAN_OPTIONS=detect_leaks=0 \
		LD_PRELOAD=$$(g++ -print-file-name=libasan.so) \
		$(BIN)/python -m pytest -q -k "emulated or test_memory" -m "not slow" tests/cuda tests/screening
	GPUPROP_SANITIZE=thread TSAN_OPTIONS=ignore_noninstrumented_modules=1 setarch $$(uname -m) -R \
		env LD_PRELOAD=$$(g++ -print-file-name=libtsan.so) $(BIN)/python validation/gpu_kernels.py --emulated

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
