# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Install the collections of requirements.yml into this Python: from Galaxy, or else from the package `ansible`.

The package `ansible` carries the same collections in the same versions. Only those that we name are unpacked: the
whole package is 300 MB.
"""

from __future__ import annotations

import glob
import json
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
BUNDLE = "ansible==12.3.0"  # the release whose collections have the versions of requirements.yml
GALAXY_SECONDS = 20


def missing(wanted: dict[str, str]) -> dict[str, str]:
    """Return those of `wanted` (collection name to version) that are not installed in that version."""
    return {name: version for name, version in wanted.items() if installed_version(name) != version}


def installed_version(name: str) -> str | None:
    manifest = SITE_PACKAGES / "ansible_collections" / name.replace(".", "/") / "MANIFEST.json"
    if not manifest.is_file():
        return None
    version: str = json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"]
    return version


def from_galaxy() -> bool:
    """Ask Galaxy; False if it cannot be reached in time."""
    command = ["ansible-galaxy", "collection", "install", "--requirements-file", str(ROOT / "requirements.yml")]
    try:
        subprocess.run(
            [*command, "--collections-path", str(SITE_PACKAGES), "--timeout", "5", "--no-deps"],
            check=True,
            capture_output=True,
            timeout=GALAXY_SECONDS,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True


def from_bundle(names: list[str]) -> None:
    """Unpack `names` from the package `ansible`. Raises CalledProcessError if pip cannot fetch it."""
    prefixes = tuple(f"ansible_collections/{name.replace('.', '/')}/" for name in names)
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--only-binary", ":all:", "--dest", folder, BUNDLE], check=True)
        with zipfile.ZipFile(glob.glob(f"{folder}/ansible-*.whl")[0]) as wheel:
            wheel.extractall(SITE_PACKAGES, [name for name in wheel.namelist() if name.startswith(prefixes)])


def main() -> int:
    listed = yaml.safe_load((ROOT / "requirements.yml").read_text(encoding="utf-8"))["collections"]
    wanted = {entry["name"]: entry["version"] for entry in listed}
    if not missing(wanted):
        return 0
    print(f"nogpu: installing {', '.join(wanted)} from Galaxy ...", file=sys.stderr)
    if not from_galaxy():
        print("nogpu: Galaxy cannot be reached; taking them from the Python package 'ansible' ...", file=sys.stderr)
        from_bundle(list(wanted))
    if absent := missing(wanted):
        found = {name: installed_version(name) for name in absent}
        print(
            f"nogpu: could not install the collections {absent}: found {found}. See requirements.yml.", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
