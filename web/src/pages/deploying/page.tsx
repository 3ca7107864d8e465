/** Deploy a model from the page: drop it, choose, watch. */
import { Button, Group, Progress as Bar } from "@mantine/core";
import { Upload } from "lucide-react";
import { useEffect, useState } from "react";

import { $api } from "~/api/client";
import { useMay, useMayIsKnown } from "~/api/permissions";
import { Lost, type Progress } from "~/api/sending";
import { useProject } from "~/app/project";
import { bytes } from "~/parts/figures";
import { path, useGo } from "~/parts/link";
import { Card, Page } from "~/parts/page";
import { Failure, Fault, Waiting } from "~/parts/placeholders";
import { useView } from "~/parts/view";
import { begin, cancelSending, startOver, takeUp, takeUpJob, useDraft } from "./draft";
import { Drop } from "./drop";
import { Files } from "./files";
import { Form, faultsOf, projectOf, useKnown } from "./form";

const DENIED = { status: 403, code: "forbidden", detail: "You may not deploy models anywhere.", hint: "Ask an owner of a project for the role contributor." };

export function DeployingPage() {
  const may = useMay();
  const isKnown = useMayIsKnown();
  const [view] = useView({ from: "", job: "" });
  const job = $api.useQuery("get", "/api/v1/jobs/{id}", { params: { path: { id: view.job } } }, { enabled: view.job !== "", retry: false });
  useEffect(() => {
    if (view.job && job.data) void takeUpJob(job.data);
  }, [view.job, job.data]);
  const from = $api.useQuery("get", "/api/v1/deploys/{id}/files", { params: { path: { id: view.from } } }, { enabled: view.from !== "", retry: false });
  useEffect(() => {
    if (view.from && from.data) takeUp(view.from, from.data.request);
  }, [view.from, from.data]);
  return (
    <Page title="Deploy a model" within={[["Deploys", "/deploys"]]} says={view.job && job.data ? `What the job ${job.data.name} left becomes a version, in the environment that it was made in.` : "From a file or a folder to an endpoint. Nothing is sent before you press the button."}>
      {job.isError && <Failure error={job.error} />}
      {!isKnown || job.isLoading ? <Waiting /> : may("model.deploy") ? <Deploying missing={from.data?.missing ?? []} /> : <Failure error={DENIED} />}
    </Page>
  );
}

function Deploying({ missing }: { missing: string[] }) {
  const draft = useDraft();
  const known = useKnown();
  const [current] = useProject();
  const go = useGo();
  const [tried, setTried] = useState(false);
  const { items, choices, progress, secrets } = draft;
  if (items.length === 0) {
    return (
      <Drop isMore={false}>
        <Upload size={24} aria-hidden className="muted" />
        <h2>Drop a model here</h2>
        <p className="muted prose" style={{ margin: "0 0 8px" }}>
          A folder with unshelf.toml, an MLflow model folder, or a model file: .skops, .joblib, .pkl, .onnx, .ubj, .cbm, .keras, .pt2, or LightGBM's .txt.
        </p>
      </Drop>
    );
  }
  const project = projectOf(draft, known, current);
  const busy = progress !== undefined;
  const lost = items.filter(({ file, sha256 }) => !file && sha256 && missing.includes(sha256));

  async function deploy() {
    setTried(true);
    if (Object.keys(faultsOf(draft)).length > 0) return;
    const id = await begin(project);
    if (id && location.pathname === "/deploy") go(path`/deploys/${id}`);
  }

  return (
    <form
      noValidate
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void deploy();
      }}
    >
      <Card
        title="Files"
        aside={
          <Button variant="default" size="xs" disabled={busy} onClick={startOver}>
            Start over
          </Button>
        }
      >
        <div className="stack">
          <Files items={items} secrets={secrets} disabled={busy} />
          {lost.length > 0 && <Fault error={new Lost(`Not kept any more, so drop it again: ${lost.map((item) => item.path).join(", ")}.`)} />}
          <Drop isMore disabled={busy} />
        </div>
      </Card>
      <Card title="How it is deployed">
        <Form draft={draft} known={known} project={project} shows={tried} disabled={busy} />
      </Card>
      <Fault error={draft.fault} />
      {progress && <Sending progress={progress} />}
      <Group>
        <Button type="submit" loading={busy}>
          Deploy {choices.name || "the model"}
        </Button>
        {busy && (
          <Button variant="default" onClick={cancelSending}>
            Cancel
          </Button>
        )}
      </Group>
    </form>
  );
}

function Sending({ progress: { stage, done, of } }: { progress: Progress }) {
  const words = stage === "reading" ? "Reading the files" : of === 0 ? "The platform has all files already" : "Sending the files";
  const percent = of ? Math.min(100, (100 * done) / of) : 100;
  return (
    <div role="status" aria-live="polite">
      <div className="row spread small">
        <span>{words}</span>
        <span className="muted">{of > 0 && `${bytes(done)} of ${bytes(of)}`}</span>
      </div>
      <Bar value={percent} aria-label={words} size="sm" mt={4} />
      <p className="small muted">You may look elsewhere meanwhile: the files are sent on, as long as this tab is open.</p>
    </div>
  );
}
