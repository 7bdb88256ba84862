//! Phones: 11 digits with prefixes that China's carriers use, each person another, and the ways people write them.
//!
//! They are made, not collected; a made number can belong to somebody all the same.

use super::draw::Draw;

/// First three digits, as assigned by the MIIT to China Mobile, Unicom, Telecom and Broadnet.
const PREFIXES: [&str; 40] = [
    "130", "131", "132", "133", "134", "135", "136", "137", "138", "139", "145", "147", "149", "150", "151",
    "152", "153", "155", "156", "157", "158", "159", "166", "173", "175", "176", "177", "178", "180", "181",
    "182", "183", "185", "186", "187", "188", "189", "191", "192", "199",
];
const TAIL: u64 = 100_000_000;
const ALL: u64 = PREFIXES.len() as u64 * TAIL;

/// A phone.
pub(super) type Digits = [u8; 11];

/// Person number to phone, one to one: a step through all numbers that has no factor in common with how many
/// there are, so no table of the taken ones is needed.
pub(super) struct Phones {
    start: u64,
    step: u64,
}

impl Phones {
    pub(super) fn new(draw: &mut Draw) -> Phones {
        // ALL = 2^11 · 5^9: an odd step that is not a multiple of 5 visits every number.
        let mut step = (draw.word() % ALL) | 1;
        if step.is_multiple_of(5) {
            step += 2;
        }
        Phones { start: draw.word() % ALL, step }
    }

    /// The 11 digits of a person.
    pub(super) fn digits(&self, person: u64) -> Digits {
        let n =
            ((u128::from(self.step) * u128::from(person) + u128::from(self.start)) % u128::from(ALL)) as u64;
        let mut digits = [0; 11];
        digits[..3].copy_from_slice(PREFIXES[(n / TAIL) as usize].as_bytes());
        let mut tail = n % TAIL;
        for digit in digits[3..].iter_mut().rev() {
            *digit = b'0' + (tail % 10) as u8;
            tail /= 10;
        }
        digits
    }
}

/// Writes a phone as one of many hands would.
pub(super) fn write_mixed(phone: &[u8; 11], draw: &mut Draw, out: &mut Vec<u8>) {
    let (a, b, c) = (&phone[..3], &phone[3..7], &phone[7..]);
    match draw.below(1000) {
        0..720 => out.extend_from_slice(phone),
        720..820 => out.extend([b"+86 ", a, b" ", b, b" ", c].concat()),
        820..900 => out.extend([a, b"-", b, b"-", c].concat()),
        900..950 => out.extend([b"+86", &phone[..]].concat()),
        950..980 => out.extend([a, b" ", b, b" ", c].concat()),
        980..992 => out.extend([b"86", &phone[..]].concat()),
        _ => phone.iter().for_each(|&d| out.extend([0xef, 0xbc, d - b'0' + 0x90])), // full-width digits
    }
}

/// Writes something that stands in phone columns and is no phone.
pub(super) fn write_invalid(phone: &[u8; 11], draw: &mut Draw, out: &mut Vec<u8>) {
    match draw.below(8) {
        0 | 1 => {}
        2 => out.extend_from_slice(&phone[..10]),
        3 => out.extend_from_slice(&phone[3..]),
        4 => out.extend([&phone[..], b"0"].concat()),
        5 => out.extend(phone.iter().map(|&d| if d == b'0' { b'O' } else { d }).chain(*b"x")),
        6 => out.extend_from_slice("无".as_bytes()),
        _ => out.extend([b"12", &phone[2..]].concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::Source;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn everyone_has_another_phone() {
        let phones = Phones::new(&mut Source::new(5).stream(0));
        let all: BTreeSet<_> = (0..50_000).map(|i| phones.digits(i)).collect();
        assert_eq!(all.len(), 50_000);
        assert!(all.iter().all(|p| p[0] == b'1' && (b'3'..=b'9').contains(&p[1])));
    }

    #[test]
    fn the_step_visits_every_number() {
        for seed in 0..200 {
            let step = Phones::new(&mut Source::new(seed).stream(0)).step;
            assert!(step % 2 == 1 && !step.is_multiple_of(5), "seed {seed}");
        }
    }
}
