"""A release has the notes of the changelog, under the project's version."""

import pytest

from delivery.cluster import DeliveryError
from delivery.release import check_version, notes

CHANGELOG = "# Changelog\n\n## Unreleased\n\n- next\n\n## 1.2.0 (2026-01-02)\n\n### Added\n\n- a\n\n## [1.1.0]\n\n- b\n"


def test_notes_are_the_section_of_the_version() -> None:
    assert notes(CHANGELOG, "1.2.0") == "### Added\n\n- a\n"
    assert notes(CHANGELOG, "1.1.0") == "- b\n"


def test_a_version_without_a_section_is_no_release() -> None:
    with pytest.raises(DeliveryError, match=r"no section `## 1\.3\.0`"):
        notes(CHANGELOG, "1.3.0")


def test_the_tag_is_the_projects_version() -> None:
    assert check_version("v1.2.0", "1.2.0") == "1.2.0"
    with pytest.raises(DeliveryError, match=r"expected the tag v1\.2\.0"):
        check_version("1.2.0", "1.2.0")
