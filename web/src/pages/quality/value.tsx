/** What predictions are worth: the values by truth and answer, or by unit of error, and the goal that they are noted for. */
import { Button, Group, Modal, NumberInput, Select, TextInput } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { QualityView } from "~/api/schema";
import { figure } from "~/parts/figures";
import { Fault } from "~/parts/placeholders";
import { classesOf, type Cells, cellsOf, keyOf, sourceOf } from "./values";

interface Props {
  of: QualityView;
  project: string;
}

export function SetValue({ of, project }: Props) {
  const [opened, setOpened] = useState(false);
  if (of.task !== "regression" && classesOf(of).length === 0) return null;
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        {of.value ? "Change what predictions are worth" : "Say what predictions are worth"}
      </Button>
      {opened && <ValueForm of={of} project={project} onClose={() => setOpened(false)} />}
    </>
  );
}

function ValueForm({ of, project, onClose }: Props & { onClose: () => void }) {
  const [unit, setUnit] = useState(of.value?.unit ?? "EUR");
  const [over, setOver] = useState(of.value?.over ?? 0);
  const [under, setUnder] = useState(of.value?.under ?? 0);
  const [cells, setCells] = useState<Cells>(() => Object.fromEntries((of.value?.cells ?? []).map(({ truth, answer, value }) => [keyOf(truth, answer), value])));
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  async function act(send: () => Promise<unknown>) {
    setBusy(true);
    setError(undefined);
    try {
      await send();
      await askAnew("/api/v1/models/{ref}/quality", "/api/v1/projects");
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  const path = { params: { path: { name: of.name } } };
  const save = () => act(() => answerOf(client.PUT("/api/v1/models/{name}/quality/value", { ...path, body: { unit, over, under, cells: cellsOf(cells), reason: "" } })));
  const forget = () => act(() => answerOf(client.DELETE("/api/v1/models/{name}/quality/value", path)));
  return (
    <Modal opened onClose={onClose} title={`What a prediction of ${of.name} is worth`} size="lg" centered closeButtonProps={{ "aria-label": "Close" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className="stack">
          <p className="prose" style={{ margin: 0 }}>
            A cost is negative. What is left empty is worth nothing. Quality then shows what the labelled predictions of each step, version and slice are worth together.
          </p>
          <TextInput label="Unit" value={unit} onChange={(event) => setUnit(event.currentTarget.value)} required maw={160} />
          {of.task === "regression" ? (
            <Group>
              <NumberInput label="A unit of error above the truth" value={over} onChange={(value) => setOver(Number(value))} />
              <NumberInput label="A unit of error below the truth" value={under} onChange={(value) => setUnder(Number(value))} />
            </Group>
          ) : (
            <Matrix names={classesOf(of)} cells={cells} change={(key, value) => setCells({ ...cells, [key]: value })} />
          )}
          {of.value && of.measured.worth !== null && <NoteForGoal of={of} project={project} worth={of.measured.worth} note={act} />}
          <Fault error={error} />
          <Group justify="flex-end">
            {of.value && (
              <Button variant="default" color="red" loading={busy} onClick={() => void forget()}>
                Forget the values
              </Button>
            )}
            <Button type="submit" loading={busy} disabled={unit.trim() === ""}>
              Save the values
            </Button>
          </Group>
        </div>
      </form>
    </Modal>
  );
}

function Matrix({ names, cells, change }: { names: string[]; cells: Cells; change: (key: string, value: number) => void }) {
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label="Values">
      <table className="table" aria-label="Values">
        <thead>
          <tr>
            <th scope="col">Truth</th>
            {names.map((answer) => (
              <th key={answer} scope="col">
                answered {answer}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((truth) => (
            <tr key={truth}>
              <th scope="row">{truth}</th>
              {names.map((answer) => (
                <td key={answer}>
                  <NumberInput aria-label={`Truth ${truth}, answered ${answer}`} size="xs" value={cells[keyOf(truth, answer)] ?? ""} onChange={(value) => change(keyOf(truth, answer), Number(value))} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Note what the shown predictions are worth as a value of one of the project's goals. */
function NoteForGoal({ of, project, worth, note }: Props & { worth: number; note: (send: () => Promise<unknown>) => Promise<void> }) {
  const [goal, setGoal] = useState<string | null>(null);
  const answer = $api.useQuery("get", "/api/v1/projects/{project}/goals", { params: { path: { project } } });
  const goals = answer.data?.goals ?? [];
  if (goals.length === 0) return null;
  return (
    <Group align="end">
      <Select label="Goal of the project" data={goals.map(({ id, title }) => ({ value: id, label: title }))} value={goal} onChange={setGoal} placeholder="none" />
      <Button
        variant="default"
        disabled={goal === null}
        onClick={() => void note(() => answerOf(client.POST("/api/v1/projects/{project}/goals/{id}/values", { params: { path: { project, id: goal! } }, body: { value: worth, source: sourceOf(of) } })))}
      >
        Note {figure(worth)} {of.value?.unit} for it
      </Button>
    </Group>
  );
}
