"""Formats of webhooks: our own JSON as it was stored, and messages of Slack in which nothing is markup."""

import json

from unshelf.manage.webhooks.formats import body_in, slack_message

STORED = {
    "id": "n1", "time": "2026-11-30T12:00:00+00:00", "kind": "alert.raised", "link": "/alerts/a1",
    "title": "Critical: <!channel> & co fail.", "body": "Look <at> it.",
    "subject": {"kind": "alert", "name": "a1", "model": "churn", "project": "risk"},
}  # fmt: skip


def test_our_own_format_is_sent_as_it_was_stored() -> None:
    text = json.dumps(STORED)
    assert body_in("unshelf", text) == text.encode()


def test_slack_gets_a_text_and_blocks_with_the_way_to_the_card() -> None:
    message = json.loads(body_in("slack", json.dumps(STORED), "https://models.example.org/"))
    assert message["text"] == "Critical: &lt;!channel&gt; &amp; co fail."
    header, section, actions, context = message["blocks"]
    assert header["text"] == {"type": "plain_text", "text": STORED["title"], "emoji": False}
    assert section["text"] == {"type": "mrkdwn", "text": "Look &lt;at&gt; it."}
    assert actions["elements"][0]["url"] == "https://models.example.org/alerts/a1"
    assert context["elements"][0]["text"] == "churn · risk"


def test_without_an_address_there_is_no_button_and_long_texts_are_cut() -> None:
    message = slack_message({**STORED, "title": "x" * 500, "body": "&" * 9000})
    assert [block["type"] for block in message["blocks"]] == ["header", "section", "context"]
    assert len(message["blocks"][0]["text"]["text"]) == 150
    assert len(message["blocks"][1]["text"]["text"]) <= 3000
