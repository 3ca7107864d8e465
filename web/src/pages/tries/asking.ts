/** Asking a version for an answer while somebody moves sliders: only the last question counts, the earlier ones are broken off. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";

import { answerOf, client } from "~/api/client";
import { isProblem } from "~/api/problem";
import type { TryAnswer } from "~/api/schema";

const PAUSE_MS = 150;
const BUSY_MS = 500;
const TRIES = 6;

export function askVersion(ref: string, inputs: unknown[], params: Record<string, unknown> | undefined, signal?: AbortSignal): Promise<TryAnswer> {
  return answerOf(client.POST("/api/v1/models/{ref}/try", { params: { path: { ref } }, body: { inputs, params: params ?? null }, signal }));
}

/** The answer to these rows; the one before stays in sight until it is there. Without rows nothing is asked. */
export function useTry(ref: string, inputs: unknown[] | undefined, params?: Record<string, unknown>) {
  const [question] = useDebouncedValue(JSON.stringify({ ref, inputs, params }), PAUSE_MS);
  const asked = JSON.parse(question) as { ref: string; inputs?: unknown[]; params?: Record<string, unknown> };
  return useQuery({
    queryKey: ["try", question],
    queryFn: ({ signal }) => askVersion(asked.ref, asked.inputs ?? [], asked.params, signal),
    enabled: asked.ref !== "" && asked.inputs !== undefined && asked.inputs.length > 0,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
    retry: (failures, error) => failures < TRIES && isProblem(error) && error.code === "too_many_requests",
    retryDelay: BUSY_MS,
  });
}
