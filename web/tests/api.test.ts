import { describe, expect, test } from "vitest";

import { changedBy, eventReader, type ServerEvent } from "~/api/live";
import { mayOf } from "~/api/permissions";
import { problemOf } from "~/api/problem";
import type { Identity, RoleDescription } from "~/api/schema";

const ROLES = [
  { name: "viewer", permissions: ["model.read"] },
  { name: "owner", permissions: ["model.read", "model.release"] },
] as unknown as RoleDescription[];

function user(...roles: [role: string, kind: string, scope: string][]): Identity {
  return {
    kind: "user",
    permissions: ["model.read", "model.release"],
    models: null,
    project: null,
    roles: roles.map(([role, scope_kind, scope]) => ({ role, scope_kind, scope, group: null })),
  } as unknown as Identity;
}

describe("what one may", () => {
  test("a role on a project counts for its models and nowhere else", () => {
    const may = mayOf(user(["owner", "project", "credit"], ["viewer", "installation", ""]), ROLES);
    expect(may("model.release", { model: "churn", project: "credit" })).toBe(true);
    expect(may("model.release", { model: "churn", project: "other" })).toBe(false);
    expect(may("model.release", { installation: true })).toBe(false);
    expect(may("model.read", { model: "churn", project: "other" })).toBe(true);
  });

  test("a role on a model counts there alone", () => {
    const may = mayOf(user(["owner", "model", "churn"]), ROLES);
    expect(may("model.release", { model: "churn", project: "credit" })).toBe(true);
    expect(may("model.release", { model: "other", project: "credit" })).toBe(false);
  });

  test("nobody may anything before it is known who they are", () => {
    expect(mayOf(undefined, ROLES)("model.read")).toBe(false);
  });

  test("the administrator's session reaches everything", () => {
    const admin = { kind: "service_account", permissions: ["model.release"], models: null, project: null, roles: [] } as unknown as Identity;
    expect(mayOf(admin, [])("model.release", { installation: true })).toBe(true);
    expect(mayOf({ ...admin, models: ["churn"] }, [])("model.release", { model: "other" })).toBe(false);
  });
});

describe("server-sent events", () => {
  test("are given when they are complete, however they are cut", () => {
    const seen: ServerEvent[] = [];
    const take = eventReader((event) => seen.push(event));
    for (const part of ["id: 7\nev", "ent: model.paused\ndata: {\"a\":", "1}\n", "\n: a comment\n\nid: 8\n\n"]) take(part);
    expect(seen).toEqual([
      { id: "7", event: "model.paused", data: '{"a":1}' },
      { id: "8", event: "", data: "" },
    ]);
  });

  test("say what is to be asked anew", () => {
    expect(changedBy(["deploy", "nothing known"])).toContain("/api/v1/deploys");
    expect(changedBy(["deploy"])).not.toContain("/api/v1/keys");
  });
});

test("an error that is no problem is one of the way to the server", () => {
  expect(problemOf(new TypeError("Failed to fetch")).code).toBe("unavailable");
  expect(problemOf({ code: "conflict", detail: "It is taken." }).detail).toBe("It is taken.");
});
