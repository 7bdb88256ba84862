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
        // Few phrases share a beginning, so few ways are under way at once.
        let mut under = vec![0];
        for (words, token) in (1..).zip(&tokens[from..]) {
            let Token::Word(word) = token else { return };
            let mut ahead = Vec::new();
            for node in under.iter().map(|at| &self.nodes[*at]) {
                ahead.extend(node.next.get(*word).copied());
                let begins = |(end, _): &(usize, char)| node.open.get(&word[..*end]).copied();
                ahead.extend(word.char_indices().skip(1).filter_map(|at| begins(&at)));
                ahead.extend(node.open.get(*word).copied());
            }
            ahead.iter().filter_map(|at| self.nodes[*at].value.as_ref()).for_each(|v| found(words, v));
            if ahead.is_empty() {
                return;
            }
            under = ahead;
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
