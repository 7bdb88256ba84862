// The curve's module: batches of ristretto255, two points at a time (kernel/ in the sources). It stands in the page in
// two builds of one source. The quick one needs an engine that rounds a multiply-add once, which the standard leaves
// open: a known answer tells. Where neither works, the engine multiplies by itself.

type Exports = {
  memory: WebAssembly.Memory;
  /** Rows a call may have. */
  rows(): number;
  /** Address of 64 bytes a row, and behind them of 32 bytes a row for scalars. A call forgets what it reads. */
  input(): number;
  /** Address of 32 bytes a row, and behind them of 8 bytes a row, the first 1 for a good point. */
  output(): number;
  map_mul(rows: number): void;
  mul(rows: number, scalars: number): void;
  sum(rows: number, first: number, last: number): void;
};

/** Where the module's working memory ends (tools/wasm.sh): what lies below held secrets. */
const STACK = 524_288;

/** Two rows, mapped, multiplied, and multiplied once more; kernel/tests/twins.rs finds the same by dalek. */
const KNOWN = "c6ae2e54399546a301d17c1070e0d40ab47bbc3fd8d5a8e7289e22ec512f647814e6862a29765a41a13cf01b4ccfa1f24a96c64962b0f9299c0e31798bb55f790101";

/**
 * The curve, in batches. Scalars are 32 bytes, little-endian, below the order. What is handed in is secret, or may be: it
 * is cleared, and so is what the module wrote down meanwhile.
 */
export class Kernel {
  readonly #wasm: Exports;

  constructor(module: WebAssembly.Module) {
    this.#wasm = new WebAssembly.Instance(module).exports as Exports;
  }

  /** Maps 64 uniform bytes a row to the group (RFC 9496, 4.3.4), times a scalar each; 32 bytes a row. */
  mapMul(uniform: Uint8Array, scalars: Uint8Array): Uint8Array {
    return this.#batches(uniform, 64, scalars, (rows) => this.#wasm.map_mul(rows));
  }

  /** Points times scalars, one each or one for all; 32 bytes a row, then a byte a row: 1 where the point was good. */
  mul(points: Uint8Array, scalars: Uint8Array): Uint8Array {
    const one = scalars.length === 32;
    return this.#batches(points, 32, scalars, (rows) => this.#wasm.mul(rows, one ? 1 : rows));
  }

  /** The sum of public points times public scalars: 32 bytes, and 1 if all points were good. */
  sum(points: Uint8Array, scalars: Uint8Array): Uint8Array {
    const { sum, memory, output, rows: most } = this.#wasm;
    let left = points.length / 32;
    const all = left;
    this.#batches(points, 32, scalars, (rows) => sum(rows, Number(left === all), Number((left -= rows) === 0)));
    const at = output();
    return Uint8Array.of(...new Uint8Array(memory.buffer, at, 32), new Uint8Array(memory.buffer)[at + most() * 32]!);
  }

  /** Whether a known answer comes out. */
  works(): boolean {
    const [uniform, scalars] = [128, 64].map((size) => Uint8Array.from({ length: size }, (_, i) => (i * 7 + 1) & (i % 32 === 31 ? 15 : 255)));
    const twice = this.mul(this.mapMul(uniform!, scalars!.slice()), scalars!);
    return Array.from(twice, (byte) => byte.toString(16).padStart(2, "0")).join("") === KNOWN;
  }

  #batches(from: Uint8Array, width: 32 | 64, scalars: Uint8Array, call: (rows: number) => void): Uint8Array {
    const { memory, input, output, rows: most } = this.#wasm;
    const bytes = new Uint8Array(memory.buffer); // the module never grows
    const rows = from.length / width;
    const out = new Uint8Array(rows * 33);
    for (let at = 0; at < rows; at += most()) {
      const count = Math.min(most(), rows - at);
      bytes.set(from.subarray(at * width, (at + count) * width), input());
      bytes.set(scalars.length === 32 ? scalars : scalars.subarray(at * 32, (at + count) * 32), input() + most() * 64);
      call(count);
      out.set(bytes.subarray(output(), output() + count * 32), at * 32);
      for (let i = 0; i < count; i++) out[rows * 32 + at + i] = bytes[output() + most() * 32 + i * 8]!;
    }
    for (const held of [bytes.subarray(0, STACK), from, scalars]) held.fill(0);
    return width === 32 ? out : out.subarray(0, rows * 32);
  }
}

/** The first of the two modules that works here. Before them stands the size of the first. */
export async function pickKernel(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module | undefined> {
  const border = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  for (const wasm of [bytes.slice(4, border), bytes.slice(border)]) {
    try {
      const module = await WebAssembly.compile(wasm);
      if (new Kernel(module).works()) return module;
    } catch {
      // Instructions this browser does not know: the next one has fewer.
    }
  }
  return undefined;
}
