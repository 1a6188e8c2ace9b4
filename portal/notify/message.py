"""A rendered letter as an e-mail. EmailMessage refuses line breaks in headers, so nothing can add one (T14)."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from portal.domain.shop_config import ShopConfig
from portal.notify.errors import MailRefused
from portal.notify.letter import Letter
from portal.notify.render import QR, Rendered

_POLICY = SMTP.clone(cte_type="7bit")  # every relay takes it
_LONGEST_SUBJECT = 200


def build(
    letter: Letter, rendered: Rendered, config: ShopConfig, *, recipient: str, message_id: str, now: datetime
) -> EmailMessage:
    """The message as it is sent. Raises MailRefused for an address that no mail can go to."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(_name(config.sender.name), addr_spec=config.sender.address)
    message["To"] = _address(recipient)
    message["Reply-To"] = Address(_name(config.sender.name), addr_spec=config.sender.reply_to)
    message["Subject"] = _line(rendered.subject)[:_LONGEST_SUBJECT]
    message["Date"] = now
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    if letter.qr_png:
        _html_part(message).add_related(
            letter.qr_png, "image", "png", cid=f"<{QR}>", disposition="inline", filename="return-code.png"
        )
    if letter.pdf:
        name = letter.note.rma if letter.note else letter.order_number
        message.add_attachment(letter.pdf, "application", "pdf", filename=f"return-label-{_plain(name)}.pdf")
    for paper in letter.papers:
        name = f"{_plain(paper.filename.rpartition('.')[0])}.{paper.filename.rpartition('.')[2]}"
        message.add_attachment(paper.content, paper.main_type, paper.sub_type, filename=name)
    if letter.receipt:
        name = letter.note.rma if letter.note else letter.order_number
        message.add_attachment(
            letter.receipt.encode(),
            "text",
            "plain",
            filename=f"receipt-{_plain(name)}.txt",
            params={"charset": "utf-8"},
        )
    # Last, because a message that becomes a multipart hands its Content- headers down to its first part.
    message["Content-Language"] = letter.language
    return message


def _html_part(message: EmailMessage) -> EmailMessage:
    part = message.get_body(("html",))
    assert isinstance(part, EmailMessage)
    return part


def _address(recipient: str) -> Address:
    """Without a display name: the shopper's own name is not ours to put before an address."""
    try:
        return Address(addr_spec=recipient)
    except (ValueError, IndexError):  # IndexError: the parser's answer to an empty or cut-off address
        raise MailRefused("this is not an address that mail can go to") from None
    except Exception as error:  # the header parser has more ways to fail than it documents
        raise MailRefused(f"this address cannot be written ({type(error).__name__})") from None


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _name(text: str) -> str:
    return _line(text)[:60]


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isascii() and (c.isalnum() or c in "-_"))[:40] or "label"
