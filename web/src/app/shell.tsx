/** The shell: navigation by the life of a model, the box of search and commands, inbox, theme, who one is. */
import { ActionIcon, AppShell, Burger, Button, Menu, Tooltip, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useRouterState } from "@tanstack/react-router";
import { LogOut, Monitor, Moon, Search, Sun, UserRound } from "lucide-react";
import { useEffect, type ReactNode } from "react";

import { $api, client } from "~/api/client";
import { useLiveUpdates } from "~/api/live";
import { useIdentity, useMay } from "~/api/permissions";
import { queries } from "~/api/queries";
import { useExpired } from "~/api/session";
import { ExpiredDialog } from "~/pages/access/expired";
import { PageLink, useGo } from "~/parts/link";
import { Inbox } from "./inbox";
import mark from "./mark.svg";
import { openPalette, Palette } from "./palette";
import { PLACES } from "./places";
import { ProjectSwitcher } from "./project";
import { SECTIONS } from "./wing";

export function Shell({ children }: { children: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const expired = useExpired();
  useLiveUpdates(!expired);
  useEffect(close, [path, close]);

  return (
    <AppShell header={{ height: 52 }} navbar={{ width: 224, breakpoint: "sm", collapsed: { mobile: !opened } }} padding="lg" transitionDuration={0}>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <AppShell.Header>
        <div className="row" style={{ height: "100%", padding: "0 12px", flexWrap: "nowrap" }}>
          <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={opened ? "Close the navigation" : "Open the navigation"} />
          <PageLink href="/" className="row" style={{ color: "inherit", fontWeight: 600, fontSize: 16, flexWrap: "nowrap" }}>
            <img src={mark} width={24} height={24} alt="" />
            <span>Unshelf</span>
          </PageLink>
          <ProjectSwitcher />
          <div style={{ flex: 1 }} />
          <SearchButton />
          <Inbox />
          <ThemeButton />
          <Me />
        </div>
      </AppShell.Header>
      <AppShell.Navbar style={{ background: "var(--ground)" }}>
        <Navigation path={path} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: "none" }}>
        <div style={{ maxWidth: 1280, margin: "0 auto" }}>{children}</div>
      </AppShell.Main>
      <Palette />
      <ExpiredDialog opened={expired} />
    </AppShell>
  );
}

function Navigation({ path }: { path: string }) {
  const may = useMay();
  const seen = PLACES.filter(({ permission }) => !permission || may(permission));
  return (
    <nav aria-label="Main" style={{ padding: 8, overflowY: "auto" }}>
      {SECTIONS.map((section) => {
        const places = seen.filter((place) => place.section === section);
        if (places.length === 0) return null;
        return (
          <div key={section}>
            {section && <div className="nav-group">{section}</div>}
            {places.map(({ href, also = [], label, icon: Icon }) => (
              <PageLink key={href} href={href} className="nav-link" aria-current={[href, ...also].some((each) => isWithin(path, each)) ? "page" : undefined}>
                <Icon size={16} aria-hidden />
                {label}
              </PageLink>
            ))}
          </div>
        );
      })}
    </nav>
  );
}

function isWithin(path: string, href: string): boolean {
  return href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
}

function SearchButton() {
  const keys = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ K" : "Ctrl K";
  return (
    <>
      <UnstyledButton onClick={openPalette} visibleFrom="sm" className="row" style={{ height: 32, padding: "0 10px", width: 260, border: "1px solid var(--line)", borderRadius: 8, flexWrap: "nowrap" }}>
        <Search size={16} aria-hidden />
        <span className="muted" style={{ flex: 1 }}>
          Search or do
        </span>
        <kbd className="small muted">{keys}</kbd>
      </UnstyledButton>
      <ActionIcon variant="subtle" color="gray" size="lg" hiddenFrom="sm" onClick={openPalette} aria-label="Search or do">
        <Search size={18} aria-hidden />
      </ActionIcon>
    </>
  );
}

const THEMES = { auto: "light", light: "dark", dark: "auto" } as const;
const THEME_WORDS = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };

function ThemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = { auto: Monitor, light: Sun, dark: Moon }[colorScheme];
  return (
    <Tooltip label={THEME_WORDS[colorScheme]}>
      <ActionIcon variant="subtle" color="gray" size="lg" onClick={() => setColorScheme(THEMES[colorScheme])} aria-label={THEME_WORDS[colorScheme]} visibleFrom="xs">
        <Icon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

function Me() {
  const identity = useIdentity();
  const go = useGo();
  const methods = $api.useQuery("get", "/api/v1/session/methods", {}, { staleTime: Infinity });
  const name = identity?.full_name || identity?.name || "";

  async function logOut() {
    const left = methods.data?.provider ? await client.POST("/api/v1/session/oidc/logout").catch(() => undefined) : undefined;
    if (!left?.data) await client.DELETE("/api/v1/session");
    queries.clear();
    location.assign(left?.data?.url ?? "/");
  }

  return (
    <Menu position="bottom-end" shadow="md" width={220}>
      <Menu.Target>
        <Button variant="subtle" color="gray" px="xs" leftSection={<UserRound size={18} aria-hidden />} aria-label={`You: ${name}`}>
          <span className="cut" style={{ maxWidth: 120 }}>
            {name}
          </span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{identity?.kind === "user" ? `Logged in as ${identity.name}` : "The administrator of this installation"}</Menu.Label>
        <Menu.Item leftSection={<UserRound size={16} aria-hidden />} onClick={() => go("/profile")}>
          Profile and tokens
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={16} aria-hidden />} onClick={() => void logOut()}>
          Log out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
