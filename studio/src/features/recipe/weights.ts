// Where a prompt gives its words more weight or less, as the server reads it (domain/prompting.py). Pure.

export interface Weighted {
  readonly start: number;
  readonly end: number;
  readonly weight: number;
}

const MORE = 1.1;
const NUMBER = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*\)/;

interface Open {
  readonly round: boolean;
  readonly at: number;
}

/** Stretches whose weight is not 1, brackets left out; a bracket without a partner is a letter. */
export function weightsOf(prompt: string): readonly Weighted[] {
  const factors = new Array<number>(prompt.length).fill(1);
  const signs = new Set<number>();
  const open: Open[] = [];
  for (let at = 0; at < prompt.length; at++) {
    const sign = prompt[at];
    if (sign === "\\") at++;
    else if (sign === "(" || sign === "[") open.push({ round: sign === "(", at });
    else if (sign === ")" || sign === "]") close(sign === ")", at);
    else if (sign === ":") at = number(at) ?? at;
  }
  return stretches(factors, signs);

  /** `:1.5)` ends the innermost round bracket with a weight of its own. */
  function number(at: number): number | null {
    const read = NUMBER.exec(prompt.slice(at + 1));
    const inner = open.at(-1);
    if (read === null || !inner?.round) return null;
    const end = at + read[0].length;
    open.pop();
    weigh(inner.at, at, Number(read[1]));
    for (let sign = at; sign <= end; sign++) signs.add(sign);
    return end;
  }
  function close(round: boolean, at: number): void {
    const inner = open.at(-1);
    if (inner?.round !== round) return;
    open.pop();
    weigh(inner.at, at, round ? MORE : 1 / MORE);
    signs.add(at);
  }
  function weigh(from: number, to: number, factor: number): void {
    signs.add(from);
    for (let at = from; at < to; at++) factors[at] = (factors[at] ?? 1) * factor;
  }
}

function stretches(factors: readonly number[], signs: ReadonlySet<number>): readonly Weighted[] {
  const found: Weighted[] = [];
  factors.forEach((factor, at) => {
    const weight = Math.round(factor * 1000) / 1000;
    const last = found.at(-1);
    if (signs.has(at) || weight === 1) return;
    if (last && last.end === at && last.weight === weight) found[found.length - 1] = { ...last, end: at + 1 };
    else found.push({ start: at, end: at + 1, weight });
  });
  return found;
}

export interface Piece {
  readonly text: string;
  readonly weight: number;
}

/** The prompt in pieces of one weight each. */
export function piecesOf(prompt: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const { start, end, weight } of weightsOf(prompt)) {
    if (start > done) pieces.push({ text: prompt.slice(done, start), weight: 1 });
    pieces.push({ text: prompt.slice(start, end), weight });
    done = end;
  }
  if (done < prompt.length) pieces.push({ text: prompt.slice(done), weight: 1 });
  return pieces;
}
