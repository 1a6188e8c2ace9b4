"""The demo's blueprint, what its templates share, and the controls behind it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from portal.i18n import languages
from portal.web.audience import declare
from portal.web.demo.controls import DemoControls
from portal.web.language import language_links, remember_choice, speaker
from portal.web.state import state

blueprint = declare(Blueprint("demo", __name__), "demo")


def controls() -> DemoControls:
    found = state().demo
    assert isinstance(found, DemoControls)
    return found


@blueprint.before_request
def _speak() -> None:
    remember_choice(languages())
    speaker()


@blueprint.context_processor
def _shared() -> dict[str, Any]:
    demo = controls()
    return {
        "now": demo.now(),
        "speed": demo.speed(),
        "mails": len(demo.messages()),
        "languages": language_links(languages()),
        "speaker": speaker(),
    }
