"""What the wheel holds beside the library: every script but the benchmarks, as darkaon/programs."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Programs(BuildHookInterface):  # type: ignore[type-arg,misc]
    """Adds the scripts by their names, so that a new one needs no entry in a list."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Called by hatchling before it builds; `version` is that of the target."""
        for path in sorted(Path(self.root, "scripts").glob("*.py")):
            if not path.name.startswith("benchmark_"):
                build_data["force_include"][str(path)] = f"darkaon/programs/{path.name}"
