/** Roles of a version's columns: where each is known from, what is missing and what that costs, and their change. */
import { Button, Group, Modal, MultiSelect, Select, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay, type Place } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ColumnRolesView } from "~/api/schema";
import { Card, Facts } from "~/parts/page";
import { Answer, Fault } from "~/parts/placeholders";
import { Word } from "~/parts/state";

const LABELS = { prediction: "Prediction", scores: "Scores", classes: "Classes", task: "Task", label: "Label", key: "Business key", slices: "Slices", time: "Time", query: "Query" } as const;
type Role = keyof typeof LABELS;
const ROLES = Object.keys(LABELS) as Role[];
const TASKS = ["classification", "regression", "ranking"];
const MOST_SHOWN = 8;

export function RolesCard({ reference, place }: { reference: string; place: Place }) {
  const may = useMay();
  const [editing, setEditing] = useState(false);
  const answer = $api.useQuery("get", "/api/v1/models/{ref}/columns", { params: { path: { ref: reference } } });
  return (
    <Card
      title="Roles of columns"
      aside={
        may("model.release", place) &&
        answer.data && (
          <Button size="compact-sm" variant="default" onClick={() => setEditing(true)}>
            Change
          </Button>
        )
      }
    >
      <Answer of={answer} lines={6}>
        {(found) => (
          <>
            <Facts of={ROLES.filter((role) => !isNothing(found[role])).map((role) => [LABELS[role], <Known key={role} of={found} role={role} />])} />
            {found.missing.length > 0 && (
              <ul className="list" aria-label="Missing roles" style={{ marginTop: 12 }}>
                {found.missing.map(({ role, cost, how }) => (
                  <li key={role}>
                    <strong>No {LABELS[role as Role]?.toLowerCase() ?? role}.</strong> {cost} <span className="muted">{how}</span>
                  </li>
                ))}
              </ul>
            )}
            {editing && <Edit of={found} onClose={() => setEditing(false)} />}
          </>
        )}
      </Answer>
    </Card>
  );
}

function isNothing(value: string | string[] | null): boolean {
  return value === null || value.length === 0;
}

function Known({ of, role }: { of: ColumnRolesView; role: Role }) {
  const value = of[role];
  const text = Array.isArray(value) ? `${value.slice(0, MOST_SHOWN).join(", ")}${value.length > MOST_SHOWN ? ` and ${value.length - MOST_SHOWN} more` : ""}` : value;
  return (
    <span className="row" style={{ gap: 6 }}>
      <span style={{ overflowWrap: "anywhere" }}>{text}</span>
      {of.sources[role] && <Word>{of.sources[role]}</Word>}
    </span>
  );
}

function Edit({ of, onClose }: { of: ColumnRolesView; onClose: () => void }) {
  const [roles, setRoles] = useState(() => Object.fromEntries(ROLES.map((role) => [role, of[role]])) as Record<Role, string | string[] | null>);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const set = (role: Role) => (value: string | string[] | null) => setRoles({ ...roles, [role]: value || null });
  const changed = Object.fromEntries(ROLES.filter((role) => JSON.stringify(roles[role]) !== JSON.stringify(of[role])).map((role) => [role, roles[role]]));

  async function save() {
    setBusy(true);
    setError(undefined);
    try {
      await answerOf(client.PATCH("/api/v1/models/{ref}/columns", { params: { path: { ref: `${of.name}:${of.version}` } }, body: { reason: "", ...changed } }));
      await askAnew("/api/v1/models/{ref}/columns", "/api/v1/models/{ref}/dashboard");
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  const one = (role: Role, data: string[]) => <Select label={LABELS[role]} data={data} value={roles[role] as string | null} onChange={set(role)} clearable searchable={data.length > 8} placeholder="none" />;
  return (
    <Modal opened onClose={onClose} title={`Roles of columns of ${of.name}, version ${of.version}`} centered closeButtonProps={{ "aria-label": "Close" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className="stack">
          {one("prediction", of.outputs)}
          {one("scores", of.recorded_scores ? [...of.outputs, of.recorded_scores] : of.outputs)}
          {of.recorded_scores && (
            <p className="small muted" style={{ margin: 0 }}>
              {of.recorded_scores} is recorded beside the answers, and sent to no caller.
            </p>
          )}
          <TagsInput label={LABELS.classes} description="In the order of the scores." value={roles.classes as string[]} onChange={set("classes")} />
          {one("task", TASKS)}
          <TextInput label={LABELS.label} description="The name under which labels come." value={(roles.label as string | null) ?? ""} onChange={(event) => set("label")(event.currentTarget.value)} />
          {one("key", of.inputs)}
          <MultiSelect label={LABELS.slices} data={of.inputs} value={roles.slices as string[]} onChange={set("slices")} searchable clearable />
          {one("time", of.inputs)}
          {roles.task === "ranking" && one("query", of.inputs)}
          <p className="small muted" style={{ margin: 0 }}>
            Later versions have these roles, too, until theirs are changed.
          </p>
          <Fault error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={Object.keys(changed).length === 0}>
              Save the roles
            </Button>
          </Group>
        </div>
      </form>
    </Modal>
  );
}
