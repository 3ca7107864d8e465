/** Who uses an environment, its other names, and how it is rebuilt elsewhere. */
import { Button } from "@mantine/core";
import { Download } from "lucide-react";

import type { EnvironmentDetail } from "~/api/schema";
import { Code, Copyable } from "~/parts/copy";
import { bytes } from "~/parts/figures";
import { PageLink, path } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Card, Facts } from "~/parts/page";

/** A download: lock, requirements and wheels of all packages. */
export function Export({ reference }: { reference: string }) {
  return (
    <Button component="a" variant="default" href={`/api/v1${path`/environments/${reference}/archive`}`} download leftSection={<Download size={16} aria-hidden />}>
      Export {reference.length > 40 ? reference.slice(0, 12) : reference}
    </Button>
  );
}

export function Using({ environment }: { environment: EnvironmentDetail }) {
  const { used_by: users, names } = environment;
  return (
    <div className="columns">
      <Card title="About it">
        <Facts
          of={[
            ["Hash", <Copyable key="hash" text={environment.hash} shown={environment.hash.slice(0, 16)} />],
            ["Python", environment.python],
            ["On disk", environment.bytes === null ? "not measured" : bytes(environment.bytes)],
            ["Built", <Moment key="built" time={environment.created_at} />],
            [
              "Names",
              names.length === 0 ? "none" : (
                <span key="names" className="row">
                  {names.map((each) => (
                    <PageLink key={each} href={path`/environments/names/${each.split(":")[0]!}`}>{each}</PageLink>
                  ))}
                </span>
              ),
            ],
          ]}
        />
        <h3 style={{ fontSize: 14 }}>To build it again without a network</h3>
        <Code text={`unshelf environments export ${environment.reference} --to FOLDER`} />
      </Card>
      <Card title="Who uses it">
        {users.length === 0 ? (
          <p className="muted" style={{ margin: 0 }}>Nothing that you may see.</p>
        ) : (
          <ul className="list">
            {users.map(({ kind, name, page }) => (
              <li key={`${kind} ${name}`} className="row spread">
                <PageLink href={page}>{name}</PageLink>
                <span className="small muted">{kind}</span>
              </li>
            ))}
          </ul>
        )}
      </Card>
    </div>
  );
}
