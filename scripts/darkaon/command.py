"""What every script shares at its edge: one clear line for what the user can mend, and an exit status."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from darkaon.errors import InputError
from darkaon.paths import find

Argv = Sequence[str] | None  # the arguments of a script; None: those that it was started with
BROKEN_PIPE = 141  # the status of a program that a closed pipe ended
SHARED: dict[str, dict[str, Any]] = {  # options that several scripts have
    "search": {"required": True, "help": "the search's YAML"},
    "name": {"default": "", "help": "the search's id, for the header"},
    "label": {"required": True, "choices": ("measured", "simulated"), "help": "what the data are"},
    "seed": {"required": True, "type": int, "help": "of the random numbers"},
    "candidates": {"required": True, "nargs": "+", "help": ".npy files of the data samples"},
    "background": {"nargs": "+", "default": [], "help": ".npy files of the simulated background"},
    "signal": {"nargs": "+", "default": [], "help": ".npy of the signal: for a simulated resolution or template"},
    "control": {"nargs": "+", "default": [], "metavar": "COMPONENT=PATH", "help": ".npy of control samples"},
    "chunk": {"default": "0/1", "help": "slice k/n, k from 0 (default: %(default)s)"},
}


def parser(description: str | None, *shared: str, **required: str) -> argparse.ArgumentParser:
    """An argument parser whose help is the script's own docstring.

    Args:
        description: the docstring.
        shared: options of `SHARED`.
        required: the help of each option without which the script does not run.
    """
    arguments = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    for name in shared:
        arguments.add_argument(f"--{name}", **SHARED[name])
    for name, text in required.items():
        arguments.add_argument(f"--{name.replace('_', '-')}", required=True, help=text)
    return arguments


def named(option: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of an option that takes NAME=VALUE, several times.

    Raises:
        InputError: one without '='.
    """
    pairs = [text.partition("=") for text in texts]
    for text, (_, equals, _) in zip(texts, pairs, strict=True):
        if not equals:
            raise InputError(f"{option}: {text!r} is not NAME=VALUE", remedy="write a name, '=' and a value")
    return [(name, value) for name, _, value in pairs]


def slice_of(text: str) -> slice:
    """The slice k/n of `--chunk`: every n-th row or block from number k on.

    Raises:
        InputError: another form, or k not below n.
    """
    first, _, step = text.partition("/")
    if not (first.isdigit() and step.isdigit() and int(first) < int(step)):
        raise InputError(f"--chunk: {text!r} is not a slice k/n", remedy="k counts from 0 and is below n")
    return slice(int(first), None, int(step))


def grouped(option: str, texts: Sequence[str]) -> dict[str, list[str]]:
    """NAME=PATH texts of an option as name -> its paths.

    Raises:
        InputError: a text without a name.
    """
    found: dict[str, list[str]] = {}
    for name, path in named(option, texts):
        found.setdefault(name, []).append(path)
    return found


def check_outputs(outputs: Mapping[str, str | None], inputs: Iterable[str | Path]) -> None:
    """Refuse an output in the place of an input or of another output.

    Args:
        outputs: option -> path, None where it is not given.
        inputs: paths of the files that are read.

    Raises:
        InputError: two of them are one file.
    """
    taken = {find(path).resolve(): f"is the input {path}" for path in inputs}
    for option, path in outputs.items():
        if path is not None:
            place = Path(path).resolve()
            if place in taken:
                raise InputError(f"{option} {path}: {taken[place]}", remedy="give a path of its own")
            taken[place] = f"is that of {option}, too"


def run(main: Callable[[Argv], None]) -> None:
    """Run a script's `main`; warnings and an `InputError` (exit status 1) become one line each."""
    script = sys.argv[0].rpartition("/")[2]
    warnings.showwarning = lambda message, *_: print(f"{script}: warning: {message}", file=sys.stderr)
    try:
        main(None)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKEN_PIPE)
    except InputError as error:
        sys.exit(f"{script}: error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
