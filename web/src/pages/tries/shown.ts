/** Values that stand in the address, and follow each move of a slider at once: the address follows when the moves have paused. */
import { useEffect, useMemo, useRef, useState, type DependencyList } from "react";

const PAUSE_MS = 250;

/** `read` makes the value of the text in the address; `write` puts a value there, and says by which text. What a text can't hold stays as long as
 * that text is in the address. */
export function useShown<T>(text: string, read: (text: string) => T, write: (value: T) => string, when: DependencyList): [T, (value: T) => void] {
  const told = useMemo(() => read(text), [text, ...when]);
  const [ahead, setAhead] = useState<{ value: T }>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const written = useRef<string>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (timer.current === undefined && text !== written.current) setAhead(undefined);
  }, [text]);
  function change(value: T) {
    setAhead({ value });
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      written.current = write(value);
    }, PAUSE_MS);
  }
  return [ahead ? ahead.value : told, change];
}
