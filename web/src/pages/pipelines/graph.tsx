/** A pipeline as a graph: a list of its steps in an order that can be read aloud, placed and joined by lines where there is room. */
import { duration } from "~/parts/figures";
import { StateWord, type State } from "~/parts/state";
import "./graph.css";
import { layoutOf, type Placed } from "./layout";

const WIDTH = 200;
const HEIGHT = 84;
const GAP_X = 48;
const GAP_Y = 20;

export interface GraphStep {
  name: string;
  does: string;
  needs: string[];
  state?: State;
  word?: string;
  isDone?: boolean;
  seconds?: number | null;
}

interface Props {
  label: string;
  steps: GraphStep[];
  chosen: string;
  onChoose: (name: string) => void;
}

export function Graph({ label, steps, chosen, onChoose }: Props) {
  const { steps: placed, lines, columns, rows } = layoutOf(steps);
  const size = { width: columns * (WIDTH + GAP_X) - GAP_X, height: rows * (HEIGHT + GAP_Y) - GAP_Y };
  const done = new Set(steps.filter(({ isDone }) => isDone).map(({ name }) => name));
  return (
    <div className="flow" tabIndex={-1}>
      <div className="flow-plane" style={size}>
        <svg width={size.width} height={size.height} aria-hidden>
          {lines.map(({ from, to }) => (
            <path key={`${from.name} ${to.name}`} d={curve(from, to)} data-done={done.has(from.name)} />
          ))}
        </svg>
        <ol aria-label={label}>
          {steps.map((step, place) => (
            <li key={step.name} style={{ left: x(placed[place]!), top: y(placed[place]!) }}>
              <Step step={step} isChosen={step.name === chosen} choose={() => onChoose(step.name === chosen ? "" : step.name)} />
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

function Step({ step, isChosen, choose }: { step: GraphStep; isChosen: boolean; choose: () => void }) {
  return (
    <button type="button" className="flow-step" data-state={step.state} aria-pressed={isChosen} onClick={choose} title={step.needs.length ? `needs ${step.needs.join(", ")}` : undefined}>
      <strong className="cut">{step.name}</strong>
      <span className="small muted cut" style={{ display: "block" }}>
        {step.does}
      </span>
      {step.state && (
        <span className="row">
          <StateWord state={step.state}>{step.word}</StateWord>
          <span className="small muted">{step.seconds === null || step.seconds === undefined ? "" : duration(step.seconds)}</span>
        </span>
      )}
    </button>
  );
}

function x({ column }: Placed): number {
  return column * (WIDTH + GAP_X);
}

function y({ row }: Placed): number {
  return row * (HEIGHT + GAP_Y);
}

function curve(from: Placed, to: Placed): string {
  const [left, right] = [x(from) + WIDTH, x(to)];
  const [start, end] = [y(from) + HEIGHT / 2, y(to) + HEIGHT / 2];
  const bend = Math.max(24, (right - left) / 2);
  return `M ${left} ${start} C ${left + bend} ${start}, ${right - bend} ${end}, ${right} ${end}`;
}
