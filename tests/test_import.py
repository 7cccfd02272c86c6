from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import gpuprop


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "heavy", ["numba", "pyarrow", "pandas", "polars", "sgp4", "typer", "rich", "dask", "cupy"]
)
def test_import_leaves_heavy_packages_alone(heavy: str) -> None:
    assert heavy not in modules_after("import gpuprop, gpuprop.errors; dir(gpuprop)")


def test_help_of_the_command_needs_no_numba() -> None:
    assert "numba" not in modules_after("import gpuprop.cli")


@pytest.mark.parametrize("name", gpuprop.__all__)
def test_every_public_name_resolves_and_is_documented(name: str) -> None:
    value = getattr(gpuprop, name)
    assert name in dir(gpuprop)
    assert name == "__version__" or value.__doc__


def test_public_names_are_the_same_objects_as_in_their_modules() -> None:
    for name, home in gpuprop._HOMES.items():
        assert getattr(gpuprop, name) is getattr(import_module(home), name)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'gpuprop' has no attribute 'nonsense'"):
        gpuprop.nonsense  # noqa: B018 - asking is enough


def test_errors_share_one_base() -> None:
    errors = gpuprop.errors
    assert issubclass(errors.InputError, errors.GpupropError)
    assert issubclass(errors.InputError, ValueError)
    assert issubclass(errors.CatalogError, errors.InputError)
    assert issubclass(errors.EngineUnavailable, errors.GpupropError)
    assert issubclass(errors.EngineUnavailable, RuntimeError)
    assert not issubclass(errors.EngineUnavailable, ValueError)


SCREEN = """
import gpuprop
found = gpuprop.screen(gpuprop.Catalog.sample()[:2000], "2024-11-01", "2024-11-01T02:00", engine="cpu")
assert len(found) and found.closest(1).tca.dtype == "datetime64[ns]"
"""


@pytest.mark.parametrize("heavy", ["pandas", "polars", "rich", "typer", "ssl", "pyarrow.parquet"])
def test_screening_leaves_alone_what_it_does_not_need(heavy: str) -> None:
    assert heavy not in modules_after(SCREEN)


@pytest.mark.parametrize("heavy", ["typer", "rich", "numpy"])
def test_processes_that_work_for_the_command_leave_its_options_alone(heavy: str) -> None:
    assert heavy not in modules_after("import gpuprop.__main__")


COMMAND = """
from gpuprop.cli import main
try:
    main(["screen", "sample", "--start", "2024-11-01", "--hours", "0.02", "--engine", "cpu", "--json"])
except SystemExit as leaving:
    assert leaving.code == 0
print()
"""


@pytest.mark.parametrize("heavy", ["pydantic", "rich", "pandas", "gpuprop.cli.export", "gpuprop.cli.doctor"])
def test_a_command_leaves_alone_what_it_does_not_need(heavy: str) -> None:
    assert heavy not in modules_after(COMMAND)


def test_reading_a_catalog_leaves_most_of_arrow_alone() -> None:
    assert "pyarrow.compute" not in modules_after("import gpuprop; gpuprop.Catalog.sample()")
