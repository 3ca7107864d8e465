/** How labels are sent: from the page as a CSV file, and from a program. */
import { Button, FileButton, Modal, SegmentedControl } from "@mantine/core";
import { useRef, useState } from "react";

import { answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import { Code } from "~/parts/copy";
import { counted, figure } from "~/parts/figures";
import { Card } from "~/parts/page";
import { Fault } from "~/parts/placeholders";
import { labelsOf } from "./labelfile";

const BATCH = 10_000;
const LANGUAGES = [
  { value: "curl", label: "curl" },
  { value: "python", label: "Python" },
  { value: "cli", label: "Terminal" },
];

/** The way to send one label, with this server's address. */
export function labelSnippet(language: string, origin: string, model: string): string {
  if (language === "python") return `import unshelf\n\nunshelf.labels.add(\n    ${JSON.stringify(model)},\n    [{"prediction_id": "ID OF THE ANSWER", "label": "THE TRUTH"}],\n    url=${JSON.stringify(origin)}, token="TOKEN",\n)`;
  if (language === "cli") return `export UNSHELF_URL=${origin} UNSHELF_TOKEN=TOKEN\nunshelf labels add ${model} --data truth.csv --id-column prediction_id --label-column label`;
  return `curl ${origin}/api/v1/labels -H "Authorization: Bearer TOKEN" -H "Content-Type: application/json" \\\n  -d '{"model": "${model}", "labels": [{"prediction_id": "ID OF THE ANSWER", "value": "THE TRUTH"}]}'`;
}

export function HowToSend({ model }: { model: string }) {
  const [language, setLanguage] = useState("curl");
  return (
    <Card title="Send the truth when it is known" aside={<SegmentedControl size="xs" aria-label="By" data={LANGUAGES} value={language} onChange={setLanguage} />}>
      <p className="prose" style={{ marginTop: 0 }}>
        Each answer has an id. Send it back with what turned out to be true, and the quality of the model is measured here: by hour, version and slice. A key with the role <code>labeller</code> may send labels and nothing else. Or upload a CSV file with the columns <code>prediction_id</code> (or{" "}
        <code>key</code>) and <code>label</code>.
      </p>
      <Code text={labelSnippet(language, location.origin, model)} />
    </Card>
  );
}

interface Sent {
  accepted: number;
  corrected: number;
  duplicates: number;
  waiting: number;
  warnings: string[];
}

export function UploadLabels({ model }: { model: string }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [sent, setSent] = useState<Sent>();
  const reset = useRef<() => void>(null);

  async function take(file: File | null) {
    if (!file) return;
    setBusy(true);
    setError(undefined);
    setSent(undefined);
    const total: Sent = { accepted: 0, corrected: 0, duplicates: 0, waiting: 0, warnings: [] };
    try {
      const found = labelsOf(await file.text());
      if ("fault" in found) return setError({ code: "invalid_input", status: 422, detail: found.fault });
      for (let start = 0; start < found.labels.length; start += BATCH) {
        const added = await answerOf(client.POST("/api/v1/labels", { body: { model, labels: found.labels.slice(start, start + BATCH), source: file.name.slice(0, 200) } }));
        total.accepted += added.accepted;
        total.corrected += added.corrected;
        total.duplicates += added.duplicates;
        total.waiting += added.waiting;
        total.warnings.push(...added.warnings);
      }
      setSent(total);
      await askAnew("/api/v1/models/{ref}/quality");
    } catch (problem) {
      setError(problem);
    } finally {
      reset.current?.(); // so that a mended file of the same name is taken, too
      setBusy(false);
    }
  }

  function close() {
    setError(undefined);
    setSent(undefined);
  }

  return (
    <>
      <FileButton resetRef={reset} onChange={(file) => void take(file)} accept=".csv,text/csv" inputProps={{ "aria-label": "File of labels" }}>
        {(props) => (
          <Button {...props} size="xs" variant="default" loading={busy}>
            Upload labels
          </Button>
        )}
      </FileButton>
      <Modal opened={sent !== undefined || error !== undefined} onClose={close} title="Labels" centered closeButtonProps={{ "aria-label": "Close" }}>
        <Fault error={error} />
        {sent && (
          <>
            <p style={{ marginTop: 0 }}>
              {counted(sent.accepted, "label")} stored, {figure(sent.corrected)} of them corrections; {figure(sent.duplicates)} known already. {figure(sent.waiting)} wait for their prediction, and are joined within minutes of its reaching the archive.
            </p>
            {sent.warnings.map((warning) => (
              <p key={warning} className="prose">
                {warning}
              </p>
            ))}
          </>
        )}
      </Modal>
    </>
  );
}
