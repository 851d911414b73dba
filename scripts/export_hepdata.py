"""A search's limits as a HEPData submission: a folder with submission.yaml, tables, pyhf archive, figure, thumbnail.

    python scripts/export_hepdata.py --search config/searches/na62_kpix_mumu.yaml \
        --limits results/searches/na62_kpix_mumu/branching_limits.csv \
        --pyhf results/searches/na62_kpix_mumu/pyhf/*.json \
        --figure results/figures/fig6a.png --output results/hepdata/na62_kpix_mumu

Only what is measured can be submitted; anything else says so in its first words. `published.hepdata` reads the folder
back to the same limits.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.report.submission import ARCHIVE, Described, archive, submission
from darkaon.tables.table import read_table
from darkaon.typing import BANDS

SLOTS = ("title", "process", "final_state", "lifetime", "reference", "references", "statistics")
THUMBNAIL = (240, 179)  # pixels


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, "search", limits="branching_limits.csv")
    arguments.add_argument("--pyhf", nargs="*", default=[], type=Path, help="workspace.json and patchset.json")
    arguments.add_argument("--figure", nargs="*", default=[], type=Path, help="a picture of the limits, .png")
    arguments.add_argument("--output", required=True, type=Path, help="folder to write")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS)
    limits = read_table(args.limits, required=("lifetime_ns", "mass_MeV", "observed", *BANDS))
    files = submission(
        limits,
        Described(
            Path(args.search).stem,
            search.title,
            search.process,
            search.final_state,
            search.lifetime.kind,
            search.reference.arxiv if search.reference else "",
            search.statistics.level,
            args.figure[0].name if args.figure else "",
            bool(args.pyhf),
        ),
    )
    partial = args.output.with_name(f".{args.output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, text in files.items():
        (partial / name).write_text(text, encoding="utf-8")
    if args.pyhf:
        (partial / ARCHIVE).write_bytes(archive({path.name: path.read_bytes() for path in args.pyhf}))
    for picture in args.figure[:1]:
        _pictures(picture, partial)
    shutil.rmtree(args.output, ignore_errors=True)
    partial.rename(args.output)
    print(f"{args.output}: {len(files) - 1} tables, {len(limits)} limits, {limits.label}")


def _pictures(picture: Path, folder: Path) -> None:
    """The figure and its thumbnail, without time or version."""
    from PIL import Image

    shutil.copyfile(picture, folder / picture.name)
    with Image.open(picture) as image:
        small = image.convert("RGB")
        small.thumbnail(THUMBNAIL)
        small.save(folder / f"thumb_{picture.name}")


if __name__ == "__main__":
    run(main)
