/** Beginning a sweep of a job. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { JobDetail } from "~/api/schema";
import { path, useGo } from "~/parts/link";
import { SchemaForm } from "~/parts/schemaform";
import { linesOf, spaceOf } from "./spaces";

export function BeginSweep({ job }: { job: JobDetail }) {
  const [opened, setOpened] = useState(false);
  const go = useGo();
  const may = useMay();
  if (!may("jobs.run", { project: job.project })) return null;
  const numbers = Object.entries(job.results ?? {}).filter(([, value]) => typeof value === "number");
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        Sweep
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Sweep ${job.name}`} size="lg" closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "long", name: "space", label: "Parameters, one a line", required: true, placeholder: "depth = 3, 5, 7\nrate = 0.001..1 log\nsize = 10..50 step 10", description: "A list of values, or a range." },
            { kind: "text", name: "objective", label: "Objective", required: true, description: "The field of the job's results that is compared." },
            { kind: "choice", name: "direction", label: "Better is", required: true, options: [{ value: "more", label: "more" }, { value: "less", label: "less" }] },
            { kind: "choice", name: "strategy", label: "Strategy", required: true, options: [{ value: "search", label: "Search: each by what was reached so far" }, { value: "random", label: "Random: draws" }, { value: "grid", label: "Grid: every combination" }] },
            { kind: "number", name: "trials", label: "Trials", min: 1, max: 10_000, description: "Leave empty for all of a grid, or 20." },
            { kind: "number", name: "parallel", label: "At a time", min: 1, max: 200 },
            { kind: "number", name: "folds", label: "Folds", min: 2, max: 50, description: "Cross-validation: as many jobs a combination. Leave empty for one." },
          ]}
          initial={{ space: linesOf(job.parameters), objective: numbers[0]?.[0] ?? "", direction: "more", strategy: "search", trials: 20, parallel: 4, folds: null }}
          submit={`Sweep ${job.name}`}
          onCancel={() => setOpened(false)}
          onSubmit={async ({ space, objective, direction, strategy, trials, parallel, folds }) => {
            const begun = await answerOf(
              client.POST("/api/v1/sweeps", {
                body: { job: job.id, space: spaceOf(String(space)) as never, objective: String(objective), name: `Sweep of ${job.name}`.slice(0, 200), strategy: strategy as "grid", trials: typeof trials === "number" ? trials : null, parallel: typeof parallel === "number" ? parallel : 4, folds: typeof folds === "number" ? folds : null, maximize: direction === "more", seed: 0 },
              }),
            );
            await askAnew("/api/v1/sweeps");
            setOpened(false);
            go(path`/sweeps/${begun.id}`);
          }}
        />
      </Modal>
    </>
  );
}
