//! What goes into a basket beside the product it is bought for: it costs less, and the order as much as before.

use super::super::draw::Draw;
use super::life::{Fate, Life};
use super::plan::{BESIDE, GOODS, PAIR, TOGETHER, WITH};

/// Puts second products into orders that are kept. Those bought one behind the other are never one of them, and what has
/// company of its own keeps no other.
pub(super) fn fill(draw: &mut Draw, life: &mut Life) {
    let others = |at: usize| if at == TOGETHER[0] || PAIR.contains(&at) { 0 } else { GOODS[at].2 };
    let weights: [u16; GOODS.len()] = std::array::from_fn(others);
    for order in life.orders.iter_mut().filter(|order| order.fate == Fate::Kept) {
        let own = order.good == TOGETHER[0];
        let company = !PAIR.contains(&order.good) && draw.chance(if own { WITH } else { BESIDE });
        let good = if own { TOGETHER[1] } else { draw.pick(&weights) };
        let part = order.paid * (15 + draw.below(25)) / 100;
        if company && good != order.good && part > 0 {
            order.beside = Some((good, part));
        }
    }
}
