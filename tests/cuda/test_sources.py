"""The sources themselves: shipped whole, laid out as said, the same numbers as the CPU engine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import gpuprop
from gpuprop.engines.cpu import rows
from gpuprop.engines.cuda import source

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path.name for path in source.folder().iterdir() if path.suffix in {".cu", ".cuh"})


def test_the_package_holds_the_kernels() -> None:
    assert source.folder() == Path(gpuprop.__file__).parent / "kernels"
    assert source.kernels()
    if (ROOT / "kernels").is_dir():
        assert (ROOT / "gpuprop" / "kernels").resolve() == ROOT / "kernels"


def built(target: str, folder: Path) -> Path:
    """Build the package with hatchling."""
    for builder in ("hatchling", "editables"):
        pytest.importorskip(builder, reason=f"{builder} builds the package")
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = (path for path in folder.iterdir() if path.suffix in {".whl", ".gz"})
    return file


def seen_by(site: Path) -> list[str]:
    """Names and digest of the kernels as a Python sees them that has the package in this site folder."""
    script = (
        f"import site; site.addsitedir({str(site)!r});"
        "from gpuprop.engines.cuda import source; print(source.folder(), source.digest(), *source.kernels())"
    )
    # Without site packages, so that no other installation of the package is found
    command = [sys.executable, "-S", "-E", "-c", script]
    done = subprocess.run(command, cwd=site, check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_a_wheel_and_an_editable_install_load_every_kernel(tmp_path: Path) -> None:
    for target, where in (("wheel:standard", tmp_path / "site"), ("wheel:editable", ROOT)):
        wheel = built(target, tmp_path / target.replace(":", "-"))
        site = tmp_path / "site" if target == "wheel:standard" else tmp_path / "editable"
        shutil.unpack_archive(wheel, site, "zip")
        folder, digest, *kernels = seen_by(site)
        assert Path(folder) == where / "gpuprop" / "kernels"
        assert digest == source.digest()
        assert kernels == list(source.kernels())


def test_a_source_distribution_holds_every_source(tmp_path: Path) -> None:
    sdist = built("sdist", tmp_path)
    shutil.unpack_archive(sdist, tmp_path / "unpacked")
    (tree,) = (tmp_path / "unpacked").iterdir()
    for name in SOURCES:
        assert (tree / "gpuprop" / "kernels" / name).read_bytes() == (source.folder() / name).read_bytes()


def test_every_kernel_says_what_a_thread_does_and_how_memory_is_laid_out() -> None:
    for unit in source.translation_units():
        for comment in re.findall(r'((?:// .*\n)*)extern "C" __global__', unit.read_text()):
            lines = comment.splitlines()
            assert lines[0].startswith("// Thread: "), unit.name
            assert any(line.startswith("// Memory: ") for line in lines), unit.name


def test_no_kernel_needs_what_the_emulation_does_not_have() -> None:
    for name in SOURCES:
        text = (source.folder() / name).read_text()
        assert not re.search(r"__sync|__shfl|__shared__|__ballot|use_fast_math", text), name


@pytest.mark.parametrize("name", SOURCES)
def test_sources_are_formatted(name: str) -> None:
    tool = shutil.which("clang-format", path=str(Path(sys.executable).parent)) or shutil.which("clang-format")
    if tool is None:
        pytest.skip("no clang-format; pip install clang-format")
    subprocess.run([tool, "--dry-run", "--Werror", str(source.folder() / name)], check=True)


def _enumerators(text: str, name: str) -> dict[str, int]:
    """Number the names of an enum as C++ does."""
    body = re.search(rf"enum {name} {{(.*?)}};", text, re.DOTALL)
    assert body is not None
    numbers: dict[str, int] = {}
    following = 0
    for item in re.sub(r"//.*", "", body[1]).replace("\n", " ").split(","):
        key, _, value = (part.strip() for part in item.partition("="))
        if key:
            following = numbers[value] if value else following
            numbers[key] = following
            following += 1
    return numbers


def test_tables_have_the_rows_of_the_cpu_engine() -> None:
    text = (source.folder() / "layout.cuh").read_text()
    for enum in ("Row", "ResonanceRow"):
        numbers = _enumerators(text, enum)
        assert len(numbers) > 15
        for name, number in numbers.items():
            assert getattr(rows, name) == number, name


def test_constants_are_those_of_the_cpu_engine() -> None:
    constants = import_module("gpuprop.engines.cpu.constants")
    text = (source.folder() / "constants.cuh").read_text()
    compared = 0
    values: dict[str, float] = {}
    for name, expression in re.findall(r"constexpr double (\w+) = ([^;]+);", text):
        values[name] = eval(expression, {}, values)
        if hasattr(constants, name):
            assert values[name] == getattr(constants, name), name
            compared += 1
    assert compared > 40


def test_the_digest_sees_every_file(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(source.folder(), tmp_path / "kernels"))
    seen = {source.digest(copy)}
    for name in SOURCES:
        path = copy / name
        path.write_bytes(path.read_bytes() + b"\n")
        seen.add(source.digest(copy))
    assert len(seen) == len(SOURCES) + 1
    (copy / "notes.txt").write_text("no source")
    assert source.digest(copy) in seen
