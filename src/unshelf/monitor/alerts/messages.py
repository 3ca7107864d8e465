"""Messages about alerts, for people: a title of a line, and a text that says what is wrong, since when, and what to do."""

from collections.abc import Sequence

from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.alerts.life import columns_of
from unshelf.monitor.alerts.steps import rank

_MOST_COLUMNS = 3
_MOST_ALERTS = 10
_MOST_LISTED = 50


def worst_first(alerts: Sequence[Alert]) -> list[Alert]:
    """Return alerts by their severity, then by when they began."""
    return sorted(alerts, key=lambda alert: (-rank(alert.finding.severity), alert.id))


def title_of(alerts: Sequence[Alert], *, before: str = "") -> str:
    """Return the title of a message about alerts of one group; `before`: a word in place of the severity."""
    first, *others = worst_first(alerts)
    word = before or first.finding.severity.capitalize()
    more = f" (and {len(others)} more)" if others else ""
    return f"{word}: {first.finding.summary}{more}"


def text_of(alerts: Sequence[Alert], suggestion: str = "") -> str:
    """Return the text of a message about alerts of one group. `suggestion`: what the decision card ranks first."""
    ordered = worst_first(alerts)
    parts = [_about(alert) for alert in ordered[:_MOST_ALERTS]]
    if len(ordered) > _MOST_ALERTS:
        parts.append(f"… and {len(ordered) - _MOST_ALERTS} more.")
    if suggestion:
        parts.append(f"Suggested: {suggestion}")
    parts.append(f"The whole card: unshelf alerts show {ordered[0].id}")
    return "\n\n".join(parts)


def over_text_of(alerts: Sequence[Alert]) -> str:
    """Return the text of a message that alerts are over."""
    return "\n".join(
        f"{alert.finding.summary} It is over{'. ' + alert.resolved_because if alert.resolved_because else '.'}"
        for alert in worst_first(alerts)[:_MOST_ALERTS]
    )


def digest_of(alerts: Sequence[Alert]) -> tuple[str, str]:
    """Return the title and the text of the day's digest."""
    ordered = worst_first(alerts)
    count = f"{len(ordered)} alerts are open" if len(ordered) > 1 else "1 alert is open"
    lines = [
        f"{alert.finding.severity}: {alert.finding.summary} (unshelf alerts show {alert.id})"
        for alert in ordered[:_MOST_LISTED]
    ]
    if len(ordered) > _MOST_LISTED:
        lines.append(f"… and {len(ordered) - _MOST_LISTED} more: unshelf alerts list")
    return f"{count} for models with best-effort support", "\n".join(lines)


def _about(alert: Alert) -> str:
    found = alert.finding
    lines = [found.summary]
    for column in columns_of(found.evidence)[:_MOST_COLUMNS]:
        say = column.get("say") or f"{column.get('measure')} {column.get('value')}"
        lines.append(f"- {column.get('column')}: {say}")
    since = found.evidence.get("since")
    lines.append(f"Since {since if isinstance(since, str) else f'{alert.raised_at:%Y-%m-%d %H:%M} UTC'}.")
    lines.append(f"{found.action.capitalize()}: {found.advice}")
    return "\n".join(lines)
