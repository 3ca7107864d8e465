/** A file of records, sent from the page: JSON lines or a CSV table. */
import { Button, FileButton, Modal } from "@mantine/core";
import { useRef, useState } from "react";

import { answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { ModelDetail, RecordsTakenView } from "~/api/schema";
import { counted, figure } from "~/parts/figures";
import { Fault } from "~/parts/placeholders";
import { recordsOf } from "./recordfile";

const BATCH = 5_000;
const MOST_FAULTS = 20;

export function SendFile({ model }: { model: ModelDetail }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [taken, setTaken] = useState<RecordsTakenView>();
  const reset = useRef<() => void>(null);

  async function take(file: File | null) {
    if (!file) return;
    setBusy(true);
    setError(undefined);
    setTaken(undefined);
    const total: RecordsTakenView = { accepted: 0, duplicates: 0, refused: 0, faults: [] };
    try {
      const found = recordsOf(await file.text(), namesOf(model), textsOf(model));
      if ("fault" in found) return setError({ code: "invalid_input", status: 422, detail: found.fault });
      for (let start = 0; start < found.records.length; start += BATCH) {
        const lines = found.records.slice(start, start + BATCH).map((record) => JSON.stringify(record));
        const sent = await answerOf(client.POST("/api/v1/models/{ref}/records", { params: { path: { ref: model.name } }, body: lines.join("\n"), bodySerializer: (body) => body, headers: { "Content-Type": "application/x-ndjson" } }));
        total.accepted += sent.accepted;
        total.duplicates += sent.duplicates;
        total.refused += sent.refused;
        total.faults.push(...sent.faults.map((fault) => ({ ...fault, row: fault.row === null ? null : fault.row + start })));
      }
      setTaken(total);
      await askAnew("/api/v1/models", "/api/v1/predictions", "/api/v1/fleet");
    } catch (problem) {
      setError(problem);
    } finally {
      reset.current?.(); // so that a mended file of the same name is taken, too
      setBusy(false);
    }
  }

  function close() {
    setError(undefined);
    setTaken(undefined);
  }

  return (
    <>
      <FileButton resetRef={reset} onChange={(file) => void take(file)} accept=".jsonl,.ndjson,.json,.csv,text/csv" inputProps={{ "aria-label": "File of records" }}>
        {(props) => (
          <Button {...props} size="xs" variant="default" loading={busy}>
            Send a file
          </Button>
        )}
      </FileButton>
      <Modal opened={taken !== undefined || error !== undefined} onClose={close} title="Records" centered closeButtonProps={{ "aria-label": "Close" }}>
        <Fault error={error} />
        {taken && (
          <>
            <p style={{ marginTop: 0 }}>
              {counted(taken.accepted, "record")} accepted, {figure(taken.duplicates)} known already, {figure(taken.refused)} refused.
            </p>
            {taken.faults.slice(0, MOST_FAULTS).map(({ row, column, expected, got }) => (
              <p key={`${row} ${column}`} className="prose">
                Record {row === null ? "–" : row + 1}, {column}: expected {expected}, got {got}.
              </p>
            ))}
          </>
        )}
      </Modal>
    </>
  );
}

function namesOf(model: ModelDetail): string[] {
  const { outputs } = model.version.signature;
  return outputs && "columns" in outputs ? outputs.columns.map(({ name }) => name) : [];
}

/** Columns that are texts, whatever their values look like. */
function textsOf(model: ModelDetail): Set<string> {
  const { inputs, outputs } = model.version.signature;
  const columns = [inputs, outputs].flatMap((side) => (side && "columns" in side ? side.columns : []));
  return new Set(columns.filter(({ type }) => type === "string").map(({ name }) => name));
}
