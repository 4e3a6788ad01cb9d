"""Bundled cases are parsed once for all processes, and are what their files say."""

import os
from pathlib import Path

import pytest

from ringmock.contract.cases import bundled_case_files, bundled_cases, load_cases, marks_of


def test_the_bundled_cases_are_those_of_their_files() -> None:
    assert bundled_cases() == load_cases(bundled_case_files())


@pytest.mark.parametrize("change", ["size", "time", "name", "a file more"])
def test_cases_of_a_file_that_has_changed_are_parsed_again(tmp_path: Path, change: str) -> None:
    file = tmp_path / "cases.yaml"
    file.write_text("cases: []\n", encoding="utf-8")
    before, files = marks_of([file]), [file]
    assert marks_of([file]) == before
    stat = file.stat()
    if change == "size":
        file.write_text("cases: [] \n", encoding="utf-8")
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    elif change == "time":
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))
    elif change == "name":
        files = [file.rename(tmp_path / "others.yaml")]
    else:
        files.append(tmp_path / "more.yaml")
        files[1].touch()
    assert marks_of(files) != before
