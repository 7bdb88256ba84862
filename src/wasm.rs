//! The boundary to JavaScript: decode, call, encode. The only file that names wasm_bindgen, js_sys and web_sys.
//!
//! A worker holds either a [`ShardPort`] or the one [`RoomPort`]. Refusals are thrown as `{ code, message, at }`.

use crate::error::{Error, Kind};
use crate::exchange::group::{Dalek, Encoded, Points, Scalars};
use crate::exchange::steps::{Host, Step as ExchangeStep, Steps};
use crate::hex;
use crate::json;
use crate::room::REGISTRY;
use crate::room::call::Call;
use crate::room::session::Session;
use crate::shard::Shard;
use crate::shard::job::{self, Job, Step};
use crate::wire::PlanDigest;
use js_sys::{Array, Uint8Array};
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::Serializer;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;

/// The version of the engine.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}

/// What a panic says: the place in the source and nothing else, because a panic's text could hold a cell.
#[wasm_bindgen(start)]
pub fn start() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    #[cfg(not(debug_assertions))]
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, |l| format!("{}:{}", l.file(), l.line()));
        web_sys::console::error_1(&JsValue::from(format!("atoll stopped at {place}")));
    }));
}

/// One shard: answers asks, a step at a time.
#[wasm_bindgen]
pub struct ShardPort {
    shard: Shard,
    plan: PlanDigest,
    job: Option<Box<dyn Job>>,
}

#[wasm_bindgen]
impl ShardPort {
    /// Shard `index` of `count`.
    #[wasm_bindgen(constructor)]
    pub fn new(index: usize, count: usize) -> ShardPort {
        ShardPort { shard: Shard::new(index, count), plan: Session::plan_of(count), job: None }
    }
    /// Opens an ask; `input` holds the bytes of the file range it names.
    pub fn open(&mut self, name: &str, question: &[u8], input: Vec<u8>) -> Result<(), JsValue> {
        self.job = Some(job::open(REGISTRY, name, self.plan, question, input).map_err(thrown)?);
        Ok(())
    }
    /// Does a little: the answer's bytes when it is done, `{ done, total }` before.
    pub fn step(&mut self) -> Result<JsValue, JsValue> {
        let job = self.job.as_mut().ok_or_else(|| thrown(Kind::TooEarly.into()))?;
        match job.step(&mut self.shard).map_err(thrown)? {
            Step::More(done, total) => encode(&Walked { done, total }),
            Step::Done(answer) => {
                self.job = None;
                Ok(Uint8Array::from(&answer[..]).into())
            }
        }
    }
    /// Drops the ask under way.
    pub fn drop_job(&mut self) {
        self.job = None;
    }
}

/// The room: takes calls, gives asks, takes answers, replies.
#[wasm_bindgen]
pub struct RoomPort {
    session: Session,
}

#[wasm_bindgen]
impl RoomPort {
    /// A room over `shards` shards that refuses to load more than `limit` bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(shards: usize, limit: f64) -> RoomPort {
        RoomPort { session: Session::new(shards, limit as u64) }
    }
    /// Starts a `Call`.
    pub fn start(&mut self, call: JsValue) -> Result<(), JsValue> {
        let call: Call = decode(&call)?;
        self.session.start(call).map_err(thrown)
    }
    /// Runs until the call waits (`undefined`) or ends (a `Reply`).
    pub fn drive(&mut self) -> Result<JsValue, JsValue> {
        match self.session.drive() {
            None => Ok(JsValue::UNDEFINED),
            Some(reply) => parsed(&reply.map_err(thrown)?),
        }
    }
    /// Asks to carry out: `{ id, shard, name, question, input? }`.
    pub fn asks(&mut self) -> Result<Array, JsValue> {
        self.session.asks().into_iter().map(|ask| ask_object(&ask)).collect()
    }
    /// Brings an answer in.
    pub fn answer(&mut self, id: u32, answer: Vec<u8>) {
        self.session.answer(id, Ok(answer));
    }
    /// Brings a refusal in: `{ code, at }` as a shard threw it.
    pub fn refuse(&mut self, id: u32, error: JsValue) {
        self.session.answer(id, Err(refusal(error)));
    }
    /// How far the call is: a `Progress`.
    pub fn progress(&self) -> Result<JsValue, JsValue> {
        encode(&self.session.progress())
    }
    /// Cancels the call; the next drive throws `cancelled`.
    pub fn cancel(&mut self) {
        self.session.cancel();
    }
    /// The bytes of a file that a reply listed; they are forgotten here.
    pub fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        self.session.take(name)
    }
}

