//! What each command tells: what was written, what it reveals, and to whom.

use super::{print, with};
use atoll::exchange::answer::Ledger;
use atoll::exchange::feed::Account;
use atoll::exchange::keys::{KeyFile, fingerprint};
use atoll::exchange::publish::Published;
use atoll::exchange::query::{Query, rows_for};
use atoll::exchange::tagfile::TagFile;
use atoll::json;
use std::path::Path;

const REVIEW: &str = "Not reviewed by a cryptographer.\n";

pub fn keys(key: &KeyFile, name: &Path, told: &str) {
    let shown = |end| with(name, end).display().to_string();
    let mut text =
        format!("{}: your key, sealed. Keep it; whoever opens it can turn every ID back.\n", shown(".key"));
    text += &format!(
        "{}: counts what the key answers, of {} rows. Keep it beside the key.\n",
        shown(".ledger.json"),
        key.cap()
    );
    if !key.terms().blinded() {
        text += &format!(
            "{}: for the brand. Both of you can turn every ID back (amber). Its passphrase, shown once, to tell by \
             another way: {told}\n",
            shown(".shared.key")
        );
    }
    text +=
        &format!("Your fingerprint, to tell the brand by phone: {}\n{REVIEW}", fingerprint(&key.signer()));
    print(&text);
}

pub fn account(account: &Account, people: usize) {
    let invalid: u64 = account.invalid.values().sum();
    let reasons = account.invalid.iter().map(|(reason, n)| format!("{reason} {n}")).collect::<Vec<_>>();
    let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    let (rows, twice) = (account.rows, account.duplicate);
    eprintln!("{rows} rows: {people} people, {twice} duplicates, {invalid} without a usable ID{reasons}.");
}

pub fn published(key: &KeyFile, done: &Published, invalid: u64, out: &Path) {
    let Published { rows, repeated, background, .. } = done;
    let who = if key.terms().blinded() {
        "the brand sees what stands beside people it asks for by ID, within the row cap, and beside nobody else"
    } else {
        "whoever has the shared key sees what stands beside everybody (amber)"
    };
    let plain = match background {
        0 => String::new(),
        rows => format!("{rows} rows of tags without IDs, to anybody; "),
    };
    print(&format!(
        "{}: {rows} people ({repeated} repeated rows and {invalid} without a usable ID left out).\n\
         It reveals: how many they are, exactly; {plain}{who}.\nFingerprint of the signature: {}\n{REVIEW}",
        out.display(),
        fingerprint(&key.signer()),
    ));
}

pub fn asked(file: &TagFile, signer: &str, ids: usize, out: &Path) {
    let header = file.header();
    print(&format!(
        "Signed by {signer}: compare it with what the provider says by phone.\n\
         {}: send it. It reveals to the provider that you have at most {} IDs; not which, and not who matches.\n\
         {}: keep it, with your table. Whoever opens it can test single IDs against the query.\n\
         The provider asks: K = {}, open until {}, {} rows in the life of its key.\n{REVIEW}",
        with(out, ".query").display(),
        rows_for(ids as u64),
        with(out, ".run").display(),
        header.policy.k,
        header.policy.expires,
        header.cap,
    ));
}

pub fn answered(query: &Query, ledger: &Ledger, out: &Path) {
    print(&format!(
        "{}: send it back. It reveals tags of those of the asked IDs that are in your tag file, to the brand only.\n\
         {} rows answered, {} in all; {} left before the key must be changed.\n",
        out.display(),
        query.header.rows,
        ledger.answered(),
        ledger.left(),
    ));
}

pub fn opened(file: &TagFile, matched: usize, ids: usize, out: &Path) {
    let header = file.header();
    if header.columns.translates() {
        return print(&format!(
            "{matched} of your {ids} people are in the tag file.\n\
             {}: their own IDs and the provider's, in plain: keep it. In a room it is an ID map:\n\n\
             [[idmap]]\nfile = \"idmap.csv\"\n",
            out.join("idmap.csv").display(),
        ));
    }
    let outputs = json::text(&header.policy.outputs);
    print(&format!(
        "{matched} of your {ids} people are in the tag file.\n\
         {}: first_party.csv, tags.csv, room.toml; next: atoll run {} --out results\n\
         It holds the tags of your matched people by token; members.csv says which row of yours a token is. \
         Both stay with you.\n\
         The provider allows {outputs}, no number about fewer than {} people, until {}.\n",
        out.display(),
        out.join("room.toml").display(),
        header.policy.k,
        header.policy.expires,
    ));
}
