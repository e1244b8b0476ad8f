"""Every error this project raises on purpose, as one tree; the message says what, where and what to do next.

What belongs here: error classes that more than one module raises or catches, and their exit codes.
What does not: messages; the place that knows the facts writes the sentence.

    ExrError
    ├── UsageError          the command or a setting is wrong                      exit 2
    └── NightError          the night cannot go on                                 exit 3
        ├── SourceError     the source cannot be read or is not the one of this home
        ├── HomeBusyError   another night holds the home: try again later
        ├── StorageError    disk full, folder not writable: mend, then try again
        └── DataError       our own data breaks its contract: a rerun cannot help
"""


class ExrError(Exception):
    """Base of all expected errors; the command line prints its message as one sentence."""

    exit_code = 3


class UsageError(ExrError):
    """The command line or a setting cannot be used as given."""

    exit_code = 2


class NightError(ExrError):
    """The night cannot go on; nothing was published."""


class SourceError(NightError):
    """The source cannot be reached or read, or belongs to another home."""


class HomeBusyError(NightError):
    """Another process works on the same home; trying again later can help."""


class StorageError(NightError):
    """The home cannot be written: disk full, no permission."""


class DataError(NightError):
    """Data we produced breaks its declaration; a rerun cannot help."""