#[wasm_bindgen]
extern "C" {
    /// What the worker of an exchange does for it: it has the files and the curve's module.
    pub type ExchangeHost;
    #[wasm_bindgen(method, catch)]
    fn file_size(this: &ExchangeHost, name: &str) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn file_read(this: &ExchangeHost, name: &str, from: f64, to: f64) -> Result<Vec<u8>, JsValue>;
    #[wasm_bindgen(method)]
    fn file_put(this: &ExchangeHost, name: &str, bytes: Uint8Array, front: bool);
    #[wasm_bindgen(method)]
    fn tell_stage(this: &ExchangeHost, name: &str, total: f64, bytes: bool);
    #[wasm_bindgen(method)]
    fn tell_worked(this: &ExchangeHost, more: f64);
    #[wasm_bindgen(method)]
    fn curve_map_mul(this: &ExchangeHost, uniform: Uint8Array, scalars: Uint8Array) -> Option<Vec<u8>>;
    #[wasm_bindgen(method)]
    fn curve_mul(this: &ExchangeHost, points: Uint8Array, scalars: Uint8Array) -> Option<Vec<u8>>;
    #[wasm_bindgen(method)]
    fn curve_sum(this: &ExchangeHost, points: Uint8Array, weights: Uint8Array) -> Option<Vec<u8>>;
}

impl Host for ExchangeHost {
    fn size(&self, name: &str) -> crate::error::Result<u64> {
        self.file_size(name).map(|size| size as u64).map_err(|e| refusal(e).file(name))
    }
    fn read(&self, name: &str, from: u64, to: u64) -> crate::error::Result<Vec<u8>> {
        self.file_read(name, from as f64, to as f64).map_err(|e| refusal(e).file(name))
    }
    fn put(&self, name: &str, bytes: &[u8], front: bool) -> crate::error::Result<()> {
        self.file_put(name, bytes.into(), front);
        Ok(())
    }
    fn stage(&self, name: &str, total: u64, bytes: bool) {
        self.tell_stage(name, total as f64, bytes);
    }
    fn worked(&self, more: u64) {
        self.tell_worked(more as f64);
    }
}

/// The curve's module; without one, dalek in this one. It is handed copies, since it clears what it was handed.
impl Points for ExchangeHost {
    fn map_mul(&self, uniform: &[[u8; 64]], scalars: &[Encoded]) -> Vec<Encoded> {
        let made = self.curve_map_mul(uniform.as_flattened().into(), scalars.as_flattened().into());
        match made {
            Some(rows) => rows.as_chunks().0.to_vec(),
            None => Dalek.map_mul(uniform, scalars),
        }
    }
    fn mul(&self, points: &[Encoded], scalars: Scalars<'_>) -> Vec<Option<Encoded>> {
        let factors: &[u8] = match scalars {
            Scalars::Each(scalars) => scalars.as_flattened(),
            Scalars::One(scalar) => scalar,
        };
        match self.curve_mul(points.as_flattened().into(), factors.into()) {
            Some(rows) => {
                let (rows, good) = rows.split_at(32 * points.len());
                rows.as_chunks().0.iter().zip(good).map(|(row, good)| (*good == 1).then_some(*row)).collect()
            }
            None => Dalek.mul(points, scalars),
        }
    }
    fn sum(&self, points: &[Encoded], weights: &[Encoded]) -> Option<Encoded> {
        match self.curve_sum(points.as_flattened().into(), weights.as_flattened().into()) {
            Some(sum) => sum.split_first_chunk().filter(|(_, good)| *good == [1]).map(|(sum, _)| *sum),
            None => Dalek.sum(points, weights),
        }
    }
}

