"""What every script shares at its edge: one clear line for what the user can mend, and an exit status."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence

from darkaon.errors import InputError


def parser(description: str | None) -> argparse.ArgumentParser:
    """An argument parser whose help is the script's own docstring."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )


def run(main: Callable[[Sequence[str] | None], None]) -> None:
    """Run a script's `main`; warnings and an `InputError` (exit status 1) become one line each."""
    script = sys.argv[0].rpartition("/")[2]
    warnings.showwarning = lambda message, *_: print(f"{script}: warning: {message}", file=sys.stderr)
    try:
        main(None)
    except InputError as error:
        sys.exit(f"{script}: error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
