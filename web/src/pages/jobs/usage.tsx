/** What an attempt took over its run: cores and memory. */
import type { JobDetail } from "~/api/schema";
import { Chart } from "~/parts/chart";

type Sample = JobDetail["runs"][number]["series"][number];

const LEAST = 3;
const MIB = 1 << 20;

/** The cores that were busy between each moment and the one before it. */
export function coresOf(series: Sample[]): number[] {
  return series.map((each, number) => {
    const before = series[number - 1];
    const seconds = before ? each.at - before.at : 0;
    return before && seconds > 0 ? Math.max(0, (each.cpu_seconds - before.cpu_seconds) / seconds) : 0;
  });
}

export function Usage({ series }: { series: Sample[] }) {
  if (series.length < LEAST) return null;
  const at = series.map((each) => each.at);
  return (
    <div className="stack">
      <Chart title="Cores in use" at={at} lines={[{ label: "cores", values: coresOf(series) }]} height={140} />
      <Chart title="Memory" at={at} lines={[{ label: "memory", values: series.map((each) => each.memory_bytes / MIB) }]} unit="MiB" height={140} />
    </div>
  );
}
