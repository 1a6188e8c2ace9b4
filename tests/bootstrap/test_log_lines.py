"""What slips into a log line and opens something for whoever reads it does not stay there."""

from __future__ import annotations

import logging

import pytest

from portal.logs import configure


@pytest.mark.parametrize("path", ["/l/", "/juniper/l/", "/gift/l/", "/juniper/returns/continue/"])
def test_links_that_open_something_are_taken_out_of_a_line(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure("WARNING")
    logging.getLogger("test").warning("could not open https://shop.example%sAbC-123_x.y", path)
    line = capsys.readouterr().err
    assert "could not open" in line
    assert "AbC-123" not in line
    assert f"{path}[removed]" in line
