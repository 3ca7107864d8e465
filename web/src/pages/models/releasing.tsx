/** Acts on a model's release: release a version, go back, pause, resume. What will be is shown before. */
import { Button, Modal, NumberInput, Select } from "@mantine/core";
import { useState } from "react";

import { answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { ModelDetail } from "~/api/schema";
import { Action } from "~/parts/action";
import { Fault } from "~/parts/placeholders";
import { Shares } from "./shares";
import { sharesAfter, versionToRelease } from "./states";

const CHANGED = ["/api/v1/models", "/api/v1/activity"];

export function ReleaseActions({ model }: { model: ModelDetail }) {
  const on = { model: model.name, project: model.project };
  const name = { params: { path: { name: model.name } } };
  const ref = { params: { path: { ref: model.name } } };
  const after = () => askAnew(...CHANGED);
  return (
    <>
      {model.paused ? (
        <Action label="Resume" permission="model.release" on={on} before={<>Predictions are taken again, with the release as it was.</>} act={() => answerOf(client.POST("/api/v1/models/{ref}/resume", ref)).then(after)} />
      ) : (
        <Action label="Pause" permission="model.release" on={on} before={<>Callers get “503 paused” until the model is resumed. Its release stays as it is.</>} act={() => answerOf(client.POST("/api/v1/models/{ref}/pause", ref)).then(after)} />
      )}
      {model.versions.length > 1 && (
        <Action
          label="Roll back"
          permission="model.release"
          on={on}
          before={<>The release before this one takes the traffic again. You can undo it by releasing the version that is live now.</>}
          act={() => answerOf(client.POST("/api/v1/models/{name}/rollback", name)).then(after)}
        />
      )}
      <ReleaseVersion model={model} />
    </>
  );
}

function ReleaseVersion({ model }: { model: ModelDetail }) {
  const may = useMay();
  const [opened, setOpened] = useState(false);
  const [chosen, setChosen] = useState<number>();
  const version = chosen ?? versionToRelease(model); // a version that is registered meanwhile is proposed too
  const [percent, setPercent] = useState(100);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  if (!may("model.release", { model: model.name, project: model.project })) return null;

  function open() {
    setChosen(undefined);
    setOpened(true);
  }

  async function release() {
    setBusy(true);
    setError(undefined);
    try {
      await answerOf(client.PUT("/api/v1/models/{name}/release", { params: { path: { name: model.name } }, body: { version, percent } }));
      await askAnew(...CHANGED);
      setOpened(false);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  const versions = [...model.versions].reverse().map((each) => String(each.version));
  return (
    <>
      <Button onClick={open}>Release a version</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Release a version of ${model.name}`} centered closeButtonProps={{ "aria-label": "Close" }}>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void release();
          }}
        >
          <Select label="Version" data={versions} value={String(version)} onChange={(value) => value && setChosen(Number(value))} allowDeselect={false} />
          <NumberInput label="Its share of the traffic" min={0} max={100} suffix=" %" value={percent} onChange={(value) => typeof value === "number" && setPercent(value)} />
          <div>
            <div className="small muted" style={{ marginBottom: 4 }}>
              Now
            </div>
            <Shares of={model.release} />
          </div>
          <div>
            <div className="small muted" style={{ marginBottom: 4 }}>
              Then
            </div>
            <Shares of={sharesAfter(model.release, version, percent)} />
          </div>
          <Fault error={error} />
          <Button type="submit" loading={busy}>
            Release version {version}
          </Button>
        </form>
      </Modal>
    </>
  );
}
