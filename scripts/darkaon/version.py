"""The version of darkaon: here and, where it is cited, in CITATION.cff."""

VERSION = "0.2.0"
