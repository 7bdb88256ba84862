//! The desk: asks the shards and adds up what they say. Its programs are `async` functions over [`Desk`];
//! whoever owns the threads or workers drives them with [`Program::drive`], carries the asks out and
//! brings the answers in. No I/O happens here.

use super::{Analysis, Task, job};
use crate::error::{Error, Kind, Result};
use crate::wire::{self, PlanDigest};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Bytes of a file to read before a question is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRange {
    /// Which file: an index the driver knows.
    pub file: u32,
    /// First byte.
    pub from: u64,
    /// Behind the last byte.
    pub to: u64,
}

/// A question to one shard.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Number of the ask; the answer carries it back.
    pub id: u32,
    /// Who is asked.
    pub shard: usize,
    /// Name of the question in the registry.
    pub name: &'static str,
    /// The sealed question.
    pub question: Vec<u8>,
    /// Bytes to read for it.
    pub input: Option<FileRange>,
}

/// How far the running program is. `total` 0 means "not known".
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Progress {
    /// What is going on: a stable code such as `survey`, `load`, `fit`.
    pub stage: String,
    /// Done so far, in `unit`s.
    #[cfg_attr(test, ts(type = "number"))]
    pub done: u64,
    /// In all.
    #[cfg_attr(test, ts(type = "number"))]
    pub total: u64,
    /// What is counted: `bytes`, `rows`, `rounds`.
    pub unit: String,
}

#[derive(Default)]
struct Mail {
    next: u32,
    out: Vec<Ask>,
    answers: BTreeMap<u32, Result<Vec<u8>>>,
    progress: Progress,
    cancelled: bool,
}

/// Handle of a program on the shards.
#[derive(Clone)]
pub struct Desk {
    /// How many shards there are.
    pub shards: usize,
    plan: PlanDigest,
    mail: Rc<RefCell<Mail>>,
}

impl Desk {
    /// A desk for this many shards.
    pub fn new(shards: usize, plan: PlanDigest) -> Self {
        Desk { shards, plan, mail: Rc::default() }
    }
    /// Asks every shard and merges the partials.
    pub async fn sum<A: Analysis>(&self, question: &A) -> Result<A::Partial> {
        let sealed = wire::seal(self.plan, question);
        let pending: Vec<_> = (0..self.shards).map(|s| self.post(s, A::NAME, sealed.clone(), None)).collect();
        let mut answers = Vec::with_capacity(pending.len());
        for ask in pending {
            answers.push(ask.await?);
        }
        job::total(self.plan, &answers)
    }
    /// Asks one shard; the ask is under way at once, the answer is awaited later.
    pub fn ask<T: Task>(&self, shard: usize, task: &T, input: Option<FileRange>) -> Reply<T::Reply> {
        let pending = self.post(shard, T::NAME, wire::seal(self.plan, task), input);
        Reply { pending, plan: self.plan, of: PhantomData }
    }
    /// Asks every shard the same; the answers stand in shard order.
    pub async fn all<T: Task>(&self, task: &T) -> Result<Vec<T::Reply>> {
        let pending: Vec<_> = (0..self.shards).map(|s| self.ask(s, task, None)).collect();
        let mut replies = Vec::with_capacity(pending.len());
        for reply in pending {
            replies.push(reply.await?);
        }
        Ok(replies)
    }
    /// Says how far the program is.
    pub fn progress(&self, stage: &str, done: u64, total: u64, unit: &str) {
        self.mail.borrow_mut().progress = Progress { stage: stage.into(), done, total, unit: unit.into() };
    }
    /// Lets the driver look at cancel and progress in the middle of a long computation at the desk.
    pub async fn breathe(&self) -> Result<()> {
        let mut first = true;
        std::future::poll_fn(|_| if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) })
            .await;
        if self.mail.borrow().cancelled { Err(Kind::Cancelled.into()) } else { Ok(()) }
    }
    fn post(&self, shard: usize, name: &'static str, question: Vec<u8>, input: Option<FileRange>) -> Pending {
        let mut mail = self.mail.borrow_mut();
        let id = mail.next;
        mail.next += 1;
        mail.out.push(Ask { id, shard, name, question, input });
        Pending { id, mail: Rc::clone(&self.mail) }
    }
}

/// An answer that will come, as bytes.
struct Pending {
    id: u32,
    mail: Rc<RefCell<Mail>>,
}

impl Future for Pending {
    type Output = Result<Vec<u8>>;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let mut mail = self.mail.borrow_mut();
        if mail.cancelled {
            return Poll::Ready(Err(Kind::Cancelled.into()));
        }
        mail.answers.remove(&self.id).map_or(Poll::Pending, Poll::Ready)
    }
}

/// An answer that will come.
pub struct Reply<T> {
    pending: Pending,
    plan: PlanDigest,
    of: PhantomData<fn() -> T>,
}

impl<T: serde::de::DeserializeOwned> Future for Reply<T> {
    type Output = Result<T>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let plan = self.plan;
        Pin::new(&mut self.pending).poll(cx).map(|answer| wire::open(plan, &answer?))
    }
}

/// A running program and its mail.
pub struct Program<T> {
    run: Pin<Box<dyn Future<Output = T>>>,
    mail: Rc<RefCell<Mail>>,
}

impl<T> Program<T> {
    /// Starts a program over this desk.
    pub fn new(desk: &Desk, run: impl Future<Output = T> + 'static) -> Self {
        desk.mail.borrow_mut().cancelled = false;
        Program { run: Box::pin(run), mail: Rc::clone(&desk.mail) }
    }
    /// Runs until the program waits or ends; returns its result at the end. Then collect [`Program::asks`].
    pub fn drive(&mut self) -> Option<T> {
        match self.run.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }
    /// Asks that are to be carried out.
    pub fn asks(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.mail.borrow_mut().out)
    }
    /// Brings an answer in.
    pub fn answer(&mut self, id: u32, answer: std::result::Result<Vec<u8>, Error>) {
        self.mail.borrow_mut().answers.insert(id, answer);
    }
    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.mail.borrow().progress.clone()
    }
    /// Ends every wait with `cancelled`; the next drive finishes the program.
    pub fn cancel(&mut self) {
        let mut mail = self.mail.borrow_mut();
        mail.cancelled = true;
        mail.out.clear();
        mail.answers.clear();
    }
}
