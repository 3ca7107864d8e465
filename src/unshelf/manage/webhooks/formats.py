"""Formats of webhooks: the JSON of our own, and that of Slack's incoming webhooks, which other chat programs take too."""

import json
from collections.abc import Mapping
from typing import Any, Literal

WebhookFormat = Literal["unshelf", "slack"]
"""The shape of the JSON that a webhook gets."""
_MOST_HEADER = 150
_MOST_SECTION = 2900
"""Slack takes headers of 150 characters, and texts of sections of 3000."""
_LONGEST_ESCAPE = 5


def body_in(format: str, stored: str, public_url: str = "") -> bytes:
    """Return the body to send, of the stored JSON of a delivery: the same each time. `public_url`: what paths of links are added to."""
    if format != "slack":
        return stored.encode()
    return json.dumps(slack_message(json.loads(stored), public_url), ensure_ascii=False).encode()


def slack_message(notification: Mapping[str, Any], public_url: str = "") -> dict[str, Any]:
    """Return a notification as a message of Slack: a text for the list of messages, and blocks for the message itself."""
    title, text = str(notification["title"]), str(notification["body"])
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(title, _MOST_HEADER), "emoji": False}}
    ]
    if text:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": _section(text)}})
    link = f"{public_url.rstrip('/')}{notification['link']}" if notification["link"] else ""
    if link.startswith(("https://", "http://")):
        button = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": link}
        blocks.append({"type": "actions", "elements": [button]})
    about = " · ".join(filter(None, [notification["subject"].get("model"), notification["subject"].get("project")]))
    if about:
        blocks.append({"type": "context", "elements": [{"type": "plain_text", "text": _cut(about, _MOST_HEADER)}]})
    return {"text": _escaped(title), "blocks": blocks}


def _section(text: str) -> str:
    escaped = _escaped(text)
    return escaped if len(escaped) <= _MOST_SECTION else _escaped(_cut(text, _MOST_SECTION // _LONGEST_ESCAPE))


def _escaped(text: str) -> str:
    """A text in which nothing is markup: a model's name mentions no channel and makes no link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
