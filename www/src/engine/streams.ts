// A wasm module in streams: its bytes sorted by what they are (operators, locals, constants, offsets …) before LZMA
// packs each by itself, which then sees like after like. A twelfth smaller than the module packed as it stands. The
// formats are those of the WebAssembly core specification 2.0, chapter 5; one walk serves both ways.

/** Gives the next byte of a stream. */
type Take = (stream: number) => number;

const OPERATOR = 0;
const OUTSIDE = 1; // all that is not a function's body
const REST = 2;
const LOCAL = 3;
const INT = 4;
const LONG = 5;
const OFFSET = 6;
const CALL = 7;
const BRANCH = 8;
const WIDE = 9;
const BLOCK = 10;
const SIZE = 11;
const VECTOR = 12;
/** From here on, alignments by the operator they belong to. */
const ALIGN = 16;
const STREAMS = ALIGN + 256;

/** Asks for every byte of a module in its order, by the stream it is in; `more` says whether there is another section. */
function walk(take: Take, more: () => boolean): void {
  let at = 0;
  const next: Take = (stream) => (at++, take(stream));
  const skip = (count: number, stream: number): void => {
    while (count-- > 0) next(stream);
  };
  const leb = (stream: number): number => {
    let [value, scale, byte] = [0, 1, 0];
    do {
      byte = next(stream);
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127);
    return value;
  };
  const numbers = (count: number): void => {
    while (count-- > 0) leb(REST);
  };
  const memory = (operator: number): void => {
    leb(ALIGN + operator);
    leb(OFFSET);
  };

  const vector = (): void => {
    const which = leb(VECTOR);
    const loads = which <= 11 || (which >= 84 && which <= 93);
    if (loads) memory(0xfd);
    if (which === 12 || which === 13) skip(16, WIDE);
    if ((which >= 21 && which <= 34) || (which >= 84 && which <= 91)) next(REST);
  };
  const operator = (): void => {
    const code = next(OPERATOR);
    if (code >= 0x20 && code <= 0x22) leb(LOCAL);
    else if (code >= 0x28 && code <= 0x3e) memory(code);
    else if (code === 0x41) leb(INT);
    else if (code === 0x42) leb(LONG);
    else if (code === 0x43) skip(4, WIDE);
    else if (code === 0x44) skip(8, WIDE);
    else if (code === 0x10 || code === 0xd2) leb(CALL);
    else if (code >= 0x02 && code <= 0x04) leb(BLOCK);
    else if (code === 0x0c || code === 0x0d) leb(BRANCH);
    else if (code === 0x0e) for (let labels = leb(REST) + 1; labels > 0; labels--) leb(BRANCH);
    else if (code === 0x1c) skip(leb(REST), REST);
    else if ((code >= 0x23 && code <= 0x26) || code === 0x3f || code === 0x40 || code === 0xd0) leb(REST);
    else if (code === 0x11) numbers(2);
    else if (code === 0xfd) vector();
    else if (code === 0xfc) {
      const which = leb(REST);
      numbers(which < 8 ? 0 : [8, 10, 12, 14].includes(which) ? 2 : 1);
    } else if (!(code <= 0x01 || code === 0x05 || code === 0x0b || code === 0x0f || code === 0x1a || code === 0x1b || (code >= 0x45 && code <= 0xc4) || code === 0xd1)) {
      throw new Error(`an operator nobody told the walk of: ${code.toString(16)}`);
    }
  };

  skip(8, OUTSIDE);
  while (more()) {
    const section = next(OUTSIDE);
    const size = leb(OUTSIDE);
    if (section !== 10) {
      skip(size, OUTSIDE);
      continue;
    }
    for (let bodies = leb(OUTSIDE); bodies > 0; bodies--) {
      const bytes = leb(SIZE);
      const end = at + bytes;
      for (let groups = leb(REST); groups > 0; groups--) {
        leb(REST); // how many locals
        next(REST); // of which type
      }
      while (at < end) operator();
    }
  }
}

/** A module as `size, then per stream its number, its packed size, its packed bytes`; all numbers of four bytes. */
export function sorted(module: Uint8Array, compress: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const streams = Array.from({ length: STREAMS }, (): number[] => []);
  let at = 0;
  walk(
    (stream) => {
      streams[stream]!.push(module[at]!);
      return module[at++]!;
    },
    () => at < module.length,
  );
  if (at !== module.length) throw new Error("the module is cut short");
  const number = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
  const out = number(module.length);
  streams.forEach((bytes, stream) => {
    if (bytes.length === 0) return;
    const packed = compress(Uint8Array.from(bytes));
    out.push(...number(stream), ...number(packed.length));
    for (const byte of packed) out.push(byte);
  });
  return Uint8Array.from(out);
}

/** The module again. */
export function joined(packed: Uint8Array, decompress: (bytes: Uint8Array) => Uint8Array): Uint8Array<ArrayBuffer> {
  const numbers = new DataView(packed.buffer, packed.byteOffset);
  const module = new Uint8Array(numbers.getUint32(0, true));
  const streams: Uint8Array[] = [];
  for (let from = 4; from < packed.length; ) {
    const size = numbers.getUint32(from + 4, true);
    streams[numbers.getUint32(from, true)] = decompress(packed.subarray(from + 8, from + 8 + size));
    from += 8 + size;
  }
  const places = new Uint32Array(STREAMS);
  let at = 0;
  walk(
    (stream) => (module[at++] = streams[stream]![places[stream]!++]!),
    () => at < module.length,
  );
  return module;
}
