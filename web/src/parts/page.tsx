/** A page: one title that says the thing and its state, what can be done, and the content. */
import { Tabs } from "@mantine/core";
import { useEffect, type ReactNode } from "react";

import { PageLink } from "./link";

interface Props {
  title: string;
  /** A sentence: the state of the thing. */
  says?: ReactNode;
  /** Where this page lies: names and addresses, from the outside in. */
  within?: [label: string, href: string][];
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, says, within = [], actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Unshelf`;
  }, [title]);
  return (
    <div className="stack">
      <header>
        {within.length > 0 && (
          <nav aria-label="Path" className="row small">
            {within.map(([label, href]) => (
              <span key={href} className="row">
                <PageLink href={href}>{label}</PageLink>
                <span aria-hidden className="muted">
                  /
                </span>
              </span>
            ))}
          </nav>
        )}
        <div className="row spread" style={{ alignItems: "flex-start" }}>
          <div style={{ minWidth: 0 }}>
            <h1 style={{ margin: 0, fontSize: 20, lineHeight: 1.4, overflowWrap: "anywhere" }}>{title}</h1>
            {says && <div className="muted">{says}</div>}
          </div>
          {actions && <div className="row">{actions}</div>}
        </div>
      </header>
      {children}
    </div>
  );
}

export function Card({ title, children, aside }: { title?: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <section className="card">
      {title && (
        <div className="row spread" style={{ marginBottom: 12 }}>
          <h2 style={{ margin: 0, fontSize: 16 }}>{title}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}

/** Names and values, one a line. */
export function Facts({ of }: { of: [name: string, value: ReactNode][] }) {
  return (
    <dl className="facts">
      {of.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface Tab {
  name: string;
  label: string;
  content: () => ReactNode;
}

/** Tabs, the chosen one of which stands in the address. Only it is rendered. */
export function PageTabs({ tabs, chosen, choose }: { tabs: Tab[]; chosen: string; choose: (name: string) => void }) {
  const tab = tabs.find(({ name }) => name === chosen) ?? tabs[0]!;
  return (
    <Tabs value={tab.name} onChange={(name) => name && choose(name)} keepMounted={false}>
      <Tabs.List mb="md" style={{ flexWrap: "nowrap", overflowX: "auto", overflowY: "hidden" }}>
        {tabs.map(({ name, label }) => (
          <Tabs.Tab key={name} value={name}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map(({ name, content }) => (
        <Tabs.Panel key={name} value={name}>
          {name === tab.name && content()}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
