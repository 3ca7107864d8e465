/** Backups of the installation: the last one, the next one, those before, and one that is made now. */
import { Progress } from "@mantine/core";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { BackupStateView } from "~/api/schema";
import { Action } from "~/parts/action";
import { bytes, counted, figure } from "~/parts/figures";
import { Moment } from "~/parts/moment";
import { Card, Facts } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { DataTable } from "~/parts/table";

const BACKUPS = "/api/v1/backups";
const RUNNING_MS = 1_000;
const IDLE_MS = 30_000;
const KEYS = { sealed: "sealed with the passphrase", plain: "as they are", without: "not in it" };
const REASONS: Record<string, string> = { asked: "somebody asked", scheduled: "by the clock", command: "a command on the server", upgrade: "an upgrade" };
/** The steps of a backup, in order, as the server says them. */
const STEPS = ["copying the database", "copying records of predictions", "copying deferred predictions", "copying files of models, jobs and datasets", "verifying", "removing old backups"];

export function Backups() {
  const answer = $api.useQuery("get", BACKUPS, {}, { refetchInterval: ({ state }) => (state.data?.is_running ? RUNNING_MS : IDLE_MS) });
  const start = () => answerOf(client.POST(BACKUPS)).then(() => askAnew(BACKUPS));
  return (
    <Card title="Backups" aside={answer.data?.to ? <Action label="Back up now" size="compact-sm" permission="platform.manage" disabled={answer.data.is_running} act={start} /> : undefined}>
      <Answer of={answer}>{(state) => <Shown state={state} />}</Answer>
    </Card>
  );
}

function Shown({ state }: { state: BackupStateView }) {
  const last = state.last_success;
  if (!state.to && !last) {
    return (
      <Empty title="No backup was ever made">
        <p>
          Set <code>UNSHELF_BACKUP_TO</code> and a passphrase, and the server makes one each day; or run <code>unshelf backup DIR</code> on its machine by the clock.
        </p>
      </Empty>
    );
  }
  return (
    <div className="stack">
      {state.is_running && <Running step={state.step} />}
      <Facts
        of={[
          ["Last", last ? <StateWord state={state.is_too_old ? "failing" : "ok"}><Moment time={last.begun_at} />{state.is_too_old && ", too old"}</StateWord> : "never"],
          ["Next", state.next_at ? <Moment time={state.next_at} /> : "none is due: UNSHELF_BACKUP_TO is not set"],
          ["To", state.to || last?.place],
          ["Kept", counted(state.keep, "backup", "backups")],
          ["Keys of secrets", KEYS[state.key]],
        ]}
      />
      {state.problem && (
        <p className="small" role="status">
          <StateWord state="failing">The last one failed</StateWord> {state.problem} Is the place there, and has it room? It is tried again after a quarter of an hour.
        </p>
      )}
      {state.backups.length > 0 && (
        <DataTable
          label="Backups"
          noun={["backup", "backups"]}
          rows={state.backups}
          keyOf={({ id, begun_at }) => `${id} ${begun_at}`}
          columns={[
            { name: "of", header: "When", cell: ({ begun_at }) => <Moment time={begun_at} /> },
            { name: "state", header: "State", cell: ({ state: became, problem }) => <StateWord state={became === "done" ? "ok" : "failing"}>{became === "done" ? "done" : `failed: ${problem}`}</StateWord> },
            { name: "why", header: "Why", cell: ({ reason }) => REASONS[reason] ?? reason },
            { name: "files", header: "Files", align: "end", cell: ({ files }) => figure(files) },
            { name: "size", header: "Size", align: "end", cell: (each) => bytes(each.bytes) },
            { name: "new", header: "New", align: "end", cell: (each) => bytes(each.new_bytes) },
          ]}
        />
      )}
    </div>
  );
}

function Running({ step }: { step: string }) {
  const done = STEPS.indexOf(step) + 1;
  return (
    <div role="status">
      <p className="small">A backup is being made{step && `: ${step}`}. Everything goes on meanwhile.</p>
      <Progress value={(100 * done) / (STEPS.length + 1)} aria-label="Steps of the backup" animated size="sm" />
    </div>
  );
}
