/** What a job prints, as it prints it. */
import { useEffect, useRef, useState } from "react";

import { Copy } from "~/parts/copy";
import { counted } from "~/parts/figures";
import { Empty, Fault } from "~/parts/placeholders";
import { lineReader } from "../predictions/asking";

interface Happening {
  type: "state" | "output" | "end";
  attempt?: number;
  text?: string;
}

const GATHER_MS = 150;
const MOST_CHARACTERS = 1_000_000;
const AGAIN_MS = 2_000;

/** The output of a job from its beginning, and then as it comes; `onChange` hears of each new state. */
export function useOutput(id: string, onChange: () => void): { text: string; error: unknown; isCut: boolean } {
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>();
  const [isCut, setIsCut] = useState(false);
  const changed = useRef(onChange);
  changed.current = onChange;
  useEffect(() => {
    const leaving = new AbortController();
    let printed = "";
    let attempt = 1;
    let isOver = false;
    let isFresh = false;
    const timer = setInterval(() => {
      if (!isFresh) return;
      isFresh = false;
      setIsCut(printed.length > MOST_CHARACTERS);
      setText(printed.slice(-MOST_CHARACTERS));
    }, GATHER_MS);
    function take(line: unknown) {
      const happening = line as Happening;
      if (happening.type === "output") {
        if (happening.attempt !== undefined && happening.attempt > attempt) {
          attempt = happening.attempt;
          printed += `\n── attempt ${attempt} ──\n`;
        }
        printed = (printed + (happening.text ?? "")).slice(-2 * MOST_CHARACTERS);
        isFresh = true;
      } else {
        isOver = happening.type === "end";
        changed.current();
      }
    }
    async function follow() {
      while (!leaving.signal.aborted && !isOver) {
        printed = "";
        attempt = 1;
        try {
          const answer = await fetch(`/api/v1/jobs/${encodeURIComponent(id)}/events`, { signal: leaving.signal });
          if (!answer.ok) throw await answer.json();
          setError(undefined);
          const read = lineReader(take);
          const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
          for (let part = await reader.read(); !part.done; part = await reader.read()) read(part.value);
        } catch (problem) {
          if (!leaving.signal.aborted) setError(problem);
        }
        if (!isOver) await new Promise((done) => setTimeout(done, AGAIN_MS));
      }
    }
    void follow();
    return () => {
      leaving.abort();
      clearInterval(timer);
    };
  }, [id]);
  return { text, error, isCut };
}

export function Output({ text, error, isCut, isOver }: { text: string; error: unknown; isCut: boolean; isOver: boolean }) {
  const frame = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const place = frame.current;
    if (place && isAtEnd.current) place.scrollTop = place.scrollHeight;
  }, [text]);
  return (
    <div className="stack">
      <Fault error={error} />
      {text === "" ? (
        <Empty title={isOver ? "It printed nothing" : "It has printed nothing yet"}>
          <p>What the program prints appears here as it is printed.</p>
        </Empty>
      ) : (
        <div>
          <div className="code">
            <pre
              ref={frame}
              tabIndex={0}
              aria-label="Output"
              style={{ maxHeight: "60vh" }}
              onScroll={({ currentTarget: place }) => {
                isAtEnd.current = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
              }}
            >
              {text}
            </pre>
            <Copy text={text} what="Copy the output" />
          </div>
          <div className="small muted" style={{ marginTop: 8 }}>
            {counted(text.split("\n").length - (text.endsWith("\n") ? 1 : 0), "line")}
            {isCut && "; only the end is shown"}
          </div>
        </div>
      )}
    </div>
  );
}
