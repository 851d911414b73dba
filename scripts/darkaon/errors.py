"""The one exception for what a user can mend."""


class InputError(ValueError):
    """A fault in a file, an option or the configuration: one sentence, no traceback."""

    def __init__(self, fault: str, *, remedy: str = "") -> None:
        """A message of two parts.

        Args:
            fault: file or argument, key or row, value, and what is wrong with it.
            remedy: what the user can do.
        """
        super().__init__(f"{fault}; {remedy}" if remedy else fault)
