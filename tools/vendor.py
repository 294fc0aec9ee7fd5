"""Copy the front-end files named under "vendor" in package.json out of node_modules; `make setup` runs it.

Usage: vendor.py TARGET. The target folder is not committed; what package.json no longer names is removed from it.
"""

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def copy(root: Path, target: Path) -> tuple[str, ...]:
    """Make `target` hold exactly the named files; returns their names. Raises SystemExit when a package lacks one."""
    wanted: dict[str, str] = json.loads((root / "package.json").read_text())["vendor"]
    for name, source in wanted.items():
        origin = root / "node_modules" / source
        if not origin.is_file():
            sys.exit(f"package.json names {source}, which its package does not hold: correct the name or the package's version")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, target / name)
    for stale in [path for path in target.rglob("*") if path.is_file() and str(path.relative_to(target)) not in wanted]:
        stale.unlink()
    return tuple(wanted)


if __name__ == "__main__":
    copy(ROOT, ROOT / sys.argv[1])
