"""What people have said of codes becomes a patch that git takes and that says just this."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from carriers.registry import all_adapters
from portal.settings import ROOT
from portal.usecases.carriers.patch import patch_for

NEW = {"Exception_005": ["Q77", "Q78"], "InTransit_003": ["Q79"], "OutForDelivery_003": ["Q80"]}
ONE_TABLE = sorted(code for code in all_adapters() if patch_for(code, NEW))


def table_in(source: str) -> dict[str, str]:
    """The only code table of an adapter's file, code by code."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    (table,) = [call for call in calls if ast.unparse(call.func).endswith("code_table")]
    rows: dict[str, str] = ast.literal_eval(table.args[0])
    return {code: meaning for meaning, codes in rows.items() for code in codes.split()}


def test_some_adapters_have_a_single_table_and_the_big_ones_do_not() -> None:
    assert {"dpd", "la_poste", "royal_mail", "usps"} <= set(ONE_TABLE)
    assert not {"ups", "fedex", "dhl_unified"} & set(ONE_TABLE)


@pytest.mark.parametrize("code", ONE_TABLE)
def test_git_takes_the_patch_and_the_table_knows_the_new_codes_and_the_old(code: str, tmp_path: Path) -> None:
    patch = patch_for(code, NEW)
    assert patch is not None
    (path,) = re.findall(r"^--- a/(.+)$", patch, re.MULTILINE)
    (tmp_path / path).parent.mkdir(parents=True)
    shutil.copy(ROOT / path, tmp_path / path)
    old = table_in((tmp_path / path).read_text())
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, text=True, check=True)
    added = {one: meaning for meaning, codes in NEW.items() for one in codes}
    assert table_in((tmp_path / path).read_text()) == old | added


def test_nothing_said_is_no_patch_and_a_carrier_of_another_package_has_none() -> None:
    assert patch_for("dpd", {}) is None
    assert patch_for("acme", NEW) is None
    assert patch_for("../registry", NEW) is None
