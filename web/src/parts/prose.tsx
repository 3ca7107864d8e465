/** A text with a little form: paragraphs, lists, bold, italic, code. Everything else, HTML too, is shown as it is written. */
import { Fragment, type ReactNode } from "react";

const MARKS = /(\*\*[^*\n]+\*\*|\*[^*\n]+\*|`[^`\n]+`)/;
const ITEM = /^\s*[-*] +/;

export function Prose({ text }: { text: string }) {
  const blocks = text.replaceAll("\r\n", "\n").split(/\n\s*\n/).filter((block) => block.trim());
  return (
    <div className="prose stack" style={{ gap: 8, overflowWrap: "anywhere" }}>
      {blocks.map((block, place) => {
        const lines = block.split("\n").filter((line) => line.trim());
        if (lines.every((line) => ITEM.test(line))) {
          return (
            <ul key={place} style={{ margin: 0, paddingLeft: 20 }}>
              {lines.map((line, item) => (
                <li key={item}>{marked(line.replace(ITEM, ""))}</li>
              ))}
            </ul>
          );
        }
        return (
          <p key={place} style={{ margin: 0 }}>
            {lines.map((line, number) => (
              <Fragment key={number}>
                {number > 0 && <br />}
                {marked(line)}
              </Fragment>
            ))}
          </p>
        );
      })}
    </div>
  );
}

/** A line with its bold, italic and code parts. */
export function marked(line: string): ReactNode[] {
  return line.split(MARKS).map((part, place) => {
    if (/^\*\*[^*]+\*\*$/.test(part)) return <strong key={place}>{part.slice(2, -2)}</strong>;
    if (/^\*[^*]+\*$/.test(part)) return <em key={place}>{part.slice(1, -1)}</em>;
    if (/^`[^`]+`$/.test(part)) return <code key={place}>{part.slice(1, -1)}</code>;
    return part;
  });
}
