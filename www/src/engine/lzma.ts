// The unpacking half of LZMA, which no browser has, for `.lzma` files whose size stands in their head. What the names
// mean is told in the LZMA specification of the 7-Zip SDK. The input is the page's own, packed by build.mjs;
// a damaged one gives wrong bytes of the right number.

// All chances lie in one table; these are the places of its parts. A part that depends on the state has 12 of them.
const IS_MATCH = 0;
const IS_REP = IS_MATCH + 12 * 16;
const IS_REP_G0 = IS_REP + 12;
const IS_REP_G1 = IS_REP_G0 + 12;
const IS_REP_G2 = IS_REP_G1 + 12;
const IS_REP0_LONG = IS_REP_G2 + 12;
const SLOT = IS_REP0_LONG + 12 * 16;
const FAR = SLOT + 4 * 64;
const ALIGN = FAR + 115;
const LEN = ALIGN + 16;
const REP_LEN = LEN + 2 + 2 * 16 * 8 + 256;
const LITERAL = REP_LEN + 2 + 2 * 16 * 8 + 256;

const HEAD = 13;

/** The bytes a `.lzma` file was made of. */
export function unlzma(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new DataView(packed.buffer, packed.byteOffset);
  const settings = head.getUint8(0);
  const lc = settings % 9;
  const lp = Math.floor(settings / 9) % 5;
  const pb = Math.floor(settings / 45);
  const out = new Uint8Array(head.getUint32(5, true));
  const chances = new Uint16Array(LITERAL + (0x300 << (lc + lp))).fill(1024);

  let read = HEAD + 5; // the stream opens with a zero and the first four bytes of the code
  let range = 2 ** 32 - 1;
  let code = head.getUint32(HEAD + 1);

  const shift = (): void => {
    range = (range << 8) >>> 0;
    code = ((code << 8) | packed[read++]!) >>> 0;
  };

  /** A bit with the chance at a place, which learns from it. */
  const bit = (at: number): 0 | 1 => {
    const chance = chances[at]!;
    const bound = (range >>> 11) * chance;
    const is = code < bound ? 0 : 1;
    if (is) {
      range -= bound;
      code -= bound;
      chances[at] = chance - (chance >> 5);
    } else {
      range = bound;
      chances[at] = chance + ((2048 - chance) >> 5);
    }
    if (range < 2 ** 24) shift();
    return is;
  };

  /** Bits that are as often 0 as 1. */
  const even = (count: number): number => {
    let value = 0;
    for (; count > 0; count--) {
      range >>>= 1;
      const is = code < range ? 0 : 1;
      if (is) code -= range;
      if (range < 2 ** 24) shift();
      value = (value << 1) | is;
    }
    return value;
  };

  /** Bits from the highest on, each with a chance that depends on those before. */
  const tree = (at: number, bits: number): number => {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | bit(at + node);
    return node - (1 << bits);
  };

  /** The same from the lowest on. */
  const reverse = (at: number, bits: number): number => {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const is = bit(at + node);
      node = (node << 1) | is;
      value |= is << i;
    }
    return value;
  };

  const length = (at: number, place: number): number => {
    if (!bit(at)) return 2 + tree(at + 2 + place * 8, 3);
    if (!bit(at + 1)) return 10 + tree(at + 2 + (16 + place) * 8, 3);
    return 18 + tree(at + 2 + 2 * 16 * 8, 8);
  };

  const distance = (length: number): number => {
    const slot = tree(SLOT + Math.min(length - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) << bits;
    if (slot < 14) return base + reverse(FAR + base - slot, bits);
    return base + even(bits - 4) * 16 + reverse(ALIGN, 4);
  };

  /** A byte. Its chances depend on another byte as long as both are alike: `alike` is 0x100, and 0 from then on. */
  const literal = (at: number, alike: number, matched: number): number => {
    let node = 1;
    while (node < 0x100) {
      matched <<= 1;
      const expected = matched & alike;
      const is = bit(at + alike + expected + node);
      node = (node << 1) | is;
      alike &= is ? expected : ~expected;
    }
    return node;
  };

  let state = 0;
  let [rep0, rep1, rep2, rep3] = [0, 0, 0, 0];
  for (let at = 0; at < out.length; ) {
    const place = at & ((1 << pb) - 1);
    if (!bit(IS_MATCH + state * 16 + place)) {
      const before = ((at & ((1 << lp) - 1)) << lc) + ((out[at - 1] ?? 0) >> (8 - lc));
      out[at] = literal(LITERAL + 0x300 * before, state < 7 ? 0 : 0x100, out[at - rep0 - 1]!);
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      at += 1;
      continue;
    }
    let copied = 1;
    if (!bit(IS_REP + state)) {
      copied = length(LEN, place);
      [rep0, rep1, rep2, rep3] = [distance(copied), rep0, rep1, rep2];
      state = state < 7 ? 7 : 10;
    } else {
      const again = !bit(IS_REP_G0 + state) ? 0 : !bit(IS_REP_G1 + state) ? 1 : !bit(IS_REP_G2 + state) ? 2 : 3;
      if (again === 0 && !bit(IS_REP0_LONG + state * 16 + place)) {
        state = state < 7 ? 9 : 11;
      } else {
        if (again === 1) [rep0, rep1] = [rep1, rep0];
        if (again === 2) [rep0, rep1, rep2] = [rep2, rep0, rep1];
        if (again === 3) [rep0, rep1, rep2, rep3] = [rep3, rep0, rep1, rep2];
        copied = length(REP_LEN, place);
        state = state < 7 ? 8 : 11;
      }
    }
    for (; copied > 0; copied--, at++) out[at] = out[at - rep0 - 1]!;
  }
  return out;
}
