/** Why: the columns, slices and times that a drift or a fall of quality comes from, what was changed, and the rows behind each bar. */
import { SegmentedControl } from "@mantine/core";
import { useParams } from "@tanstack/react-router";

import { $api } from "~/api/client";
import { ChoiceFilter, FilterBar } from "~/parts/filters";
import { PageLink, path } from "~/parts/link";
import { exactTime } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer } from "~/parts/placeholders";
import { SPANS } from "../monitoring/series";
import { AGAINST, asked, referenceOf, useDiagnosisView, type DiagnosisView } from "./asking";
import { DriftFound } from "./drift";
import { QualityFound } from "./quality";
import { RowsDrawer } from "./rows";

export function DiagnosisPage() {
  const { ref = "" } = useParams({ strict: false }) as { ref?: string };
  const model = ref.replace(/[:@].*$/, "");
  const [view, setView] = useDiagnosisView();
  const reference = referenceOf(model, view.version || ref.split(":")[1] || "");
  const drift = $api.useQuery("get", "/api/v1/models/{ref}/diagnosis", { params: { path: { ref: reference }, query: asked(view) } });
  const what = view.what || drift.data?.asked.subject || "drift";
  return (
    <Page
      title={`Why ${model} has changed`}
      within={[["Models", "/models"], [model, `${path`/models/${model}`}?tab=monitoring`]]}
      says={drift.data && <Says view={view} since={drift.data.asked.since} until={drift.data.asked.until} version={drift.data.asked.version} against={drift.data.against} />}
    >
      <Asking model={model} view={view} what={what} setView={setView} />
      <Answer of={drift} lines={12}>
        {(found) => (what === "quality" ? <QualityFound reference={reference} view={view} setView={setView} /> : <DriftFound reference={reference} of={found} view={view} setView={setView} />)}
      </Answer>
      <RowsDrawer reference={reference} model={model} what={what} view={view} onClose={() => setView({ rows: false, bin: "", part: "", step: "" })} />
    </Page>
  );
}

type SetView = ReturnType<typeof useDiagnosisView>[1];

function Says({ view, since, until, version, against }: { view: DiagnosisView; since: string; until: string; version: number; against: string }) {
  return (
    <>
      Version {version}, {exactTime(since)} to {exactTime(until)}, held against {against}.
      {view.alert && <> <PageLink href={path`/alerts/${view.alert}`} style={{ textDecoration: "underline" }}>The alert</PageLink></>}
    </>
  );
}

function Asking({ model, view, what, setView }: { model: string; view: DiagnosisView; what: string; setView: SetView }) {
  const answer = $api.useQuery("get", "/api/v1/models/{ref}", { params: { path: { ref: model } } });
  const versions = answer.data?.versions ?? [];
  const spans = view.alert ? [{ value: "", label: "As the alert says" }, ...SPANS] : SPANS;
  return (
    <FilterBar>
      <SegmentedControl size="xs" aria-label="Look into" data={[{ value: "drift", label: "Drift" }, { value: "quality", label: "Quality" }]} value={what} onChange={(next) => setView({ what: next, bin: "", part: "", step: "" })} />
      <SegmentedControl size="xs" aria-label="Over" data={spans} value={view.span || (view.alert ? "" : "7d")} onChange={(span) => setView({ span })} />
      {versions.length > 1 && <ChoiceFilter label="Version" value={view.version} all="The version in question" options={versions.map(({ version }) => ({ value: String(version), label: `Version ${version}` }))} onChange={(version) => setView({ version, column: "" })} />}
      {what === "drift" && <ChoiceFilter label="Against" value={view.against} all={view.alert ? "Against what it was held" : "As usual"} options={[...AGAINST, ...versions.map(({ version }) => ({ value: `version:${version}`, label: `Against version ${version}` }))]} onChange={(against) => setView({ against })} />}
    </FilterBar>
  );
}
