/** Budgets: what projects and the installation may cost a month, and how much of it is spent. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";

import { $api, answerOf, client } from "~/api/client";
import { useMay } from "~/api/permissions";
import { askAnew } from "~/api/queries";
import type { BudgetView } from "~/api/schema";
import { Action } from "~/parts/action";
import { counted, figure } from "~/parts/figures";
import { Page } from "~/parts/page";
import { Answer, Empty } from "~/parts/placeholders";
import { SchemaForm } from "~/parts/schemaform";
import { StateWord } from "~/parts/state";
import { Person } from "~/parts/subject";
import { DataTable } from "~/parts/table";
import { money } from "./amounts";

const ALL = "*";
const NEARLY = 80;
const SPENT = 100;

export function BudgetsPage() {
  const may = useMay();
  const answer = $api.useQuery("get", "/api/v1/budgets", {});
  const mayChange = ({ project, is_operators }: BudgetView) => may("quotas.manage") || (project !== ALL && !is_operators && may("project.manage", { project }));
  const spent = answer.data?.budgets.filter(({ percent }) => percent >= SPENT).length ?? 0;
  return (
    <Page title="Budgets" says={answer.data && (spent ? `${counted(spent, "budget is", "budgets are")} spent.` : "No budget is spent.")} actions={<SetBudget />}>
      <Answer of={answer}>
        {({ budgets }) =>
          budgets.length === 0 ? (
            <Empty title="No budget is set">
              <p>A budget says what a month of a project, or of the installation, may cost. People hear of it as it is reached, and jobs stop where that is wanted.</p>
            </Empty>
          ) : (
            <DataTable
              label="Budgets"
              noun={["budget", "budgets"]}
              rows={budgets}
              keyOf={({ project }) => project}
              columns={[
                { name: "of", header: "Of", cell: ({ project }) => (project === ALL ? "the installation" : project) },
                { name: "state", header: "State", cell: (budget) => <StateWord state={stateOf(budget)}>{wordsOf(budget)}</StateWord> },
                { name: "spent", header: "Spent this month", align: "end", cell: (budget) => money(budget.spent, budget.currency) },
                { name: "amount", header: "Budget", align: "end", cell: (budget) => money(budget.amount, budget.currency) },
                { name: "percent", header: "Used", align: "end", cell: ({ percent }) => `${figure(percent)} %` },
                { name: "alerts", header: "People hear at", cell: ({ thresholds }) => thresholds.map((each) => `${each} %`).join(", ") || "–" },
                { name: "stops", header: "Once spent", cell: ({ stops }) => (stops === "jobs" ? "no job begins" : "everything goes on") },
                { name: "by", header: "Set by", cell: ({ set_by }) => <Person actor={set_by} /> },
                { name: "act", header: "", cell: (budget) => mayChange(budget) && <Action size="compact-xs" label="Remove" before={<>Nothing bounds what it costs then.</>} act={() => answerOf(client.DELETE("/api/v1/budgets/{project}", { params: { path: { project: budget.project } } })).then(() => askAnew("/api/v1/budgets"))} /> },
              ]}
            />
          )
        }
      </Answer>
    </Page>
  );
}

export function stateOf({ percent }: Pick<BudgetView, "percent">): "ok" | "attention" | "failing" {
  return percent >= SPENT ? "failing" : percent >= NEARLY ? "attention" : "ok";
}

export function wordsOf({ percent, stops }: Pick<BudgetView, "percent" | "stops">): string {
  if (percent >= SPENT) return stops === "jobs" ? "spent: no job begins" : "spent";
  return percent >= NEARLY ? "nearly spent" : "within";
}

function SetBudget() {
  const [opened, setOpened] = useState(false);
  const may = useMay();
  const projects = $api.useQuery("get", "/api/v1/projects", { params: { query: { limit: 1_000 } } }).data?.projects ?? [];
  const all = may("quotas.manage");
  const names = projects.map(({ name }) => name).filter((project) => all || may("project.manage", { project }));
  if (!all && names.length === 0) return null;
  return (
    <>
      <Button onClick={() => setOpened(true)}>Set a budget</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Set a budget" centered closeButtonProps={{ "aria-label": "Close" }}>
        <SchemaForm
          fields={[
            { kind: "choice", name: "project", label: "Of", required: true, options: [...(all ? [{ value: ALL, label: "the installation" }] : []), ...names.map((value) => ({ value, label: value }))] },
            { kind: "number", name: "amount", label: "A month may cost", min: 0.01, required: true },
            { kind: "text", name: "thresholds", label: "People hear at", description: "Percentages with commas between them." },
            { kind: "yes", name: "stops", label: "Once it is spent, no job begins", description: "Models go on answering." },
          ]}
          initial={{ project: all ? ALL : names[0], thresholds: "50, 80, 100", stops: false }}
          submit="Set the budget"
          onCancel={() => setOpened(false)}
          onSubmit={async ({ project, amount, thresholds, stops }) => {
            const parts = String(thresholds ?? "").split(",").map((each) => Number(each.trim())).filter((each) => each > 0);
            await answerOf(client.PUT("/api/v1/budgets/{project}", { params: { path: { project: String(project) } }, body: { amount: Number(amount), thresholds: parts, stops: stops === true ? "jobs" : "nothing" } }));
            setOpened(false);
            await askAnew("/api/v1/budgets");
          }}
        />
      </Modal>
    </>
  );
}
