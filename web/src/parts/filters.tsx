/** Filters above a table: their state stands in the address, by `useView`. */
import { Select, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";

const PAUSE_MS = 60;

export function FilterBar({ children }: { children: ReactNode }) {
  return (
    <div className="row" role="search">
      {children}
    </div>
  );
}

/** A text to filter by. The address follows once the reader stops typing. */
export function TextFilter({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      leftSection={<Search size={16} aria-hidden />}
      w={{ base: "100%", xs: 240 }}
    />
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: (string | { value: string; label: string })[];
  onChange: (value: string) => void;
  /** The words for "no filter". */
  all?: string;
}

/** With more letters a choice wants a wider field. */
const MOST_LETTERS = 18;

export function ChoiceFilter({ label, value, options, onChange, all }: ChoiceProps) {
  const data = options.map((option) => (typeof option === "string" ? { value: option, label: option } : option));
  const isLong = [all ?? "", ...data.map((option) => option.label)].some((words) => words.length > MOST_LETTERS);
  return (
    <Select
      aria-label={label}
      data={all === undefined ? data : [{ value: "", label: all }, ...data]}
      value={value}
      onChange={(chosen) => onChange(chosen ?? "")}
      allowDeselect={false}
      searchable={data.length > 8}
      w={{ base: 160, xs: isLong ? 240 : 180 }}
      comboboxProps={{ shadow: "md" }}
    />
  );
}