/// One side of an exchange, in a worker of its own that ends with it.
#[wasm_bindgen]
pub struct ExchangePort {
    steps: Steps<ExchangeHost>,
}

#[wasm_bindgen]
impl ExchangePort {
    /// Nothing done yet; `seed` are 32 bytes of the browser's randomness.
    #[wasm_bindgen(constructor)]
    pub fn new(host: ExchangeHost, seed: &[u8]) -> Result<ExchangePort, JsValue> {
        let seed = seed.try_into().map_err(|_| thrown(Kind::OutOfRange.into()))?;
        Ok(ExchangePort { steps: Steps::new(host, seed) })
    }
    /// Does a step; files come and go through the host. Ends with what there is to tell.
    pub fn run(&mut self, step: JsValue) -> Result<JsValue, JsValue> {
        let step: ExchangeStep = decode(&step)?;
        parsed(&self.steps.run(step).map_err(thrown)?)
    }
}

/// A SHA-256 in pieces.
#[wasm_bindgen]
#[derive(Default)]
pub struct Hash(Sha256);

#[wasm_bindgen]
impl Hash {
    /// Of nothing yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Hash {
        Hash::default()
    }
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    /// In lower-case hex.
    pub fn hex(self) -> String {
        hex::text(&self.0.finalize())
    }
}

#[derive(Serialize)]
struct Walked {
    done: u64,
    total: u64,
}

#[derive(Serialize)]
struct Input {
    file: u32,
    from: u64,
    to: u64,
}

fn ask_object(ask: &crate::shard::desk::Ask) -> Result<JsValue, JsValue> {
    let object = js_sys::Object::new();
    let set = |key: &str, value: JsValue| js_sys::Reflect::set(&object, &key.into(), &value).map(drop);
    set("id", ask.id.into())?;
    set("shard", (ask.shard as u32).into())?;
    set("name", ask.name.into())?;
    set("question", Uint8Array::from(&ask.question[..]).into())?;
    if let Some(input) = ask.input {
        set("input", encode(&Input { file: input.file, from: input.from, to: input.to })?)?;
    }
    Ok(object.into())
}

/// A refusal as JavaScript sees it.
#[derive(Default, Serialize, Deserialize)]
struct Thrown {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    at: crate::error::Place,
}

impl Thrown {
    fn error(self) -> Error {
        Error { kind: Kind::of_code(&self.code).unwrap_or(Kind::WorkerLost), at: self.at }
    }
}

/// What JavaScript threw.
fn refusal(error: JsValue) -> Error {
    let thrown: Thrown = serde_wasm_bindgen::from_value(error).unwrap_or_default();
    thrown.error()
}

fn thrown(error: Error) -> JsValue {
    let message = error.to_string();
    let thrown = Thrown { code: error.code().into(), message, at: error.at };
    encode(&thrown).unwrap_or(JsValue::UNDEFINED)
}

/// By its JSON, which every plan can be read from anyway: reading plans from live objects, too, was a twentieth of the engine.
fn decode<T: serde::de::DeserializeOwned>(value: &JsValue) -> Result<T, JsValue> {
    let refused = |why: String| thrown(Error::new(Kind::RecipeInvalid).column(why));
    // Of `undefined` and of functions there is no JSON: what comes back is no string.
    let text = js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string());
    json::read(text.unwrap_or_default().as_bytes()).map_err(|e| refused(e.to_string()))
}

/// By its JSON, in which files and recipes write the same reports.
fn parsed<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    js_sys::JSON::parse(&json::text(value))
}

/// Small plain objects, numbers for 64-bit integers: what `JSON.parse` would give.
fn encode<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    value.serialize(&Serializer::json_compatible()).map_err(JsValue::from)
}
