/** One box for search and commands: everything that one may see, every place, and what can be done. */
import { Spotlight, spotlight, type SpotlightActionGroupData } from "@mantine/spotlight";
import { useMantineColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";

import { $api } from "~/api/client";
import { useMay } from "~/api/permissions";
import { useGo } from "~/parts/link";
import { PLACES } from "./places";

const PAUSE_MS = 120;
const SHOWN = 12;

export const openPalette = () => spotlight.open();

/** Whether the words begin with what was typed, or one of them does. */
export function isMeant(label: string, typed: string): boolean {
  const words = label.toLowerCase();
  return words.startsWith(typed) || words.split(" ").some((word) => word.startsWith(typed));
}

export function Palette() {
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim(), PAUSE_MS);
  const may = useMay();
  const go = useGo();
  const { setColorScheme } = useMantineColorScheme();
  const found = $api.useQuery("get", "/api/v1/search", { params: { query: { q: asked, limit: SHOWN } } }, { enabled: asked.length > 0, placeholderData: keepPreviousData });

  const hits = asked
    ? (found.data?.results ?? []).map(({ kind, name, title, page, project, snippet }) => ({
        id: `hit-${kind}-${name}`,
        label: title || name,
        description: [kind, project, snippet].filter(Boolean).join(" · ").slice(0, 120),
        onClick: () => go(page),
      }))
    : [];
  const places = PLACES.filter(({ permission }) => !permission || may(permission)).map(({ href, label, section }) => ({
    id: `place-${href}`,
    label: `Go to ${label}`,
    description: section,
    onClick: () => go(href),
  }));
  const commands = [
    { id: "profile", label: "Create a personal token", onClick: () => go("/profile") },
    { id: "light", label: "Use the light theme", onClick: () => setColorScheme("light") },
    { id: "dark", label: "Use the dark theme", onClick: () => setColorScheme("dark") },
    { id: "auto", label: "Use the system's theme", onClick: () => setColorScheme("auto") },
  ];
  const wanted = text.trim().toLowerCase();
  const matching = <T extends { label: string }>(all: T[]) => all.filter(({ label }) => isMeant(label, wanted));
  const groups: SpotlightActionGroupData[] = [
    { group: "Places", actions: matching(places) },
    { group: "Commands", actions: matching(commands) },
    { group: "Found", actions: hits },
  ].filter(({ actions }) => actions.length > 0);

  return (
    <Spotlight
      actions={groups}
      query={text}
      onQueryChange={setText}
      filter={(_query, actions) => actions}
      shortcut={["mod + K", "/"]}
      nothingFound={asked ? "Nothing that you may see has these words." : "Type to search."}
      scrollable
      maxHeight={480}
      searchProps={{ placeholder: "Search models, projects, people … or do", "aria-label": "Search or do" }}
    />
  );
}
