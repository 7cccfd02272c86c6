"""Installs what `gpu.sh` needs beside what Python has, from a folder of wheels, without network.

    python validation/gpu_packages.py SITE [WHEELS]

Prints what is there and what is missing; exits with 1 if the engine cannot run without it. Nothing that is
installed is touched: pip is asked what a package would bring, and only that goes into SITE.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

NEEDED = {
    "numpy": "numpy>=2.0",
    "numba": "numba>=0.62",
    "pyarrow": "pyarrow>=17",
    "rich": "rich>=13.7",
    "typer": "typer>=0.19",
    "cupy": "cupy-cuda13x>=14.0",
    "pytest": "pytest>=8.2",
}
WANTED = {"hypothesis": "hypothesis", "sgp4": "sgp4>=2.23", "dsgp4": "dsgp4", "jaxsgp4": "jaxsgp4"}


def main() -> int:
    site, *rest = sys.argv[1:]
    sys.path.insert(0, site)
    lacking = []
    for module, requirement in (NEEDED | WANTED).items():
        how = "there" if found(module) else installed(requirement, site, rest[0] if rest else "")
        print(f"{module:<12}{how}")
        lacking += [module] if module in NEEDED and not found(module) else []
    if lacking:
        print(f"cannot go on without {', '.join(lacking)}; put their wheels into the folder of wheels")
    return 1 if lacking else 0


def found(module: str) -> bool:
    importlib.invalidate_caches()
    return importlib.util.find_spec(module) is not None


def installed(requirement: str, site: str, wheels: str) -> str:
    """Install one requirement; say how that went."""
    if not wheels:
        return "missing; GPUPROP_WHEELS names no folder of wheels"
    offline = ["--no-index", "--find-links", wheels, "--disable-pip-version-check", "--quiet"]
    pip = [sys.executable, "-m", "pip", "install", *offline]
    asked = subprocess.run([*pip, "--dry-run", "--report", "-", requirement], capture_output=True, text=True)
    if asked.returncode:
        return f"missing; {asked.stderr.strip().splitlines()[-1]}"
    brought = [
        f"{part['metadata']['name']}=={part['metadata']['version']}"
        for part in json.loads(asked.stdout)["install"]
    ]
    done = subprocess.run([*pip, "--no-deps", "--target", site, *brought], capture_output=True, text=True)
    Path(site).mkdir(exist_ok=True)
    return f"installed: {' '.join(brought)}" if done.returncode == 0 else f"missing; {done.stderr.strip()}"


if __name__ == "__main__":
    sys.exit(main())
