/** An app in a frame of another page: it sends its token, which stands after the # of its address, and never a cookie. */
import "@mantine/core/styles.css";
import "./app/app.css";

import { MantineProvider, type MantineColorSchemeManager } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { theme, variables } from "./app/theme";
import { EmbeddedApp } from "./pages/apps/embedded";

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.content ?? "";
setNonce(nonce);

/** The frame has no storage: the theme is the reader's system's. */
const asTheSystem: MantineColorSchemeManager = { get: () => "auto", set: () => undefined, subscribe: () => undefined, unsubscribe: () => undefined, clear: () => undefined };

const [, name = ""] = /^\/apps\/([^/]+)\/embed$/.exec(location.pathname) ?? [];

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} colorSchemeManager={asTheSystem} defaultColorScheme="auto" getStyleNonce={() => nonce} deduplicateInlineStyles>
      <QueryClientProvider client={new QueryClient()}>
        <EmbeddedApp name={name} token={location.hash.slice(1)} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
