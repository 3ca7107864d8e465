/** Two texts, line by line: what was taken out and what was put in. */
export interface Change {
  change: "same" | "added" | "removed";
  text: string;
}

const MOST_LINES = 4_000;

/** The lines of both, by their longest common subsequence; beyond 4,000 lines all of the one, then all of the other. */
export function changesOf(before: string, after: string): Change[] {
  const old = before === "" ? [] : before.split("\n");
  const fresh = after === "" ? [] : after.split("\n");
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < fresh.length - start && old[old.length - 1 - end] === fresh[fresh.length - 1 - end]) end += 1;
  const same = (lines: string[]): Change[] => lines.map((text) => ({ change: "same", text }));
  return [
    ...same(old.slice(0, start)),
    ...middle(old.slice(start, old.length - end), fresh.slice(start, fresh.length - end)),
    ...same(old.slice(old.length - end)),
  ];
}

function middle(old: string[], fresh: string[]): Change[] {
  const removed = old.map((text): Change => ({ change: "removed", text }));
  const added = fresh.map((text): Change => ({ change: "added", text }));
  if (old.length === 0 || fresh.length === 0 || old.length + fresh.length > MOST_LINES) return [...removed, ...added];
  const width = fresh.length + 1;
  const common = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      common[i * width + j] =
        old[i] === fresh[j] ? common[(i + 1) * width + j + 1]! + 1 : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const found: Change[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < fresh.length) {
    if (old[i] === fresh[j]) {
      found.push({ change: "same", text: old[i]! });
      i += 1;
      j += 1;
    } else if (common[(i + 1) * width + j]! >= common[i * width + j + 1]!) found.push(removed[i++]!);
    else found.push(added[j++]!);
  }
  return [...found, ...removed.slice(i), ...added.slice(j)];
}

const SIGNS = { same: " ", added: "+", removed: "-" };

export function Diff({ before, after, label }: { before: string; after: string; label: string }) {
  const changes = changesOf(before, after);
  return (
    <div className="diff" role="region" aria-label={label} tabIndex={0}>
      {changes.map(({ change, text }, place) => (
        <div key={place} data-change={change}>
          {SIGNS[change]} {text}
        </div>
      ))}
    </div>
  );
}
