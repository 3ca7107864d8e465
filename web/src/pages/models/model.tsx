/** The page of a model, at one of its versions. */
import { useParams } from "@tanstack/react-router";

import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import { PageLink, path } from "~/parts/link";
import { Page, PageTabs, type Tab } from "~/parts/page";
import { Answer, Failure } from "~/parts/placeholders";
import { StateWord } from "~/parts/state";
import { useView } from "~/parts/view";
import { isDenied } from "~/api/problem";
import { AskForAccess } from "./asking";
import { BenchTab } from "../benches/list";
import { ApiTab } from "../calls/api";
import { CallTab } from "../calls/call";
import { OverviewTab } from "./overview";
import { MonitoringTab } from "../monitoring/dashboard";
import { List } from "../predictions/list";
import { CollectCard } from "../elsewhere/collect";
import { RecordsTab } from "../elsewhere/records";
import { QualityTab } from "../quality/tab";
import { BeginScoring } from "../scorings/begin";
import { ReleaseActions } from "./releasing";
import { releaseWords, runsElsewhere, stateOf } from "./states";
import { Watch } from "../subjects/watch";
import { LogsTab } from "../versions/logs";
import { VersionTab } from "./version";
import { VersionsTab } from "./versions";

export function ModelPage() {
  const { ref } = useParams({ strict: false }) as { ref: string };
  const [view, setView] = useView({ tab: ref.includes(":") ? "version" : "overview" });
  const may = useMay();
  const answer = $api.useQuery("get", "/api/v1/models/{ref}", { params: { path: { ref } } });
  const name = answer.data?.name ?? ref.replace(/[:@].*$/, "");
  if (isDenied(answer.error)) {
    return (
      <Page title={name} within={[["Models", "/models"]]}>
        <div className="card">
          <Failure error={answer.error} />
          {may("requests.create") && <AskForAccess model={name} />}
        </div>
      </Page>
    );
  }
  const isHere = answer.data !== undefined && !runsElsewhere({ version: answer.data.version });
  const [state, word] = answer.data ? stateOf(answer.data) : (["unknown", ""] as const);
  return (
    <Page
      title={ref.includes(":") && answer.data ? `${name}, version ${answer.data.version.version}` : name}
      within={[["Models", "/models"]]}
      says={
        answer.data && (
          <span className="row">
            <StateWord state={state}>{word}</StateWord>
            {releaseWords(answer.data)}.
          </span>
        )
      }
      actions={
        answer.data && (
          <>
            {isHere && may("model.predict", { model: answer.data.name, project: answer.data.project }) && (
              <PageLink className="button-link" href={path`/models/${ref}/try`}>
                Try it
              </PageLink>
            )}
            {isHere && may("model.predict", { model: answer.data.name, project: answer.data.project }) && <BeginScoring model={ref} project={answer.data.project} label="Score a table" />}
            <Watch kind="model" name={answer.data.name} />
            {isHere && <ReleaseActions model={answer.data} />}
          </>
        )
      }
    >
      <Answer of={answer} lines={10}>
        {(model) => {
          const tabs: Tab[] = [
            { name: "overview", label: "Overview", content: () => <OverviewTab model={model} /> },
            { name: "versions", label: `Versions (${model.versions.length})`, content: () => <VersionsTab model={model} /> },
            { name: "version", label: `Version ${model.version.version}`, content: () => <VersionTab model={model} /> },
          ];
          if (!isHere) tabs.splice(1, 0, { name: "records", label: "Records", content: () => <RecordsTab model={model} /> });
          if (isHere && may("model.predict", { model: model.name, project: model.project })) {
            tabs.splice(1, 0, { name: "call", label: "How to call it", content: () => <CallTab model={model} /> }, { name: "api", label: "API", content: () => <ApiTab model={model} reference={ref} /> });
          }
          if (may("model.inspect", { model: model.name, project: model.project })) {
            tabs.push({ name: "monitoring", label: "Monitoring", content: () => <MonitoringTab model={model} /> });
          }
          if (isHere && may("jobs.read", { project: model.project })) tabs.push({ name: "bench", label: "Bench", content: () => <BenchTab model={model} /> });
          if (may("records.read", { model: model.name, project: model.project })) {
            tabs.push({ name: "quality", label: "Quality", content: () => <div className="stack"><QualityTab model={model} /><CollectCard model={model} /></div> });
            tabs.push({
              name: "predictions",
              label: "Predictions",
              content: () => (
                <div className="stack">
                  <List model={model.name} />
                  <PageLink href={path`/models/${model.name}/predictions?tab=sql`}>Ask by SQL</PageLink>
                </div>
              ),
            });
            if (isHere) tabs.push({ name: "logs", label: "Logs", content: () => <LogsTab model={model.name} versions={model.versions.map(({ version }) => version)} /> });
          }
          return <PageTabs tabs={tabs} chosen={view.tab} choose={(tab) => setView({ tab })} />;
        }}
      </Answer>
    </Page>
  );
}
