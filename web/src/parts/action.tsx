/** Acts: a button is there only for those who may, says what it does, and asks first where the act matters. */
import { Button, Group, Modal, TextInput, type ButtonProps } from "@mantine/core";
import { useId, useState, type ReactNode } from "react";

import { useMay, type Place } from "~/api/permissions";
import { Fault } from "./placeholders";

interface Props extends Pick<ButtonProps, "color" | "variant" | "leftSection" | "size"> {
  /** The act and its object: `Roll back to version 6`. */
  label: string;
  permission?: string;
  on?: Place;
  act: () => Promise<unknown>;
  /** What will happen; with it the act asks first. */
  before?: ReactNode;
  /** The name that has to be typed, where the act can't be undone. */
  typed?: string;
  disabled?: boolean;
}

export function Action({ label, permission, on, act, before, typed, disabled, ...look }: Props) {
  const may = useMay();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  if (permission && !may(permission, on)) return null;

  async function run() {
    setBusy(true);
    setError(undefined);
    try {
      await act();
      setAsking(false);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <Button
        variant="default"
        {...look}
        disabled={disabled}
        loading={busy && !asking}
        onClick={() => (before === undefined ? void run() : setAsking(true))}
      >
        {label}
      </Button>
      {before === undefined ? (
        <Fault error={error} />
      ) : (
        <Confirm opened={asking} title={label} typed={typed} busy={busy} error={error} color={look.color} onConfirm={run} onClose={() => setAsking(false)}>
          {before}
        </Confirm>
      )}
    </>
  );
}

interface ConfirmProps {
  opened: boolean;
  title: string;
  typed?: string;
  busy: boolean;
  error: unknown;
  color?: ButtonProps["color"];
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

export function Confirm({ opened, title, typed, busy, error, color, onConfirm, onClose, children }: ConfirmProps) {
  const [text, setText] = useState("");
  const id = useId();
  function close() {
    setText("");
    onClose();
  }
  return (
    <Modal opened={opened} onClose={close} title={title} centered closeButtonProps={{ "aria-label": "Close" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
        }}
      >
        <div className="stack">
          <div>{children}</div>
          {typed && (
            <TextInput id={id} label={`This can't be undone. Type ${typed} to go on.`} value={text} onChange={(event) => setText(event.currentTarget.value)} autoComplete="off" />
          )}
          <Fault error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" color={color} loading={busy} disabled={typed !== undefined && text !== typed}>
              {title}
            </Button>
          </Group>
        </div>
      </form>
    </Modal>
  );
}
