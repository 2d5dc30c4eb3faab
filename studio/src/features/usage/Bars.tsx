export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly said: string;
}

/** Names with a bar each, the longest first. It is a list: whoever does not see the bars hears the numbers. */
export function NamedBars({ label, bars, none }: { label: string; bars: readonly Bar[]; none: string }) {
  const most = Math.max(1e-9, ...bars.map(({ value }) => value));
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <h3 className="text-small text-pencil">{label}</h3>
      {bars.length === 0 && <p className="text-small">{none}</p>}
      <ul aria-label={label} className="flex flex-col gap-2 text-small tabular-nums">
        {bars.map(({ name, value, said }) => (
          <li key={name} className="flex flex-col gap-1">
            <span className="flex justify-between gap-4">
              <span className="min-w-0 truncate" title={name}>
                {name}
              </span>
              <span className="shrink-0 text-pencil">{said}</span>
            </span>
            <span aria-hidden className="h-1 rounded-full bg-raised">
              <span className="block h-full rounded-full bg-pencil" style={{ width: `${(value / most) * 100}%` }} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
