// The server's dice: Mersenne Twister (Matsumoto & Nishimura, 1998), so that what is shown is where the noise will really fall.
const SIZE = 624;
const SHIFT = 397;

/** Numbers in [0, 1) as `torch.rand` gives them for a seed from 0 to 2**32 - 1: 24 bits of each draw. */
export function twister(seed: number): () => number {
  const state = new Uint32Array(SIZE);
  state[0] = seed;
  for (let n = 1; n < SIZE; n++) {
    const last = at(state, n - 1);
    state[n] = Math.imul(1812433253, last ^ (last >>> 30)) + n;
  }
  let taken = SIZE;
  return () => {
    if (taken === SIZE) {
      twist(state);
      taken = 0;
    }
    return (temper(at(state, taken++)) & 0xffffff) / 2 ** 24;
  };
}

const at = (state: Uint32Array, n: number): number => state[n] ?? 0;

function twist(state: Uint32Array): void {
  for (let n = 0; n < SIZE; n++) {
    const mixed = (at(state, n) & 0x80000000) | (at(state, (n + 1) % SIZE) & 0x7fffffff);
    state[n] = at(state, (n + SHIFT) % SIZE) ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
  }
}

function temper(drawn: number): number {
  let bits = drawn ^ (drawn >>> 11);
  bits ^= (bits << 7) & 0x9d2c5680;
  bits ^= (bits << 15) & 0xefc60000;
  return (bits ^ (bits >>> 18)) >>> 0;
}
