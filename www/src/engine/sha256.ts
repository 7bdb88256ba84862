// SHA-256 (FIPS 180-4) for the page's own thread, where `crypto.subtle` is absent when the page is sandboxed.
// Plain and slow (some 30 MB/s); files are hashed by the engine.

const ROUNDS = 64;
const [initial, constants] = ((): [Uint32Array, Uint32Array] => {
  // The first 32 bits of the fractions of the square and cube roots of the first primes.
  const primes = Array.from({ length: 311 }, (_, n) => n + 2).filter((n) => {
    for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
    return true;
  });
  const fraction = (x: number) => Math.floor((x - Math.floor(x)) * 2 ** 32);
  return [
    Uint32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p))),
    Uint32Array.from(primes.slice(0, ROUNDS), (p) => fraction(Math.cbrt(p))),
  ];
})();

const rotate = (x: number, n: number) => (x >>> n) | (x << (32 - n));

/** The digest as 64 hex digits. */
export function sha256(message: Uint8Array): string {
  const padded = new Uint8Array(((message.length + 8) >> 6 << 6) + 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(message.length / 2 ** 29));
  view.setUint32(padded.length - 4, message.length << 3);

  const state = Uint32Array.from(initial);
  const w = new Int32Array(ROUNDS);
  for (let at = 0; at < padded.length; at += 64) compress(state, w, view, at);
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
}

/** Takes one block of 64 bytes into the state; `w` is scratch space. */
function compress(state: Uint32Array, w: Int32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
  for (let i = 16; i < ROUNDS; i++) {
    const [w2, w7, w15, w16] = [w[i - 2]!, w[i - 7]!, w[i - 15]!, w[i - 16]!];
    const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3);
    const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10);
    w[i] = (w16 + s0 + w7 + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < ROUNDS; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + constants[i]! + w[i]!) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = state[i]! + word));
}
