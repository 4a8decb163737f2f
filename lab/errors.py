"""What the lab says when it cannot go on."""


class LabError(Exception):
    """One sentence for a person: what was expected, what was found, what to do next."""


class RequirementError(LabError):
    """The machine or the user lacks something that the lab cannot do without (no root, not Linux, a kernel feature)."""
