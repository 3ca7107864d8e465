/** Environments: what versions run in, and the disk they lie on. */
import { Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { Code, Copyable } from "~/parts/copy";
import { bytes, counted, figure } from "~/parts/figures";
import { FilterBar, TextFilter } from "~/parts/filters";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { DataTable } from "~/parts/table";
import { useView } from "~/parts/view";

const MOST = 10_000;

export function EnvironmentsPage() {
  const may = useMay();
  const { pathname } = useLocation();
  const [view, setView] = useView({ q: "", one: "" });
  const answer = $api.useQuery("get", "/api/v1/environments", { params: { query: { limit: MOST } } });
  const machine = $api.useQuery("get", "/api/v1/machine", {}, { enabled: may("platform.read") });
  const all = answer.data?.environments ?? [];
  const q = view.q.toLowerCase();
  const rows = all.filter(({ hash, versions }) => hash.startsWith(q) || versions.some((each) => each.toLowerCase().includes(q)));
  const facts = machine.data?.machine;
  const disk = facts ? ` The disk has ${bytes(facts.disk_free_bytes)} free of ${bytes(facts.disk_bytes)}.` : "";
  return (
    <Page title="Environments" says={answer.data && `${counted(all.length, "environment")} for ${counted(new Set(all.flatMap(({ versions }) => versions)).size, "version")}; equal locks share one. One that no version needs is removed by itself.${disk}`}>
      <FilterBar>
        <TextFilter label="Filter by version" value={view.q} onChange={(next) => setView({ q: next })} />
      </FilterBar>
      <Answer of={answer}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No environment is like this">
              <p>Each deploy locks its packages and has an environment built for them.</p>
            </Empty>
          ) : (
            <DataTable
              label="Environments"
              noun={["environment", "environments"]}
              rows={rows}
              keyOf={({ hash }) => hash}
              hrefOf={({ hash }) => `${pathname}?one=${hash}`}
              columns={[
                { name: "hash", header: "Environment", cell: ({ hash }) => <span className="mono">{hash.slice(0, 12)}</span> },
                { name: "python", header: "Python", cell: ({ python }) => python },
                { name: "packages", header: "Packages", align: "end", cell: ({ packages }) => figure(packages) },
                { name: "versions", header: "Versions", align: "end", cell: ({ versions }) => figure(versions.length) },
                { name: "of", header: "Of", cell: ({ versions }) => `${versions.slice(0, 4).join(", ")}${versions.length > 4 ? " …" : ""}` || "–" },
                { name: "created", header: "Built", cell: ({ created_at }) => <Moment time={created_at} /> },
              ]}
            />
          )
        }
      </Answer>
      <Drawer opened={view.one !== ""} onClose={() => setView({ one: "" })} position="right" size="min(680px, 100%)" title="Environment" closeButtonProps={{ "aria-label": "Close" }}>
        {view.one && <Lock hash={view.one} versions={all.find(({ hash }) => hash === view.one)?.versions ?? []} />}
      </Drawer>
    </Page>
  );
}

function Lock({ hash, versions }: { hash: string; versions: string[] }) {
  const answer = useQuery({
    queryKey: ["lock", hash],
    staleTime: Infinity,
    queryFn: async ({ signal }) => String(await answerOf(client.GET("/api/v1/environments/{hash}/lock", { params: { path: { hash } }, parseAs: "text", signal }))),
  });
  return (
    <div className="stack">
      <Copyable text={hash} />
      <div className="row">
        {versions.map((version) => (
          <PageLink key={version} href={path`/models/${version}`}>
            {version}
          </PageLink>
        ))}
      </div>
      <Answer of={answer} lines={12}>
        {(lock) => <Code text={lock} what="Copy the lock" />}
      </Answer>
    </div>
  );
}
