"""Every word that people see: collected from code, templates and the shops' settings, and put into the languages' files.

    python -m tests.support.words            bring every language's messages.po up to date
    python -m tests.support.words fr         the same, and begin a new language
    python -m tests.support.words --check    only say what is missing

New messages come in empty, messages that nobody uses any more go; what is translated stays as it is. Nothing is guessed
from similar messages: a wrong sentence in a shopper's language is worse than an English one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from portal.i18n import FOLDER, SOURCE, languages
from portal.settings import ROOT, read_toml

KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[#0\- +]*[\d.*]*[a-zA-Z]")
_COUNTS = {"n", "num"}  # "one parcel" needs no figure, and some languages have a form for two
_OPTIONS = {"silent": "false", "newstyle_gettext": "true", "trimmed": "false"}


def template() -> Catalog:
    """Every message id that is in use."""
    catalog = Catalog(project="Doorstep", charset="utf-8", fuzzy=False)
    for path in sources():
        found = extract_from_file(_METHODS[path.suffix], path, KEYWORDS, options=_OPTIONS)
        for line, message, _comments, context in found:
            catalog.add(message, None, [(path.relative_to(ROOT).as_posix(), line)], context=context)
    for name, text in shop_words():
        catalog.add(text, None, [(name, 1)])
    return catalog


def sources() -> list[Path]:
    """Code and templates with words in them. The command line speaks English; the demo's words are on its pages."""
    skipped = {"translations", "static"}
    found = sorted(p for p in (ROOT / "portal").rglob("*") if p.suffix in _METHODS and not skipped & set(p.parts))
    return [p for p in found if p.parent != ROOT / "portal" / "cli"]


_METHODS = {".py": "python", ".html": "jinja2.ext:babel_extract", ".txt": "jinja2.ext:babel_extract"}


def shop_words() -> Iterator[tuple[str, str]]:
    """What the shops of this repository say in their settings: tagline, hours, links. (file, text)"""
    for path in sorted((ROOT / "config" / "shops").glob("*.toml")):
        document = read_toml(path)
        said = [document["brand"].get("tagline"), document["contact"].get("hours")]
        said += [link["label"] for link in document.get("links", [])]
        yield from ((path.relative_to(ROOT).as_posix(), text) for text in said if text)


def po_file(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """A language's messages; an empty catalogue for one that has none yet."""
    path = po_file(language)
    if not path.exists():
        return Catalog(locale=language, project="Doorstep", charset="utf-8", fuzzy=False)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def update(language: str, found: Catalog) -> None:
    """Bring a language's file up to date with what was found."""
    catalog = read(language)
    catalog.update(found, no_fuzzy_matching=True, update_creation_date=False)
    path = po_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        write_po(out, catalog, width=120, ignore_obsolete=True, include_lineno=False, sort_by_file=True)


def forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """A message's forms: one, or one for each number its language tells apart."""
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def wrong(found: Message, own: Message | None, plurals: int) -> str:
    """What is wrong with a language's message, empty when nothing is. `plurals` is how many forms the language has."""
    if own is None:
        return "missing"
    if own.fuzzy:
        return "fuzzy"
    if not all(form.strip() for form in forms(own.string)):
        return "not translated"
    if found.pluralizable and len(forms(own.string)) != plurals:
        return f"{len(forms(own.string))} forms instead of {plurals}"
    return wrong_values(found, forms(own.string))


def wrong_values(found: Message, said: tuple[str, ...]) -> str:
    """Whether what is filled in fits: a placeholder too many is a broken page, one too few is lost."""
    wanted = set().union(*(placeholders(form) for form in forms(found.id)))
    free = _COUNTS if found.pluralizable else set()
    for form in said:
        there = placeholders(form)
        if there - wanted or wanted - there - free:
            return f"placeholders {sorted(there)} instead of {sorted(wanted)}"
    if wanted and "%" in PLACEHOLDER.sub("", "".join(said)).replace("%%", ""):
        return "a lone % sign; write %%"
    return ""


def faults(language: str, found: Catalog) -> list[str]:
    """Every message of a language that is not as it should be, with the reason."""
    catalog = read(language)
    every = [(m, wrong(m, catalog.get(m.id, m.context), catalog.num_plurals)) for m in found if m.id]
    return [f"{why}: {forms(m.id)[0]!r} ({m.locations[0][0]})" for m, why in every if why]


def main(arguments: list[str]) -> int:
    """Returns the exit code: 1 when --check finds something."""
    found = template()
    new = [name for name in arguments if not name.startswith("-")]
    every = sorted({*languages(), *new} - {SOURCE})
    if "--check" not in arguments:
        for language in every:
            update(language, found)
    missing = 0
    for language in every:
        problems = faults(language, found)
        missing += len(problems)
        print(f"{language}: {len(found)} messages, {len(problems)} to do")
        print(*(f"  {line}" for line in problems[:5]), sep="\n") if problems else None
    return 1 if missing and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
