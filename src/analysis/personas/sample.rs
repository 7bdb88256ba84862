//! People at the desk, ready to be scored.

use super::rows::Rows;
use super::space::Space;
use super::tables::Tables;

/// Rows with what the space makes of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    /// Bins.
    pub rows: Rows,
    /// Scale of each person ([`Space::scale`]).
    pub scales: Vec<i64>,
    /// Squared length of each person, in score units.
    squares: Vec<i64>,
}

impl Sample {
    /// These people in this space.
    pub fn new(space: &Space, rows: Rows) -> Self {
        let scales: Vec<i64> = rows.iter().map(|bins| space.scale(bins)).collect();
        let unit = space.score_unit() as i64;
        let squares =
            rows.iter().zip(&scales).map(|(bins, &scale)| space.square(bins, scale) * unit).collect();
        Sample { rows, scales, squares }
    }
    /// How many people.
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    /// Some of them, as often as they are named.
    pub fn pick(&self, who: impl Iterator<Item = usize>) -> Sample {
        let mut picked = Sample::default();
        for i in who {
            picked.rows.push(self.rows.of(i).iter().copied());
            picked.scales.push(self.scales[i]);
            picked.squares.push(self.squares[i]);
        }
        picked
    }
    /// Tables whose centres are these people.
    pub fn tables_of(&self, space: &Space, who: &[usize]) -> Tables {
        let people: Vec<_> = who.iter().map(|&i| (self.rows.of(i), self.scales[i])).collect();
        Tables::of_people(space, &people)
    }
    /// Squared distance of person `i` to a centre, from their score.
    #[inline]
    pub fn distance(&self, i: usize, score: i64) -> i64 {
        (self.squares[i] - score).max(0)
    }
    /// Everyone's nearest centre.
    pub fn labels(&self, tables: &Tables) -> Vec<u8> {
        let mut labels = vec![0; self.len()];
        tables.nearest(&self.rows, &self.scales, |i, cluster, _| labels[i] = cluster as u8);
        labels
    }
    /// The person farthest from their nearest centre, the first of equals; nobody if all stand on one.
    pub fn farthest(&self, tables: &Tables) -> Option<usize> {
        let mut far = (0, None);
        tables.nearest(&self.rows, &self.scales, |i, _, score| {
            let distance = self.distance(i, score);
            if distance > far.0 {
                far = (distance, Some(i));
            }
        });
        far.1
    }
}
