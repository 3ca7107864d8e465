/** Options of the decision card: the one that most speaks for first, each with its reasons, its command and its button. */
import { Textarea } from "@mantine/core";
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { AlertCard, AlertShown, CardOptionView } from "~/api/schema";
import { Action } from "~/parts/action";
import { Code } from "~/parts/copy";
import { Moment } from "~/parts/moment";
import { Card } from "~/parts/page";
import { StateWord, Word, type State } from "~/parts/state";
import { Person } from "~/parts/subject";

const SHOWN = 3;
const STATE_OF: Record<CardOptionView["verdict"], State> = { strong: "ok", possible: "attention", weak: "unknown" };
const CHANGED = ["/api/v1/alerts", "/api/v1/models", "/api/v1/subjects", "/api/v1/activity", "/api/v1/pipeline-runs", "/api/v1/collections"];
/** Options that only note what somebody does by hand. */
const BY_HAND = ["update", "repair"];

export function Options({ alert, card }: { alert: AlertShown; card: AlertCard }) {
  const [all, setAll] = useState(false);
  const shown = all ? card.options : card.options.slice(0, SHOWN);
  return (
    <>
      <ol className="list" aria-label="What to do, the best first">
        {shown.map((option) => (
          <li key={`${option.name} ${option.version ?? option.target ?? ""}`}>
            <Option alert={alert} option={option} />
          </li>
        ))}
      </ol>
      {card.options.length > SHOWN && (
        <button type="button" className="link-button small" onClick={() => setAll(!all)}>
          {all ? "Only the first" : `${card.options.length - SHOWN} more`}
        </button>
      )}
    </>
  );
}

function Option({ alert, option }: { alert: AlertShown; option: CardOptionView }) {
  const [reason, setReason] = useState("");
  const reasons = [...option.reasons].sort((one, other) => Math.abs(other.points) - Math.abs(one.points));
  const body = { choice: option.name, reason, version: option.version, target: option.target };
  const isBest = option.verdict === "strong";
  return (
    <div className="stack" style={{ gap: 8 }}>
      <div className="row spread" style={{ alignItems: "flex-start" }}>
        <span className="row">
          <strong>{option.title}</strong>
          <StateWord state={STATE_OF[option.verdict]}>{`${option.verdict}, ${option.score} of 100`}</StateWord>
        </span>
        {option.may && (
          <Action
            label={BY_HAND.includes(option.name) ? `I choose this` : option.title}
            variant={isBest ? "filled" : "default"}
            size="xs"
            before={
              <div className="stack">
                <span>{option.effect}</span>
                <Textarea label="Why" description="Kept with the alert." value={reason} onChange={(event) => setReason(event.currentTarget.value)} autosize minRows={2} maxLength={2000} />
              </div>
            }
            act={() => answerOf(client.POST("/api/v1/alerts/{id}/decisions", { params: { path: { id: alert.id } }, body })).then(() => askAnew(...CHANGED))}
          />
        )}
      </div>
      <ul className="reasons">
        {reasons.map(({ points, say }) => (
          <li key={say}>
            <span className="points">{points > 0 ? `+${points}` : `−${-points}`}</span> {say}
          </li>
        ))}
      </ul>
      {option.command && <Code text={option.command} />}
    </div>
  );
}

/** What was chosen so far. */
export function Decided({ card }: { card: AlertCard }) {
  if (card.decisions.length === 0) return null;
  return (
    <Card title="Decided">
      <ul className="list" aria-label="Decisions">
        {card.decisions.map(({ id, choice, outcome, reason, by, policy, at }) => (
          <li key={id}>
            <Word>{choice}</Word> {outcome}
            {reason && <div className="prose">“{reason}”</div>}
            <div className="small muted">
              {policy ? `the policy ${policy}` : <Person actor={by} />} · <Moment time={at} />
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}
