/** The answer of an app in the editor: a template, and words by rules. */
import { ActionIcon, Button, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { X } from "lucide-react";

import type { AnswerWords, AppAnswer } from "~/api/schema";
import { Card } from "~/parts/page";

const TONES = [
  { value: "unknown", label: "plain" },
  { value: "ok", label: "good" },
  { value: "attention", label: "attention" },
  { value: "failing", label: "bad" },
];

export function AnswerEditor({ answer, onChange }: { answer: AppAnswer; onChange: (answer: AppAnswer) => void }) {
  const words = answer.words ?? [];
  const set = (place: number, some: Partial<AnswerWords>) => onChange({ ...answer, words: words.map((each, at) => (at === place ? { ...each, ...some } : each)) });
  return (
    <Card title="Answer">
      <div className="stack">
        <Textarea
          label="Answer in words"
          description="Places for values: {prediction:,.0f}, members of the answer by name, {input.NAME}, {words}."
          autosize
          minRows={2}
          value={answer.text ?? ""}
          onChange={(event) => onChange({ ...answer, text: event.currentTarget.value })}
        />
        {words.map((rule, place) => (
          <div key={place} className="row" style={{ alignItems: "flex-end", flexWrap: "nowrap" }}>
            <NumberInput label="Below" aria-label={`Below, rule ${place + 1}`} placeholder="else" w={90} value={rule.below ?? ""} onChange={(value) => set(place, { below: typeof value === "number" ? value : null })} />
            <TextInput label="Words" aria-label={`Words, rule ${place + 1}`} style={{ flex: 1, minWidth: 0 }} value={rule.text} onChange={(event) => set(place, { text: event.currentTarget.value })} />
            <Select label="Shown as" aria-label={`Shown as, rule ${place + 1}`} w={110} data={TONES} value={rule.tone ?? "unknown"} allowDeselect={false} onChange={(tone) => set(place, { tone: (tone ?? "unknown") as AnswerWords["tone"] })} />
            <ActionIcon variant="subtle" color="gray" mb={4} aria-label={`Remove rule ${place + 1}`} onClick={() => onChange({ ...answer, words: words.filter((_, at) => at !== place) })}>
              <X size={16} aria-hidden />
            </ActionIcon>
          </div>
        ))}
        <div>
          <Button variant="default" size="xs" onClick={() => onChange({ ...answer, words: [...words, { text: "" }] })}>
            Add words for a range
          </Button>
        </div>
      </div>
    </Card>
  );
}
