/** Copying: every name, id and command has a button for it. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { Check, Copy as CopyIcon } from "lucide-react";
import { useState } from "react";

const SHOWN_MS = 1_500;

export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea"); // where the page came by plain http from another machine
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function Copy({ text, what = "Copy" }: { text: string; what?: string }) {
  const [copied, setCopied] = useState(false);
  async function copy() {
    await copyText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  }
  return (
    <Tooltip label={copied ? "Copied" : what}>
      <ActionIcon variant="subtle" color="gray" size="md" className="copy" onClick={copy} aria-label={copied ? "Copied" : what}>
        {copied ? <Check size={16} aria-hidden /> : <CopyIcon size={16} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}

/** A command, a snippet or a log, as text. */
export function Code({ text, what = "Copy" }: { text: string; what?: string }) {
  return (
    <div className="code">
      <pre tabIndex={0}>{text}</pre>
      <Copy text={text} what={what} />
    </div>
  );
}

/** A short text with its button beside it. */
export function Copyable({ text, shown = text }: { text: string; shown?: string }) {
  return (
    <span className="row" style={{ gap: 2, flexWrap: "nowrap", display: "inline-flex", maxWidth: "100%" }}>
      <span className="mono cut" title={text}>
        {shown}
      </span>
      <Copy text={text} what={`Copy ${text}`.slice(0, 60)} />
    </span>
  );
}
