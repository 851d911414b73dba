"""What every script shares at its edge: one clear line for what the user can mend, and an exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from darkaon.errors import InputError


def parser(description: str | None) -> argparse.ArgumentParser:
    """An argument parser whose help is the script's own docstring."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )


def run(main: Callable[[Sequence[str] | None], None]) -> None:
    """Run a script's `main`; an `InputError` becomes one line on stderr and exit status 1."""
    try:
        main(None)
    except InputError as error:
        sys.exit(f"{sys.argv[0].rpartition('/')[2]}: error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
