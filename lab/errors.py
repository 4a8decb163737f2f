"""The lab's errors."""


class LabError(Exception):
    """The message names what was expected, what was found and what to do next."""


class RequirementError(LabError):
    """The machine or the user lacks something that the lab needs (root, Linux, a kernel feature)."""
