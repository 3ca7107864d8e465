/** Deploying from the page: what is dropped, its digests, the words of the form. */
import { describe, expect, it } from "vitest";

import { examplesAmong, keptOf, kindOf, modelsAmong, nameFor, saidBy } from "~/pages/deploying/found";
import type { Item } from "~/api/sending";
import { costWords, environmentChoices, nameFault, pythonChoices, replicasFault, tierWords } from "~/pages/deploying/words";

const items = (...paths: string[]): Item[] => paths.map((path) => ({ path, size: 1 }));
const paths = (found: Item[]) => found.map(({ path }) => path);

describe("what was dropped", () => {
  it("loses the folder around it, caches and secrets", () => {
    const { items: found, secrets } = keptOf(items("m/unshelf.toml", "m/.git/config", "m/src/__pycache__/a.pyc", "m/src/a.py", "m/.env", "m/.env.example", "m/keys/id_rsa", "m/.DS_Store"));
    expect(paths(found)).toEqual([".env.example", "src/a.py", "unshelf.toml"]);
    expect(secrets).toEqual([".env", "keys/id_rsa"]);
  });

  it("keeps its folders where there is none around all", () => {
    expect(paths(keptOf(items("a/x", "b/y")).items)).toEqual(["a/x", "b/y"]);
    expect(paths(keptOf(items("model.pkl")).items)).toEqual(["model.pkl"]);
  });

  it("is taken for what it is", () => {
    expect(kindOf(items("unshelf.toml", "MLmodel"))).toBe("recipe");
    expect(kindOf(items("MLmodel", "model.pkl"))).toBe("mlflow");
    expect(kindOf(items("model.pkl"))).toBe("file");
    expect(kindOf(items("model.pkl", "a.py"))).toBe("files");
  });

  it("has models and examples among it", () => {
    const found = items("requirements.txt", "booster.txt", "model.joblib", "example.json", "rows.csv", "src/old.pkl");
    expect(modelsAmong(found)).toEqual(["model.joblib", "booster.txt"]);
    expect(examplesAmong(found, "model.joblib")).toEqual(["example.json", "rows.csv"]);
  });

  it("says its name in unshelf.toml", () => {
    const toml = '[model]\nname = "credit" # the name\nproject = \'risk\'\n[resources]\ntier = "large"\n[scaling]\nmin = 1\nmax = 4\n[other]\nname = "x"\n';
    expect(saidBy(toml)).toEqual({ name: "credit", project: "risk", tier: "large", min: 1, max: 4 });
    expect(saidBy("not toml at all")).toEqual({});
  });

  it("gives its name to the model where that can be one", () => {
    expect(nameFor("Credit Risk (final).joblib")).toBe("credit-risk-final");
    expect(nameFor("模型.onnx")).toBe("");
  });
});

describe("words of the form", () => {
  const tier = { name: "small", cpu: 1, memory_bytes: 1 << 30, gpu: 0, price: 0.04, currency: "EUR", may_use: true, restricted: false, threads: 1, free: null, waiting: 0 };

  it("tell what a tier has and costs", () => {
    expect(tierWords(tier)).toBe("small · 1 core · 1 GiB · 0.04 EUR an hour");
    expect(tierWords({ ...tier, price: null })).toBe("small · 1 core · 1 GiB");
    expect(costWords(tier, 3)).toBe("At most 0.12 EUR an hour.");
  });

  it("tell what is wrong", () => {
    expect(nameFault("")).toContain("needs a name");
    expect(nameFault("Credit Risk")).toContain("Lower-case");
    expect(nameFault("credit-risk")).toBeUndefined();
    expect(replicasFault(3, 2)).toBeDefined();
    expect(replicasFault(0, 1)).toBeUndefined();
  });

  it("offer environments of the project and curated ones by name, and none that is deprecated", () => {
    const version = { number: 2, environment: "f".repeat(64), python: "3.11.7", packages: 14, bytes: null, origin: { requirements: [], base: "", version: "", lock: false, file: "" }, notes: "", deprecation: null, in_use: false, created_at: "2026-01-01T00:00:00Z", created_by: "admin" };
    const named = { name: "science", project: null as string | null, notes: "", is_default: true, restricted: false, deprecation: null, in_use: false, latest: { ...version, reference: "science:2" }, created_at: "2026-01-01T00:00:00Z", created_by: "admin" };
    const old = { note: "", successor: "", at: "2026-01-01T00:00:00Z", by: "admin" };
    const all = [named, { ...named, name: "lab", project: "lab", latest: { ...version, reference: "lab:1" } }, { ...named, name: "other", project: "other", latest: { ...version, reference: "other:1" } }, { ...named, name: "old", latest: { ...version, reference: "old:1", deprecation: old } }];
    const choices = environmentChoices({ named: all, environments: [] }, "lab");
    expect(choices).toEqual([
      { value: "", label: "What the files ask for" },
      { group: "By name", items: [{ value: "science:2", label: "science:2 · Python 3.11.7 · 14 packages" }, { value: "lab:1", label: "lab:1 · Python 3.11.7 · 14 packages" }] },
    ]);
  });

  it("offer each Python of the server, the newest first", () => {
    expect(pythonChoices({ pythons: ["3.11.7", "3.12.1"], own: "3.11.7" }).map(({ label }) => label)).toEqual(["What the files ask for", "3.12.1", "3.11.7 · the server's own"]);
    expect(pythonChoices(undefined)).toHaveLength(1);
  });
});
