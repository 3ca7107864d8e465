/** Data to train on anew: recorded predictions with their labels as versions of a dataset. */
import { $api, answerOf, client } from "~/api/client";
import { askAnew } from "~/api/queries";
import type { CollectionView, ModelDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { figure } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { DataTable, type Column } from "~/parts/table";

const LIVE_MS = 2_000;
const SHOWN = 20;
const SINCE = "30d";
export const STATES_OF_COLLECTION = { running: ["unknown", "running"], succeeded: ["ok", "done"], failed: ["failing", "failed"] } as const;
const COLUMNS: Column<CollectionView>[] = [
  { name: "dataset", header: "Dataset", cell: (each) => (each.number ? <PageLink href={datasetPage(each)}>{`${each.dataset}@${each.number}`}</PageLink> : each.dataset) },
  { name: "state", header: "State", cell: ({ state, reason }) => <span title={reason || undefined}><StateWord state={STATES_OF_COLLECTION[state][0]}>{STATES_OF_COLLECTION[state][1]}</StateWord></span> },
  { name: "rows", header: "Rows", cell: ({ rows }) => (rows === null ? "–" : figure(rows)) },
  { name: "labelled", header: "With a label", cell: ({ labelled }) => (labelled === null ? "–" : figure(labelled)) },
  { name: "versions", header: "Predicted by", cell: ({ versions }) => versions.map((version) => `version ${version}`).join(", ") || "–" },
  { name: "query", header: "Asked for", cell: ({ query }) => [query.since ? `since ${query.since}` : "all", query.slice, query.labels ? "labelled" : ""].filter(Boolean).join(", ") },
  { name: "at", header: "When", cell: ({ created_at }) => <Moment time={created_at} /> },
];

/** The page of the version of a dataset that a collection made. */
export function datasetPage({ dataset, number }: Pick<CollectionView, "dataset" | "number">): string {
  return `${path`/data/${dataset}`}${number ? `?version=${number}` : ""}`;
}

/** The newest collections of a model, asked anew while one runs. */
export function useCollections(model: string, enabled = true) {
  return $api.useQuery("get", "/api/v1/collections", { params: { query: { model, limit: SHOWN } } }, { enabled, refetchInterval: ({ state }) => (state.data?.collections.some((each) => each.state === "running") ? LIVE_MS : false) });
}

export function CollectCard({ model }: { model: ModelDetail }) {
  const place = { model: model.name, project: model.project };
  const answer = useCollections(model.name);
  async function collect(): Promise<void> {
    await answerOf(client.POST("/api/v1/collections", { body: { model: model.name, dataset: `${model.name}-seen`, since: SINCE } }));
    await askAnew("/api/v1/collections");
  }
  return (
    <Card title="Data to train on anew" aside={<Action size="xs" label={`Collect the last 30 days as ${model.name}-seen`} permission="data.manage" on={place} act={collect} />}>
      <Answer of={answer} lines={2}>
        {({ collections }) =>
          collections.length ? (
            <DataTable label="Collections" noun={["collection", "collections"]} rows={collections} columns={COLUMNS} keyOf={({ id }) => id} />
          ) : (
            <p className="muted" style={{ margin: 0 }}>
              Predictions whose label is known become the next version of a dataset, with inputs, answers and labels. A policy can do that when the model drifts.
            </p>
          )
        }
      </Answer>
    </Card>
  );
}
