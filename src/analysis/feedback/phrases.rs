//! Lists of words and phrases, found in a text in one walk.

use super::lexer::{self, Token};
use std::collections::BTreeMap;

/// Phrases, each with what it stands for.
#[derive(Clone, Debug)]
pub struct Phrases<V> {
    nodes: Vec<Node<V>>,
}

#[derive(Clone, Debug)]
struct Node<V> {
    next: BTreeMap<String, usize>,
    /// Words that may go on, without the `*`.
    open: BTreeMap<String, usize>,
    value: Option<V>,
}

impl<V> Default for Node<V> {
    fn default() -> Self {
        Node { next: BTreeMap::new(), open: BTreeMap::new(), value: None }
    }
}

impl<V> Default for Phrases<V> {
    fn default() -> Self {
        Phrases { nodes: vec![Node::default()] }
    }
}

impl<V> Phrases<V> {
    /// What a phrase stands for, to be said.
    pub fn entry(&mut self, phrase: &str) -> &mut Option<V> {
        let mut at = 0;
        for word in lexer::lex(phrase) {
            let new = self.nodes.len();
            let (open, word) = word.strip_suffix('*').map_or((false, word.as_str()), |word| (true, word));
            let node = &mut self.nodes[at];
            let next = if open { &mut node.open } else { &mut node.next };
            at = *next.entry(word.into()).or_insert(new);
            if at == new {
                self.nodes.push(Node::default());
            }
        }
        &mut self.nodes[at].value
    }
    /// All phrases that begin at a place, with how many words they are.
    pub fn each<'a>(&'a self, tokens: &[Token<'_>], from: usize, mut found: impl FnMut(usize, &'a V)) {
        self.behind(0, &tokens[from..], 1, &mut found);
    }
    /// Phrases that go on from a node, whose next word is the `nth`.
    fn behind<'a>(
        &'a self,
        node: usize,
        tokens: &[Token<'_>],
        nth: usize,
        found: &mut dyn FnMut(usize, &'a V),
    ) {
        let Some((Token::Word(word), rest)) = tokens.split_first() else { return };
        let node = &self.nodes[node];
        let begins = word.char_indices().map(|(end, _)| end).skip(1).chain([word.len()]);
        let open = begins.filter(|_| !node.open.is_empty()).filter_map(|end| node.open.get(&word[..end]));
        for next in node.next.get(*word).into_iter().chain(open) {
            self.nodes[*next].value.iter().for_each(|value| found(nth, value));
            self.behind(*next, rest, nth + 1, found);
        }
    }
    /// The longest phrase that begins at a place.
    pub fn longest(&self, tokens: &[Token<'_>], from: usize) -> Option<(usize, &V)> {
        let mut best: Option<(usize, &V)> = None;
        self.each(tokens, from, |words, value| {
            if best.is_none_or(|(most, _)| words > most) {
                best = Some((words, value));
            }
        });
        best
    }
}
