/** Data to train on anew that was collected since an alert was found: how far it is, and the version of the dataset that results. */
import type { CollectionView } from "~/api/schema";
import { useMay } from "~/api/permissions";
import { Copyable } from "~/parts/copy";
import { counted, figure } from "~/parts/figures";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card } from "~/parts/page";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { STATES_OF_COLLECTION, datasetPage, useCollections } from "../elsewhere/collect";

export function Collected({ model, project, since }: { model: string; project?: string; since: string }) {
  const may = useMay();
  const answer = useCollections(model, may("records.read", { model, project }));
  const found = (answer.data?.collections ?? []).filter(({ created_at }) => new Date(created_at) >= new Date(since));
  if (found.length === 0) return null;
  return (
    <Card title="Retraining data">
      <ul className="list" aria-label="Retraining data" aria-live="polite">
        {found.map((each) => (
          <li key={each.id}>
            <One of={each} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function One({ of }: { of: CollectionView }) {
  const { state, dataset, number, rows, labelled, reason, versions, created_by, created_at } = of;
  const [mark, word] = STATES_OF_COLLECTION[state];
  return (
    <>
      <span className="row">
        <StateWord state={mark}>{word}</StateWord>
        {number ? <PageLink href={datasetPage(of)} style={{ textDecoration: "underline" }}>{`${dataset}, version ${number}`}</PageLink> : dataset}
      </span>
      {state === "running" && <div>Predictions are being read and written as the next version of {dataset}. You may leave this page meanwhile.</div>}
      {reason && <div className="prose">{reason}</div>}
      {number && (
        <div>
          {counted(rows ?? 0, "row")}, {figure(labelled ?? 0)} with a label, predicted by version {versions.join(", ")}. Train on <Copyable text={`data://${dataset}@${number}`} />
        </div>
      )}
      <div className="small muted">
        <Person actor={created_by} /> · <Moment time={created_at} />
      </div>
    </>
  );
}
