"""The one exception for what a user can mend."""


class InputError(ValueError):
    """A fault in a configuration, a file or an argument.

    The message is one sentence or two for the user: which file or argument, which key or row, what is
    wrong and what to do. Scripts print it alone and exit with status 1.
    """
