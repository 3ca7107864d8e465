/** Pages that stand in for others: an address that leads nowhere, a page that failed. */
import { Button } from "@mantine/core";

import { PageLink } from "~/parts/link";
import { Page } from "~/parts/page";

export function NotFound() {
  return (
    <Page title="There is no such page">
      <div className="card placeholder">
        <p>The address may be mistyped, or what stood here is gone.</p>
        <PageLink href="/">Go to the start page</PageLink>
      </div>
    </Page>
  );
}

export function PageFailed({ error }: { error: unknown }) {
  return (
    <Page title="This page failed">
      <div className="card placeholder" role="alert">
        <p>A fault of the page, not of your data: nothing was changed or lost.</p>
        <p className="mono">{error instanceof Error ? error.message : String(error)}</p>
        <Button variant="default" onClick={() => location.reload()}>
          Load the page again
        </Button>
      </div>
    </Page>
  );
}
