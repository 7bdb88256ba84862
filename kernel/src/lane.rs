//! A vector of two lanes of 64 bits, read as doubles or as integers: `v128` in wasm, two words natively.

#[cfg(target_arch = "wasm32")]
pub use wasm::V;

#[cfg(not(target_arch = "wasm32"))]
pub use words::V;

#[cfg(target_arch = "wasm32")]
mod wasm {
    use core::arch::wasm32 as w;

    /// Two lanes.
    #[derive(Clone, Copy)]
    pub struct V(w::v128);

    impl V {
        /// Both lanes zero: the integer and the double.
        pub const ZERO: V = V::all(0);
        /// The same bits in both lanes.
        #[inline(always)]
        pub const fn all(bits: u64) -> V {
            V(w::u64x2(bits, bits))
        }
        /// The same double in both lanes.
        #[inline(always)]
        pub const fn float(value: f64) -> V {
            V(w::f64x2(value, value))
        }
        /// One word per lane.
        #[inline(always)]
        pub const fn new(words: [u64; 2]) -> V {
            V(w::u64x2(words[0], words[1]))
        }
        /// The word of each lane.
        #[inline(always)]
        pub fn words(self) -> [u64; 2] {
            [w::u64x2_extract_lane::<0>(self.0), w::u64x2_extract_lane::<1>(self.0)]
        }
        /// self · a + b, rounded once where the engine fuses: the modules's self-test tells.
        #[cfg(target_feature = "relaxed-simd")]
        #[inline(always)]
        pub fn madd(self, a: V, b: V) -> V {
            V(w::f64x2_relaxed_madd(self.0, a.0, b.0))
        }
        /// Product of doubles.
        #[inline(always)]
        pub fn fmul(self, o: V) -> V {
            V(w::f64x2_mul(self.0, o.0))
        }
        /// Sum of doubles.
        #[inline(always)]
        pub fn fadd(self, o: V) -> V {
            V(w::f64x2_add(self.0, o.0))
        }
        /// Difference of doubles.
        #[inline(always)]
        pub fn fsub(self, o: V) -> V {
            V(w::f64x2_sub(self.0, o.0))
        }
        /// Sum of integers.
        #[inline(always)]
        pub fn iadd(self, o: V) -> V {
            V(w::i64x2_add(self.0, o.0))
        }
        /// Difference of integers.
        #[inline(always)]
        pub fn isub(self, o: V) -> V {
            V(w::i64x2_sub(self.0, o.0))
        }
        /// Bits in both.
        #[inline(always)]
        pub fn and(self, o: V) -> V {
            V(w::v128_and(self.0, o.0))
        }
        /// Bits in either.
        #[inline(always)]
        pub fn or(self, o: V) -> V {
            V(w::v128_or(self.0, o.0))
        }
        /// Bits in one.
        #[inline(always)]
        pub fn xor(self, o: V) -> V {
            V(w::v128_xor(self.0, o.0))
        }
        /// Product of integers below 2^15.
        #[inline(always)]
        pub fn times_small(self, n: u64) -> V {
            V(w::i32x4_dot_i16x8(self.0, V::all(n).0))
        }
        /// Shift to the left.
        #[inline(always)]
        pub fn left(self, by: u32) -> V {
            V(w::i64x2_shl(self.0, by))
        }
        /// Shift to the right, zeros behind.
        #[inline(always)]
        pub fn right(self, by: u32) -> V {
            V(w::u64x2_shr(self.0, by))
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod words {
    /// Two lanes.
    #[derive(Clone, Copy, Debug)]
    pub struct V([u64; 2]);

    impl V {
        /// Both lanes zero: the integer and the double.
        pub const ZERO: V = V::all(0);
        /// The same bits in both lanes.
        pub const fn all(bits: u64) -> V {
            V([bits, bits])
        }
        /// The same double in both lanes.
        pub const fn float(value: f64) -> V {
            V::all(value.to_bits())
        }
        /// One word per lane.
        pub const fn new(words: [u64; 2]) -> V {
            V(words)
        }
        /// The word of each lane.
        pub fn words(self) -> [u64; 2] {
            self.0
        }
        fn bits(self, o: V, f: impl Fn(u64, u64) -> u64) -> V {
            V([f(self.0[0], o.0[0]), f(self.0[1], o.0[1])])
        }
        fn floats(self, o: V, f: impl Fn(f64, f64) -> f64) -> V {
            self.bits(o, |a, b| f(f64::from_bits(a), f64::from_bits(b)).to_bits())
        }
        /// self · a + b, rounded once.
        pub fn madd(self, a: V, b: V) -> V {
            let lane = |i: usize| {
                f64::from_bits(self.0[i]).mul_add(f64::from_bits(a.0[i]), f64::from_bits(b.0[i])).to_bits()
            };
            V([lane(0), lane(1)])
        }
        /// Product of doubles.
        pub fn fmul(self, o: V) -> V {
            self.floats(o, |a, b| a * b)
        }
        /// Sum of doubles.
        pub fn fadd(self, o: V) -> V {
            self.floats(o, |a, b| a + b)
        }
        /// Difference of doubles.
        pub fn fsub(self, o: V) -> V {
            self.floats(o, |a, b| a - b)
        }
        /// Sum of integers.
        pub fn iadd(self, o: V) -> V {
            self.bits(o, u64::wrapping_add)
        }
        /// Difference of integers.
        pub fn isub(self, o: V) -> V {
            self.bits(o, u64::wrapping_sub)
        }
        /// Bits in both.
        pub fn and(self, o: V) -> V {
            self.bits(o, |a, b| a & b)
        }
        /// Bits in either.
        pub fn or(self, o: V) -> V {
            self.bits(o, |a, b| a | b)
        }
        /// Bits in one.
        pub fn xor(self, o: V) -> V {
            self.bits(o, |a, b| a ^ b)
        }
        /// Product of integers below 2^15.
        pub fn times_small(self, n: u64) -> V {
            self.bits(V::all(n), |a, b| a * b)
        }
        /// Shift to the left.
        pub fn left(self, by: u32) -> V {
            V([self.0[0] << by, self.0[1] << by])
        }
        /// Shift to the right, zeros behind.
        pub fn right(self, by: u32) -> V {
            V([self.0[0] >> by, self.0[1] >> by])
        }
    }
}

impl V {
    /// `a` where the mask is set, `self` elsewhere. A mask is all ones or all zeros in a lane.
    #[inline(always)]
    pub fn choose(self, mask: V, a: V) -> V {
        self.xor(mask.and(self.xor(a)))
    }
    /// Doubles with the sign turned where the mask is set.
    #[inline(always)]
    pub fn turned(self, mask: V) -> V {
        self.xor(mask.and(V::all(1 << 63)))
    }
}
