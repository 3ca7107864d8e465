/** The figures of a candidate and of the version that it is held against, side by side. */
import { figure } from "~/parts/figures";

type Figures = Record<string, unknown>;

export interface Comparison {
  metric: string;
  rows: number;
  candidate: Figures;
  current: Figures | null;
}

/** The comparison that a step came to; null: it is something else. */
export function comparisonOf(value: unknown): Comparison | null {
  const found = value as Partial<Comparison> | null | undefined;
  return typeof found === "object" && found !== null && typeof found.metric === "string" && typeof found.rows === "number" && typeof found.candidate === "object" && found.candidate !== null ? (found as Comparison) : null;
}

export function Compared({ of: { candidate, current, metric, rows } }: { of: Comparison }) {
  const names = Object.keys(candidate).filter((name) => typeof candidate[name] === "number" && name !== "rows");
  return (
    <div className="table-frame" style={{ marginTop: 16 }}>
      <table className="table">
        <caption className="small muted" style={{ textAlign: "left", padding: "0 12px 8px", captionSide: "top" }}>
          On {figure(rows)} rows that neither was made of.
        </caption>
        <thead>
          <tr>
            <th scope="col">Figure</th>
            <th scope="col" className="end">{String(candidate.version)}, the candidate</th>
            {current && <th scope="col" className="end">{String(current.version)}, live</th>}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row" style={{ position: "static" }}>{name.replaceAll("_", " ")}{name === metric ? " (decides)" : ""}</th>
              <td className="end">{shown(candidate[name])}</td>
              {current && <td className="end">{shown(current[name])}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function shown(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(5)));
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "–");
}
