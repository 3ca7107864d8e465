/** Checks of a version with data that people brought: outcomes, latency, quality. */
import { $api } from "~/api/client";
import type { CheckDetail } from "~/api/schema";
import { counted, figure } from "~/parts/figures";
import { Moment } from "~/parts/moment";
import { Card, Facts } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";

export function OwnChecks({ reference }: { reference: string }) {
  const answer = $api.useQuery("get", "/api/v1/models/{ref}/checks", { params: { path: { ref: reference } } });
  return (
    <Card title="Checks with data of one's own">
      <Answer of={answer} lines={2}>
        {({ checks }) =>
          checks.length === 0 ? (
            <p className="muted" style={{ margin: 0 }}>
              None yet. <code>unshelf check {reference.replace(":", "@")} --data FILE --label COLUMN</code> asks the version for rows of a file, and keeps what came of it here.
            </p>
          ) : (
            <ul className="list">
              {checks.map((check) => (
                <li key={check.id}>
                  <One check={check} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Card>
  );
}

function One({ check }: { check: CheckDetail }) {
  const failed = Object.entries(check.failed).map(([code, rows]) => `${counted(rows, "row")} ${code.replaceAll("_", " ")}`);
  return (
    <div>
      <div className="row">
        <StateWord state={failed.length ? "attention" : "ok"}>{failed.length ? failed.join(", ") : "every row answered"}</StateWord>
        <span className="small muted">
          <Moment time={check.started_at} /> by <Person actor={check.started_by} />
        </span>
      </div>
      <Facts
        of={[
          ["Data", check.data || "rows that came with the request"],
          ["Rows", `${figure(check.answered)} answered of ${figure(check.rows)}${check.not_asked ? `; ${figure(check.not_asked)} not asked, because the time was over` : ""}`],
          ...(check.latency ? ([["Latency", `median ${figure(check.latency.median)} ms, 95 in 100 within ${figure(check.latency.p95)} ms, slowest ${figure(check.latency.slowest)} ms`]] as [string, string][]) : []),
          ...(check.quality ? Object.entries(check.quality.figures).map(([name, value]): [string, string] => [name.replaceAll("_", " "), figure(value)]) : []),
          ...(check.note ? ([["Note", check.note]] as [string, string][]) : []),
        ]}
      />
      {check.failures.slice(0, 5).map(({ row, code, detail }) => (
        <p key={row} className="small" style={{ margin: "4px 0 0" }}>
          Row {row + 1}: {detail || code}
        </p>
      ))}
    </div>
  );
}
