/** The files that were found: how many, how large, what they are taken for, and each of them. */
import { ActionIcon, Alert } from "@mantine/core";
import { TriangleAlert, X } from "lucide-react";

import type { Item } from "~/api/sending";
import { bytes, counted } from "~/parts/figures";
import { remove } from "./draft";
import { MOST_FILES, kindOf, type Kind } from "./found";

const SHOWN = 200;
const MEANING: Record<Kind, string> = {
  recipe: "A folder with unshelf.toml, which says how it is loaded.",
  mlflow: "An MLflow model folder: signature, example and packages are those that MLflow saved.",
  file: "A model file. Its content tells the framework and, where it can, the packages.",
  files: "Several files without unshelf.toml or MLmodel: choose below which one is the model.",
};

export function Files({ items, secrets, disabled }: { items: Item[]; secrets: string[]; disabled: boolean }) {
  const total = items.reduce((sum, { size }) => sum + size, 0);
  return (
    <div className="stack" style={{ gap: 8 }}>
      <p style={{ margin: 0 }}>
        <strong>{counted(items.length, "file")}</strong>, {bytes(total)}. <span className="muted">{MEANING[kindOf(items)]}</span>
      </p>
      {secrets.length > 0 && (
        <Alert color="yellow" variant="outline" icon={<TriangleAlert size={16} aria-hidden />}>
          Left out, as it looks like a secret: {secrets.join(", ")}. Secrets of a model are set on its project, not put into its files.
        </Alert>
      )}
      {items.length > MOST_FILES && (
        <Alert color="red" variant="outline" role="alert">
          These are more than {MOST_FILES} files. Choose the folder of the model alone.
        </Alert>
      )}
      <ul className="list" aria-label="Files" tabIndex={0} style={{ maxHeight: 240, overflowY: "auto" }}>
        {items.slice(0, SHOWN).map(({ path, size }) => (
          <li key={path} className="row spread" style={{ flexWrap: "nowrap", padding: "2px 0" }}>
            <span className="mono small" style={{ overflowWrap: "anywhere", minWidth: 0 }}>
              {path}
            </span>
            <span className="row small muted" style={{ flexWrap: "nowrap", whiteSpace: "nowrap" }}>
              {bytes(size)}
              <ActionIcon variant="subtle" color="gray" size="sm" disabled={disabled} onClick={() => remove(path)} aria-label={`Leave out ${path}`}>
                <X size={14} aria-hidden />
              </ActionIcon>
            </span>
          </li>
        ))}
      </ul>
      {items.length > SHOWN && <p className="small muted">and {counted(items.length - SHOWN, "more file", "more files")}</p>}
    </div>
  );
}
