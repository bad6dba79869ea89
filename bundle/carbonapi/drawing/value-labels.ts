// Values as axes and legends show them: "1.5 K", "64 Mi", "2 H".

type Unit = readonly [suffix: string, factor: number];

const systems: Record<string, readonly Unit[]> = {
  si: [
    ['P', 1e15],
    ['T', 1e12],
    ['G', 1e9],
    ['M', 1e6],
    ['K', 1e3],
  ],
  binary: [
    ['Pi', 1024 ** 5],
    ['Ti', 1024 ** 4],
    ['Gi', 1024 ** 3],
    ['Mi', 1024 ** 2],
    ['Ki', 1024],
  ],
  sec: [
    ['Y', 31_536_000],
    ['M', 2_592_000],
    ['D', 86_400],
    ['H', 3600],
    ['m', 60],
  ],
  msec: [
    ['Y', 31_536_000_000],
    ['M', 2_592_000_000],
    ['D', 86_400_000],
    ['H', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ],
};

function decimalsFor(step: number): number {
  if (step <= 0 || !Number.isFinite(step)) return 2;
  for (let decimals = 0; decimals < 10; decimals++) {
    const scaled = step * 10 ** decimals;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return decimals;
  }
  return 10;
}

/** `value` in a unit of `system`; `step` is the distance of labels, which says how many decimals matter. */
export function valueLabel(value: number, step: number, system: string): string {
  if (value === 0) return '0';
  const unit = (systems[system] ?? []).find(([, factor]) => Math.abs(value) >= factor);
  const [suffix, factor] = unit ?? ['', 1];
  const decimals = Math.min(decimalsFor(step / factor), 6);
  const text = (value / factor).toFixed(decimals);
  if (Number(text) === 0) return (value / factor).toPrecision(2) + (suffix && ` ${suffix}`);
  return suffix === '' ? text : `${text} ${suffix}`;
}
