"""Write the JSON Schemas of the YAML files into schemas/, where each YAML's first line names its own.

python scripts/write_schemas.py --folder schemas
"""

from __future__ import annotations

import json
from pathlib import Path

from darkaon.command import Argv, parser, run
from darkaon.tables.table import write_text
from darkaon.workflow.schemas import schemas


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--folder", type=Path, default=Path("schemas"), help="default: %(default)s")
    args = arguments.parse_args(argv)

    for name, schema in schemas().items():
        write_text(args.folder / f"{name}.json", json.dumps(schema, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    run(main)
