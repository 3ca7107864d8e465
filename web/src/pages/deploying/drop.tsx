/** Where files are dropped, or chosen. */
import { Button, FileButton, Group } from "@mantine/core";
import { FileUp, FolderUp } from "lucide-react";
import { useState, type ReactNode } from "react";

import { add } from "./draft";
import { itemsOf, itemsOfChooser } from "./found";

interface Props {
  /** Whether there are files already, so that these are more. */
  isMore: boolean;
  disabled?: boolean;
  children?: ReactNode;
}

export function Drop({ isMore, disabled, children }: Props) {
  const [over, setOver] = useState(false);
  return (
    <section
      aria-label={isMore ? "Add or replace files" : "Files to deploy"}
      className="dropzone"
      data-empty={isMore ? undefined : true}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(!disabled);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (!disabled) void itemsOf(event.dataTransfer).then(add);
      }}
    >
      {children}
      <Group justify={isMore ? "flex-start" : "center"} gap="xs">
        <FileButton multiple disabled={disabled} onChange={(files) => void add(itemsOfChooser(files))} inputProps={{ "aria-label": "Files" }}>
          {(props) => (
            <Button {...props} variant="default" size={isMore ? "xs" : "sm"} leftSection={<FileUp size={16} aria-hidden />}>
              {isMore ? "Add or replace files" : "Choose files"}
            </Button>
          )}
        </FileButton>
        <FileButton multiple disabled={disabled} onChange={(files) => void add(itemsOfChooser(files))} inputProps={{ "aria-label": "Folder", webkitdirectory: "" } as never}>
          {(props) => (
            <Button {...props} variant="default" size={isMore ? "xs" : "sm"} leftSection={<FolderUp size={16} aria-hidden />}>
              {isMore ? "Add a folder" : "Choose a folder"}
            </Button>
          )}
        </FileButton>
      </Group>
    </section>
  );
}
