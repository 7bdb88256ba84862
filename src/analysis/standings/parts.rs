//! Whose counts make those of everyone, where rows count parts of them.

use super::book::Frame;
use std::collections::BTreeMap;

/// Counts that are added up, and the sets of parts that were not taken for them.
pub(super) struct Parts {
    /// Who is added up.
    pub frames: Vec<Frame>,
    /// Where two columns have parts of their own.
    pub rivals: Vec<Rivals>,
}

/// Parts by two columns: neither knows of the other, so both would be everyone.
pub(super) struct Rivals {
    /// The larger sum.
    pub taken: Vec<Frame>,
    /// The other.
    pub left: Vec<Frame>,
    /// The column of the other, and of the larger sum.
    pub columns: [usize; 2],
}

/// The one count of all of it where there is one; else every part by a column, each made alike of the columns that are left. Where some
/// are parts by one column and some by another, the larger sum: what a column does not know would be missing.
pub(super) fn whole(frames: Vec<&Frame>, dims: &[usize], size: &dyn Fn(&[Frame]) -> u64) -> Parts {
    let labelled = |frame: &Frame, dim: usize| frame[dim] > 0;
    if let Some(all) = frames.iter().find(|frame| !dims.iter().any(|dim| labelled(frame, *dim))) {
        return Parts { frames: vec![(*all).clone()], rivals: vec![] };
    }
    // A column that all are parts of misses nobody, so it goes first.
    let all = |dim: &&usize| frames.iter().all(|frame| labelled(frame, **dim));
    let Some(&dim) = dims.iter().find(all).or(dims.first()) else {
        return Parts { frames: vec![], rivals: vec![] };
    };
    let rest: Vec<usize> = dims.iter().copied().filter(|other| *other != dim).collect();
    let mut values: BTreeMap<u32, Vec<&Frame>> = BTreeMap::new();
    for frame in frames {
        values.entry(frame[dim]).or_default().push(frame);
    }
    let others = values.remove(&0);
    let each: Vec<Parts> = values.into_values().map(|of| whole(of, &rest, size)).collect();
    let mut parts = Parts { frames: vec![], rivals: vec![] };
    for of in each {
        parts.frames.extend(of.frames);
        parts.rivals.extend(of.rivals);
    }
    let Some(others) = others.map(|of| whole(of, &rest, size)) else { return parts };
    if parts.frames.is_empty() {
        return others;
    }
    let column = others.frames.first().and_then(|frame| rest.iter().find(|dim| labelled(frame, **dim)));
    let columns = [dim, *column.unwrap_or(&dim)];
    let (mut taken, left, columns) = match size(&parts.frames) < size(&others.frames) {
        true => (others, parts, columns),
        false => (parts, others, [columns[1], columns[0]]),
    };
    taken.rivals.push(Rivals { taken: taken.frames.clone(), left: left.frames, columns });
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels of two columns with how many they count, and who makes everyone.
    fn everyone(counts: &[([u32; 2], u64)]) -> (Vec<[u32; 2]>, usize) {
        let frames: Vec<Frame> = counts.iter().map(|(frame, _)| frame.to_vec()).collect();
        let one = |frame: &Frame| counts.iter().find(|(of, _)| of.as_slice() == frame).map_or(0, |of| of.1);
        let size = |frames: &[Frame]| frames.iter().map(one).sum();
        let parts = whole(frames.iter().collect(), &[0, 1], &size);
        (parts.frames.iter().map(|frame| [frame[0], frame[1]]).collect(), parts.rivals.len())
    }

    #[test]
    fn everyone_is_the_whole_else_all_parts() {
        assert_eq!(everyone(&[([0, 0], 5), ([1, 0], 9), ([0, 1], 9)]), (vec![[0, 0]], 0));
        assert_eq!(everyone(&[([1, 0], 4), ([2, 0], 4), ([1, 1], 3)]), (vec![[1, 0], [2, 0]], 0));
        // Who has no sum of its own is added up by the other column.
        assert_eq!(everyone(&[([1, 0], 4), ([2, 1], 4), ([2, 2], 3)]), (vec![[1, 0], [2, 1], [2, 2]], 0));
        assert_eq!(everyone(&[([0, 1], 4), ([1, 2], 4), ([2, 2], 3)]), (vec![[0, 1], [1, 2], [2, 2]], 0));
        assert_eq!(everyone(&[]), (vec![], 0));
    }

    #[test]
    fn of_parts_by_two_columns_the_larger_sum_is_taken() {
        assert_eq!(everyone(&[([1, 0], 4), ([2, 0], 4), ([0, 1], 3)]), (vec![[1, 0], [2, 0]], 1));
        assert_eq!(everyone(&[([1, 0], 4), ([2, 0], 4), ([0, 1], 9)]), (vec![[0, 1]], 1));
        assert_eq!(
            everyone(&[([1, 0], 4), ([0, 1], 4)]),
            (vec![[1, 0]], 1),
            "of equal ones the first column's"
        );
    }
}
