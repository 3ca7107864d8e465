/** The files of a version, each to download as it was deployed. */
import { Download } from "lucide-react";

import type { ModelDetail } from "~/api/schema";
import { Copyable } from "~/parts/copy";
import { bytes, counted } from "~/parts/figures";
import { path as addressed } from "~/parts/link";
import { Card } from "~/parts/page";
import { DataTable } from "~/parts/table";

export function Files({ model }: { model: ModelDetail }) {
  const { version } = model;
  const hrefOf = (file: string) => `${addressed`/api/v1/models/${`${model.name}:${version.version}`}/file`}?path=${encodeURIComponent(file)}`;
  return (
    <Card title={counted(version.files.length, "file")}>
      <DataTable
        label="Files"
        noun={["file", "files"]}
        height="360px"
        rows={version.files}
        keyOf={({ path }) => path}
        columns={[
          {
            name: "path",
            header: "File",
            cell: ({ path }) => (
              <a className="row" style={{ gap: 6, flexWrap: "nowrap" }} href={hrefOf(path)} download={path.split("/").at(-1)} title={`Download ${path}`}>
                <Download size={14} aria-hidden style={{ flex: "none" }} />
                <span className="cut">{path}</span>
              </a>
            ),
          },
          { name: "size", header: "Size", align: "end", cell: ({ size }) => bytes(size) },
          { name: "sha256", header: "SHA-256", cell: ({ sha256 }) => <Copyable text={sha256} shown={sha256.slice(0, 12)} /> },
        ]}
      />
    </Card>
  );
}
