/** Metrics of a model that are functions of its people's own: what they say, how their evaluation goes, and a form to add one. */
import { Button, Group, Modal, Select, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { CustomMetricView, ModelDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { Card } from "~/parts/page";
import { Fault } from "~/parts/placeholders";
import { DataTable, type Column } from "~/parts/table";
import { betterName, evaluated } from "./measures";

const EXAMPLE = `import numpy as np

def lost_margin(truth, prediction, rows):
    """A number, for the labelled predictions of a day or a slice."""
    return float(np.mean(np.abs(prediction - truth)))
`;
const BETTER = (["neither", "higher", "lower"] as const).map((value) => ({ value, label: betterName(value) }));

export function OwnMetrics({ model }: { model: ModelDetail }) {
  const place = { model: model.name, project: model.project };
  const may = useMay();
  const mayChange = may("model.release", place);
  const path = { params: { path: { name: model.name } } };
  const answer = $api.useQuery("get", "/api/v1/models/{name}/quality/metrics", path, { refetchInterval: 60_000 });
  const [changed, setChanged] = useState<string>();
  const metrics = answer.data?.metrics ?? [];
  if (metrics.length === 0 && !mayChange) return null;

  async function remove(metric: string) {
    await answerOf(client.DELETE("/api/v1/models/{name}/quality/metrics/{metric}", { params: { path: { name: model.name, metric } } }));
    await refresh();
  }

  const columns: Column<CustomMetricView>[] = [
    { name: "name", header: "Metric", cell: ({ name }) => name },
    { name: "description", header: "Says", cell: ({ description }) => description || "–" },
    { name: "better", header: "Better", cell: ({ better }) => betterName(better) },
    { name: "days", header: "Evaluation", cell: (metric) => evaluated(metric) },
  ];
  if (mayChange)
    columns.push({
      name: "acts",
      header: "",
      cell: ({ name }) => (
        <Group gap="xs" wrap="nowrap">
          <Button size="xs" variant="default" onClick={() => setChanged(name)}>
            Change {name}
          </Button>
          <Action size="xs" color="red" label={`Remove ${name}`} permission="model.release" on={place} act={() => remove(name)} before={`${name} is removed with its values.`} />
        </Group>
      ),
    });
  return (
    <Card
      title="Metrics of your own"
      aside={
        mayChange && (
          <Button size="xs" variant="default" onClick={() => setChanged("")}>
            Add a metric
          </Button>
        )
      }
    >
      {metrics.length === 0 ? (
        <p className="prose" style={{ margin: 0 }}>
          A Python function of truths, predictions and inputs, evaluated in the sandbox by version, day and slice. Of several days it is the mean of the days, weighted by labelled rows.
        </p>
      ) : (
        <DataTable label="Metrics of your own" noun={["metric", "metrics"]} rows={metrics} columns={columns} keyOf={({ name }) => name} />
      )}
      {changed !== undefined && <MetricForm model={model.name} metric={changed} onClose={() => setChanged(undefined)} />}
    </Card>
  );
}

async function refresh() {
  await askAnew("/api/v1/models/{ref}/quality", "/api/v1/models/{name}/quality/metrics", "/api/v1/models/{name}/quality/metrics/{metric}");
}

/** The form of a metric; an empty name: of a new one. */
function MetricForm({ model, metric, onClose }: { model: string; metric: string; onClose: () => void }) {
  const known = $api.useQuery("get", "/api/v1/models/{name}/quality/metrics/{metric}", { params: { path: { name: model, metric } } }, { enabled: metric !== "" });
  if (metric !== "" && !known.data) return <Fault error={known.error} />;
  const latest = known.data?.versions[0];
  return <Fields key={metric} model={model} metric={metric} start={{ code: latest?.code ?? EXAMPLE, function: latest?.function ?? "", description: latest?.description ?? "", better: latest?.better ?? "neither", tier: latest?.tier ?? "small" }} onClose={onClose} />;
}

interface Wanted {
  code: string;
  function: string;
  description: string;
  better: CustomMetricView["better"];
  tier: string;
}

function Fields({ model, metric, start, onClose }: { model: string; metric: string; start: Wanted; onClose: () => void }) {
  const [name, setName] = useState(metric || "lost_margin");
  const [wanted, setWanted] = useState(start);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const change = (part: Partial<Wanted>) => setWanted({ ...wanted, ...part });

  async function save() {
    setBusy(true);
    setError(undefined);
    try {
      await answerOf(client.PUT("/api/v1/models/{name}/quality/metrics/{metric}", { params: { path: { name: model, metric: name } }, body: { ...wanted, reason: "" } }));
      await refresh();
      onClose();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal opened onClose={onClose} title={metric ? `Change the metric ${metric}` : "Add a metric"} size="xl" centered closeButtonProps={{ "aria-label": "Close" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className="stack">
          <Group align="end">
            <TextInput label="Name" description="That of its function, too." value={name} onChange={(event) => setName(event.currentTarget.value)} disabled={metric !== ""} required />
            <Select label="Which values are better" description="Then a fall raises an alert." data={BETTER} value={wanted.better} onChange={(value) => value && change({ better: value as Wanted["better"] })} allowDeselect={false} />
          </Group>
          <TextInput label="What it says, in a sentence" value={wanted.description} onChange={(event) => change({ description: event.currentTarget.value })} />
          <Textarea label="Python" autosize minRows={8} maxRows={24} value={wanted.code} onChange={(event) => change({ code: event.currentTarget.value })} styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }} required />
          <Fault error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={name.trim() === ""}>
              Save the metric
            </Button>
          </Group>
        </div>
      </form>
    </Modal>
  );
}
